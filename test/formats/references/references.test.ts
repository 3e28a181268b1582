/** References to data in other files: kerchunk as JSON and as Parquet, Icechunk. What leads elsewhere is never followed. */
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { isFailure } from "../../../pipeline/core/failure.ts";
import type { FormatReader } from "../../../pipeline/formats/reader.ts";
import { icechunk, withReferences } from "../../../pipeline/formats/references/folders.ts";
import { kerchunk } from "../../../pipeline/formats/references/kerchunk.ts";
import { zarr } from "../../../pipeline/formats/zarr/zarr.ts";
import { folderOf } from "../../fakes/folder.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";

const world = testWorld();
const inner = zarr(decompressors);
const reader: FormatReader = kerchunk(inner);
const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const describeJson = (value: unknown) => reader.files!.describe(rangesOf(bytesOf(value)), world);

const floats = (...values: number[]) => `base64:${Buffer.from(new Float64Array(values).buffer).toString("base64")}`;
const array = (length: number) =>
  JSON.stringify({
    zarr_format: 2,
    shape: [length],
    chunks: [length],
    dtype: "<f8",
    compressor: null,
    fill_value: null,
    filters: null,
    order: "C",
  });
const attributes = (dimension: string, units: string) => JSON.stringify({ _ARRAY_DIMENSIONS: [dimension], units });

const refs = {
  ".zgroup": '{"zarr_format": 2}',
  ".zattrs": '{"title": "A model run"}',
  "time/.zarray": array(2),
  "time/.zattrs": attributes("time", "days since 2024-08-11"),
  "time/0": floats(0, 1),
  "lat/.zarray": array(2),
  "lat/.zattrs": attributes("lat", "degrees_north"),
  "lat/0": ["s3://bucket/run.nc", 4096, 16],
  "lon/.zarray": array(2),
  "lon/.zattrs": attributes("lon", "degrees_east"),
  "lon/0": floats(-60, -50),
  "ta/.zarray": array(2),
  "ta/.zattrs": attributes("time", "K"),
  "ta/0": ["s3://bucket/run.nc"],
};

describe("kerchunk references", () => {
  it.each([
    ["version 1", { version: 1, refs }],
    ["version 0", refs],
    ["metadata as JSON", { version: 1, refs: { ...refs, ".zattrs": { title: "A model run" } } }],
  ])("are described by what is in the file itself: %s", async (_, document) => {
    expect(reader.files!.recognises(bytesOf(document))).toBe(true);
    const described = await describeJson(document);
    expect(described).toMatchObject({
      attributes: { title: "A model run" },
      time: { start: "2024-08-11T00:00:00Z", end: "2024-08-12T00:00:00Z", source: "values" },
      access: { format: "file", mediaType: "application/vnd.zarr+kerchunk+json" },
    });
    expect(described.variables.map(({ name }) => name)).toEqual(["lat", "lon", "ta", "time"]);
  });

  it("say what is elsewhere, and never take it for fill values", async () => {
    const { place, dimensions, findings } = await describeJson({ version: 1, refs });
    expect(place).toBeUndefined();
    expect(dimensions.find(({ name }) => name === "lat")).not.toHaveProperty("extent");
    expect(findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["values-elsewhere", "undecodable"]));
    expect(findings[0]?.says).toMatch(/^2 chunks of values are in other files, such as “s3:\/\/bucket\/run.nc”,/);
  });

  it.each([
    ["no JSON", '{"version": 1, "refs": {'],
    ["no metadata at all", { version: 1, refs: { "a/0": ["x"] } }],
    ["what is no base64", { version: 1, refs: { ...refs, "time/0": "base64:%" } }],
    ["keys of a thousand levels", { version: 1, refs: { ...refs, [Array(1000).fill("a").join("/")]: "" } }],
    ["values nested without end", `{"version": 1, "refs": ${"[".repeat(100_000)}`],
  ])("fail in words where they have %s", async (_, document) => {
    await expect(describeJson(document)).rejects.toSatisfy((error) => isFailure(error, "input"));
  });

  it("of more bytes than their bound are not read", async () => {
    const source = { size: 2 ** 40, read: () => Promise.reject(new Error("never")) };
    await expect(reader.files!.describe(source, world)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("at most"),
    });
  });
});

describe("kerchunk references in Parquet", () => {
  const metadata = {
    ".zgroup": { zarr_format: 2 },
    "lat/.zarray": JSON.parse(array(2)),
    "lat/.zattrs": JSON.parse(attributes("lat", "degrees_north")),
  };

  it("are described by their metadata, with no value taken for one", async () => {
    const folder = folderOf({
      ".zmetadata": JSON.stringify({ metadata, record_size: 1000 }),
      "lat/refs.0.parq": "PAR1",
    });
    const described = await withReferences(inner).folders.describe(folder, world);
    expect(described.variables.map(({ name }) => name)).toEqual(["lat"]);
    expect(described.dimensions[0]).not.toHaveProperty("extent");
    expect(described).toMatchObject({
      access: { format: "files" },
      findings: [{ rule: "values-elsewhere" }, { rule: "undecodable" }, { rule: "no-place" }],
    });
  });

  it("are not what a Zarr store without .zgroup is", async () => {
    const folder = folderOf({
      ".zmetadata": JSON.stringify({ metadata, zarr_consolidated_format: 1 }),
      "lat/0": new Uint8Array(new Float64Array([1, 2]).buffer),
    });
    const described = await withReferences(inner).folders.describe(folder, world);
    expect(described).toMatchObject({ access: { format: "zarr" }, dimensions: [{ extent: [1, 2] }] });
  });
});

describe("an Icechunk repository", () => {
  const names = { "manifests/M": "ICE🧊CHUNK", "transactions/T": "ICE🧊CHUNK", "refs/branch.main/ref.json": "{}" };

  it("is recognised and named, and says that it is not read", async () => {
    const folder = folderOf({ ...names, "snapshots/S": "ICE🧊CHUNKicechunk" });
    expect(icechunk.folders.recognises(folder.entries)).toBe(true);
    expect((await icechunk.folders.describe(folder, world)).findings).toMatchObject([{ rule: "kind-not-read" }]);
  });

  it("is none where its snapshots are something else", async () => {
    const folder = folderOf({ ...names, "snapshots/S": "a photograph" });
    await expect(icechunk.folders.describe(folder, world)).rejects.toMatchObject({ kind: "input" });
  });
});
