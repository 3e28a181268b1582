/**
 * Small stores with something awkward in each, made after public bug reports, and what xarray reads of them.
 *
 * They are not ours; they stand beside the clone, in `../shared/cases/zarr`. What is described equals what xarray reads, or
 * is absent with a finding that says why.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { recordAbsence } from "../../absent.ts";
import { folderAt } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";
import { python } from "../../servers/python.ts";

const zarr = zarrReader(decompressors);

const beside = resolve(import.meta.dirname, "../../../../shared/cases/zarr");
const get = "put it at ../shared/cases/zarr";
const scripts = existsSync(beside)
  ? beside
  : recordAbsence({ what: "awkward Zarr stores", why: `there is no ${beside}`, get, required: false });
const program = await python();

type Range = readonly [number, number];
interface Case {
  readonly id: string;
  readonly oracle: Readonly<Record<string, unknown>> & { readonly fails?: string };
}

/** Degrees of what xarray leaves in other units, and what goes around the globe, as the box has it. */
const degrees = 180 / Math.PI;
const unitOf = new Map([
  ["z30_radian", [degrees, degrees]],
  ["z30b_radian_nostd", [degrees, degrees]],
  ["y25_radian_unit_rad", [degrees, degrees]],
  ["y26_degrees_west", [1, -1]],
]);
const boxes = new Map([
  ["y08_lon_0_360", [-180, 10, 180, 12]],
  ["z58_unsigned", [100, 10, -160, 12]],
]);

describe.skipIf(!scripts || !program)("of awkward stores", () => {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-cases-"));
  let cases: readonly Case[];
  beforeAll(async () => {
    const env = { OUT: folder, PYTHONDONTWRITEBYTECODE: "1" };
    const outputs = ["cases.py", "more.py"].map((script) => execa(program!, [script], { cwd: scripts!, env }));
    const lines = (await Promise.all(outputs)).flatMap(({ stdout }) => stdout.split("\n"));
    // Python's JSON has numbers that JSON lacks.
    cases = lines.map((line) => JSON.parse(line.replace(/(?<=[[ ])(?:NaN|-?Infinity)(?=[,\]])/g, "null")) as Case);
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("tells what xarray reads, or says why it doesn't", { timeout: 120_000 }, async () => {
    const wrong: unknown[] = [];
    expect(cases.length).toBeGreaterThan(140);
    for (const { id, oracle } of cases) {
      const found = await zarr.folders.describe(folderAt(join(folder, `${id}.zarr`)), testWorld());
      const because = found.findings.filter(({ rule }) => rule !== "not-consolidated");
      if (oracle.fails !== undefined) {
        if (because.length === 0) wrong.push([id, "opens", oracle.fails]);
        continue;
      }
      const [ours, theirs] = [timeOf(found), timeIn(oracle)];
      if (String(ours) !== String(theirs) && (ours || because.length === 0)) wrong.push([id, "time", ours, theirs]);
      const [box, xarrays] = [boxOf(found), boxIn(id, oracle)];
      if (String(box) !== String(xarrays) && because.length === 0) wrong.push([id, "place", box, xarrays]);
      for (const { name, values } of found.dimensions) {
        const labels = labelsIn(oracle, name);
        if (String(values?.slice(0, 5)) !== String(labels) && (values || because.length === 0))
          wrong.push([id, name, values, labels]);
      }
    }
    expect(wrong).toEqual([]);
  });
});

function timeOf({ time }: Description): readonly string[] | undefined {
  return time?.source === "values" ? [time.start.slice(0, 19), time.end.slice(0, 19)] : undefined;
}

function timeIn(oracle: Case["oracle"]): readonly string[] | undefined {
  const values = named(oracle, /^time$/i);
  if (!Array.isArray(values) || typeof values[0] !== "string") return undefined;
  const written = (value: string) => `${value.slice(0, 10)}T${value.slice(11, 19) || "00:00:00"}`;
  return [written(values[0]), written(values.at(-1) as string)];
}

/** The first five labels, without those that are missing; `undefined` where the coordinate is no text, or is none at all. */
function labelsIn(oracle: Case["oracle"], name: string): readonly string[] | undefined {
  const values = oracle[name];
  if (/^time$/i.test(name) || !Array.isArray(values) || typeof values[0] !== "string") return undefined;
  return (values as readonly string[]).map(unquoted).filter((text) => text !== "nan");
}

/** The text that Python's `b'\\xc3\\xa9'` is. */
function unquoted(text: string): string {
  const [, bytes] = /^b'(.*)'$/.exec(text) ?? [];
  if (bytes === undefined) return text;
  return Buffer.from(
    bytes.replace(/\\x(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString();
}

function boxOf({ place }: Description): readonly number[] | undefined {
  if (place?.source !== "values") return undefined;
  const { west, south, east, north } = place.bounds;
  return [west, south, east, north];
}

function boxIn(id: string, oracle: Case["oracle"]): readonly number[] | undefined {
  const [lat, lon] = [named(oracle, /^c?lat(itude)?(_rho)?$/i), named(oracle, /^c?lon(gitude)?(_rho)?$/i)];
  if (!Array.isArray(lat) || !Array.isArray(lon)) return undefined;
  const [north, east] = unitOf.get(id) ?? [1, 1];
  const inDegrees = (range: Range, unit: number) =>
    range.map((value) => Math.round(value * unit * 1e6) / 1e6).sort((a, b) => a - b) as unknown as Range;
  const [y, x] = [inDegrees(lat as unknown as Range, north!), inDegrees(lon as unknown as Range, east!)];
  return boxes.get(id) ?? [x[0], y[0], x[1], y[1]];
}

const named = (oracle: Case["oracle"], name: RegExp) => Object.entries(oracle).find(([each]) => name.test(each))?.[1];
