/** What describing a file costs: blocks of a UnixFS leaf's size, and how many times reading waits for what was read before. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { netcdf } from "../../../pipeline/formats/netcdf/netcdf.ts";
import { testWorld } from "../../fakes/world.ts";
import { largeFiles } from "./files.ts";

const folder = await largeFiles();
const reader = netcdf(decompressors);
const open: number[] = [];
afterAll(() => open.forEach(closeSync));

/** Counts over several files that are read at the same time: reads come when nothing more has been asked for in a while. */
function counting() {
  let [blocks, rounds] = [0, 0];
  let asked: (() => void)[] = [];
  const answer = async () => {
    for (let before = 0; before < asked.length; ) {
      before = asked.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    rounds++;
    const answered = asked;
    asked = [];
    for (const give of answered) give();
  };
  return {
    count: () => ({ blocks, rounds }),
    file(name: string): RangeSource {
      const path = join(folder!, name);
      const file = openSync(path, "r");
      open.push(file);
      return {
        size: statSync(path).size,
        async read(offset, length) {
          blocks += Math.ceil(length / 262_144);
          if (asked.length === 0) queueMicrotask(answer);
          await new Promise<void>((give) => asked.push(give));
          const bytes = new Uint8Array(length);
          return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
        },
      };
    },
  };
}

async function described(...names: readonly string[]) {
  const { count, file } = counting();
  const descriptions = await Promise.all(
    names.map((name) => reader.files!.describe(withBlocks(file(name)), testWorld())),
  );
  return { descriptions, ...count() };
}

const whole = ({ time, place }: Description) => [time?.source, place?.source];

describe.skipIf(!folder)("describing", { timeout: 60_000 }, () => {
  it.each([
    ["a sonde of 374 kB", "sonde-00.nc", 1, 1],
    ["a grid of 66 MB", "grid-66MB.nc", 2, 3],
    ["a grid of 1 GB", "grid-1GB.nc", 3, 3],
    ["50 GB, with coordinates at the end", "grid-50GB.nc", 4, 3],
    ["400 variables", "400-variables.nc", 8, 4],
  ])("%s costs few blocks", async (_, name, blocks, rounds) => {
    const cost = await described(name);
    expect(cost.descriptions[0]!.time?.source).toBe("values");
    expect(cost.blocks).toBeLessThanOrEqual(blocks);
    expect(cost.rounds).toBeLessThanOrEqual(rounds);
  });

  it("15 sondes costs little more than a block each", async () => {
    const names = Array.from({ length: 15 }, (_, i) => `sonde-${String(i).padStart(2, "0")}.nc`);
    const { descriptions, blocks, rounds } = await described(...names);
    expect(descriptions.map(whole)).toEqual(names.map(() => ["values", "values"]));
    expect(blocks).toBeLessThanOrEqual(16);
    expect(rounds).toBeLessThanOrEqual(3);
  });

  it("records are read a time each where they are few, and sampled where they are many, which the item tells", async () => {
    const few = await described("records-20.nc");
    expect(few.descriptions[0]!.time).toEqual({
      ...{ start: "2024-01-01T00:00:00Z", end: "2024-01-01T19:00:00Z", source: "values" },
    });
    expect(few.blocks).toBeLessThanOrEqual(22);
    const many = await described("records-1000.nc");
    expect(many.descriptions[0]!.time).toEqual({
      ...{ start: "2024-01-01T00:00:00Z", end: "2024-02-11T15:00:00Z", source: "sampled" },
    });
    expect(many.descriptions[0]!.findings.map(({ rule }) => rule)).toEqual(["sampled-extent"]);
    expect(many.blocks).toBeLessThanOrEqual(34);
  });
});
