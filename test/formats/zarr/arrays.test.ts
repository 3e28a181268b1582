import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Piece, Raw } from "../../../pipeline/core/cf/variable.ts";
import { localFolder } from "../../../pipeline/disk/folder.ts";
import { coordinatesOf } from "../../../pipeline/formats/codecs/block.ts";
import { arrayOf } from "../../../pipeline/formats/zarr/array.ts";
import { openStore } from "../../../pipeline/formats/zarr/store.ts";
import { valuesIn } from "../../../pipeline/formats/zarr/values.ts";
import { testWorld } from "../../fakes/world.ts";
import { python, runPython } from "../../servers/python.ts";

/** As `arrays.py` prints them. */
type Plain = string | number | null;

const havePython = (await python()) !== undefined;

describe.skipIf(!havePython)("of arrays stored in every way that zarr-python has", () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-arrays-"));
  let read: Record<string, Record<string, readonly Plain[]>>;
  beforeAll(async () => {
    const script = readFileSync(join(import.meta.dirname, "arrays.py"), "utf8");
    read = JSON.parse(await runPython(script, [folder])) as typeof read;
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([2, 3] as const)("reads exactly the values that zarr-python reads, in version %i", async (version) => {
    const expected = read[`v${version}`]!;
    const opened = (await localFolder(join(folder, `v${version}.zarr`)))!;
    const { arrays } = await openStore(opened, testWorld());
    expect(arrays.size).toBeGreaterThan(version === 2 ? 290 : 170);
    const values = valuesIn(opened, testWorld());
    const wrong: string[] = [];
    for (const [path, document] of arrays) {
      const array = arrayOf(path, document, version, decompressors);
      const pieces: Piece[] = [];
      const isRead = await values.read(array, "all", (piece) => void pieces.push(piece));
      const [ours, theirs] = [isRead ? assembled(pieces, array.shape) : undefined, expected[path]];
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        wrong.push(`${path}: ${ours?.slice(0, 8)} instead of ${theirs?.slice(0, 8)}`);
    }
    expect(values.findings().map(({ says }) => says)).toEqual([]);
    expect(wrong).toEqual([]);
  });
});

/** Values of all pieces, slowest dimension first. */
function assembled(pieces: readonly Piece[], shape: readonly number[]): readonly Plain[] {
  const all: Plain[] = [];
  for (const { values, from, size, start } of pieces) {
    for (const [i, value] of plainly(values).entries()) {
      const place = coordinatesOf(start + i, size).map((n, dimension) => n + from[dimension]!);
      all[place.reduce((index, n, dimension) => index * shape[dimension]! + n, 0)] = value;
    }
  }
  return all;
}

function plainly(values: Raw): readonly Plain[] {
  return Array.from(values as readonly (string | number | bigint)[], (value) => {
    if (typeof value !== "number") return String(value);
    return Number.isNaN(value) ? null : Number.isFinite(value) ? value : value > 0 ? "inf" : "-inf";
  });
}
