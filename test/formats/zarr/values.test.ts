import { expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { folderOf } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";

const zarr = zarrReader(decompressors);

/** A store of 1-D coordinates, of which only the given chunks were written; the others are 0. */
function store(shape: number, chunk: number, written: Readonly<Record<number, readonly number[]>>, names = ["time"]) {
  const files: Record<string, string | Uint8Array> = { ".zgroup": '{"zarr_format": 2}' };
  for (const name of names) {
    const units = name === "time" ? "seconds since 2024-01-01" : name === "lat" ? "degrees_north" : "degrees_east";
    files[`${name}/.zarray`] = JSON.stringify({
      ...{ zarr_format: 2, shape: [shape], chunks: [chunk], dtype: "<f8", order: "C", compressor: null, filters: null },
      fill_value: null,
    });
    files[`${name}/.zattrs`] = JSON.stringify({ units, _ARRAY_DIMENSIONS: [name === "time" ? "time" : "place"] });
    for (const [n, values] of Object.entries(written)) {
      const padded = Float64Array.from({ length: chunk }, (_, i) => values[i] ?? 0);
      files[`${name}/${n}`] = new Uint8Array(padded.buffer);
    }
  }
  return folderOf(files);
}

it("finds the one value of a million that is not where an axis would have it", async () => {
  const { time, findings } = await zarr.folders.describe(store(1_000_000, 10_000, { 37: [-5], 61: [99] }), testWorld());
  expect(time).toMatchObject({ start: "2023-12-31T23:59:55Z", end: "2024-01-01T00:01:39Z", source: "values" });
  expect(findings.map(({ rule }) => rule)).toEqual(["not-consolidated"]);
});

it("reads an axis of 10 million values, and lets others have their turn meanwhile", async () => {
  let turns = 0;
  const world = { ...testWorld(), sleep: async () => void turns++ };
  const folder = store(10_000_000, 1_000_000, { 7: [86_400] });
  const { time } = await zarr.folders.describe(folder, world);
  expect([time?.end, time?.source]).toEqual(["2024-01-02T00:00:00Z", "values"]);
  expect(turns).toBeGreaterThan(20);
});

it.each([
  ["chunks", 20_000, 1, 8],
  ["bytes", 40_000_000, 1_000_000, 8],
])("takes a sample of too many %s, both ends in it, which the item tells", async (_, shape, chunk, sampled) => {
  const last = Math.ceil(shape / chunk) - 1;
  const folder = store(shape, chunk, { 0: [60], [last]: [3600], 5: [-1e6] });
  const { time, findings } = await zarr.folders.describe(folder, testWorld());
  expect(time).toMatchObject({ end: "2024-01-01T01:00:00Z", source: "sampled" });
  expect(findings.find(({ rule }) => rule === "sampled-extent")?.says).toContain(
    `${sampled * chunk} of ${shape} values`,
  );
  expect(folder.touched.filter((path) => /^time\/\d/.test(path))).toHaveLength(sampled);
});

it("refuses a chunk that memory should not have whole, in words", async () => {
  const { time, findings } = await zarr.folders.describe(store(20_000_000, 20_000_000, {}), testWorld());
  expect(time).toBeUndefined();
  const large = findings.find(({ rule }) => rule === "large-coordinate");
  expect(large?.says).toContain("time is stored in chunks of 160 MB, so its values are not known");
});
