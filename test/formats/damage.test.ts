/**
 * Tables, soundings, tracks, Parquet and kerchunk references that are damaged in random ways: any bytes end in a description that makes a valid item, or in a
 * failure that says what is wrong.
 *
 * `FIELDTREE_SEED=… npm test -- test/formats/damage.test.ts` repeats a run; its number is in the titles.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../pipeline/campaign/readers/decompressors.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import { stableJson } from "../../pipeline/core/json.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { kindOf } from "../../pipeline/formats/kind/kind.ts";
import { parquet } from "../../pipeline/formats/parquet/parquet.ts";
import { type FormatReader, startLength } from "../../pipeline/formats/reader.ts";
import { kerchunk } from "../../pipeline/formats/references/kerchunk.ts";
import { sounding } from "../../pipeline/formats/table/sounding.ts";
import { table } from "../../pipeline/formats/table/table.ts";
import { geojson } from "../../pipeline/formats/tracks/geojson.ts";
import { gpx } from "../../pipeline/formats/tracks/gpx.ts";
import { kml } from "../../pipeline/formats/tracks/kml.ts";
import { zarr } from "../../pipeline/formats/zarr/zarr.ts";
import { lintItem } from "../core/stac/lint.ts";
import { cid, facts } from "../fakes/descriptions.ts";
import { testWorld } from "../fakes/world.ts";
import { damages as ofBytes, randomFrom } from "./damages.ts";
import { classFile, frdFile } from "./table/soundings.ts";

const seed = Number(process.env.FIELDTREE_SEED ?? Date.now() % 1e9);
const casesPerFile = 25;

const datasets = join(import.meta.dirname, "../datasets");
const parquetFiles = join(import.meta.dirname, "parquet/files");
const references = kerchunk(zarr(decompressors));
const readers: Readonly<Record<string, FormatReader>> = { table, sounding, geojson, gpx, kml };
const files: readonly (readonly [FormatReader, Uint8Array])[] = [
  ...readdirSync(datasets).flatMap((name) => {
    const reader = readers[name.replace("file-", "")];
    if (!reader || !statSync(join(datasets, name)).isDirectory()) return [];
    const [file] = readdirSync(join(datasets, name));
    return [[reader, new Uint8Array(readFileSync(join(datasets, name, file!)))] as const];
  }),
  [sounding, new TextEncoder().encode(classFile([[0, 900, 20, -59, 13]]))],
  [sounding, new TextEncoder().encode(frdFile([[0, 900, 20, -59, 13]]))],
  ...readdirSync(parquetFiles)
    .filter((name) => name.endsWith("parquet"))
    .map((name) => [parquet, new Uint8Array(readFileSync(join(parquetFiles, name)))] as const),
  [references, referenceFile()],
];

/** A store of one array, in the file itself. */
function referenceFile(): Uint8Array {
  const array = { zarr_format: 2, shape: [2], chunks: [2], dtype: "<f8", compressor: null, fill_value: null };
  const refs = {
    ".zgroup": '{"zarr_format":2}',
    ".zattrs": '{"title":"A model run"}',
    "time/.zarray": JSON.stringify({ ...array, filters: null, order: "C" }),
    "time/.zattrs": '{"_ARRAY_DIMENSIONS":["time"],"units":"days since 2024-08-11"}',
    "time/0": `base64:${Buffer.from(new Float64Array([0, 1]).buffer).toString("base64")}`,
    "lat/0": ["s3://bucket/run.nc", 4096, 16],
  };
  return new TextEncoder().encode(JSON.stringify({ version: 1, refs }));
}

/** Characters that mean something in one of these formats, for others. */
const marks = "\"',;\t\n\r{}[]<>&/=:-+.0129eE#% \u00b0";
const damages: typeof ofBytes = {
  ...ofBytes,
  "marks in place of others"(bytes: Uint8Array, random: (below: number) => number) {
    for (let n = random(30); n >= 0; n--) bytes[random(bytes.length)] = marks.charCodeAt(random(marks.length));
    return bytes;
  },
};

async function outcome(reader: FormatReader, bytes: Uint8Array): Promise<"described" | "input"> {
  const source = {
    size: bytes.length,
    read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
  };
  const isRecognised = reader.files!.recognises(bytes.subarray(0, startLength));
  kindOf(bytes.subarray(0, startLength));
  try {
    const description = await reader.files!.describe(source, testWorld());
    // Throws on what JSON can't say.
    stableJson(description);
    const { item } = itemOf({ path: "raw/a", cid, tsize: 1, reader: reader.name, description }, facts);
    expect(lintItem(item)).toEqual([]);
    return "described";
  } catch (error) {
    if (isFailure(error, "input") && error.message.length > 10) return "input";
    throw new Error(isRecognised ? "recognised, and no failure of the content" : "not recognised", { cause: error });
  }
}

describe(`damaged files, seed ${seed}`, () => {
  it.each(Object.keys(damages))("end in a description or in words: %s", { timeout: 60_000 }, async (kind) => {
    const ended = { described: 0, input: 0 };
    for (const [i, [reader, whole]] of files.entries()) {
      for (let n = 0; n < casesPerFile; n++) {
        const damaged = damages[kind]!(Uint8Array.from(whole), randomFrom(seed + 1000 * i + n));
        try {
          ended[await outcome(reader, damaged)]++;
        } catch (error) {
          throw new Error(`${reader.name}, case ${n}, seed ${seed}`, { cause: error });
        }
      }
    }
    expect(ended.input + ended.described).toBe(files.length * casesPerFile);
    expect(ended.input).toBeGreaterThan(0);
  });
});
