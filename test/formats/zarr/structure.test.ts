import { describe, expect, it } from "vitest";
import type { Json } from "../../../pipeline/core/json.ts";
import { crc32c } from "../../../pipeline/formats/zarr/codecs/checksums.ts";
import { zarr } from "../../../pipeline/formats/zarr/zarr.ts";
import { folderOf } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;
const described = async (files: Files) => zarr.describe(folderOf(files), testWorld());
const floats = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
const v2 = (changes: object = {}) =>
  JSON.stringify({
    ...{ zarr_format: 2, shape: [4], chunks: [2], dtype: "<f8", order: "C", compressor: null, filters: null },
    ...{ fill_value: null, ...changes },
  });
const little = { name: "bytes", configuration: { endian: "little" } };
const v3 = (changes: object = {}) =>
  JSON.stringify({
    ...{ zarr_format: 3, node_type: "array", shape: [4], data_type: "float64", fill_value: 0, codecs: [little] },
    ...{
      chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
      chunk_key_encoding: { name: "default" },
    },
    ...{ dimension_names: ["x"], ...changes },
  });
const group = { "zarr.json": '{"zarr_format": 3, "node_type": "group"}' };

/** Extent and findings of the coordinate `x`. */
async function axis(files: Files): Promise<{ readonly extent: unknown; readonly says: readonly string[] }> {
  const { dimensions, findings } = await described(files);
  const extent = dimensions.find(({ name }) => name === "x");
  const says = findings.filter(({ rule }) => rule !== "not-consolidated").map((finding) => finding.says);
  return { extent: extent?.extent ?? extent?.values, says };
}

describe("dimension names", () => {
  const names = { "x/.zattrs": '{"units": "m"}', "x/0": floats(1, 2), "x/1": floats(3, 4) };
  it.each([
    ["in .zarray, up to netcdf-c 4.9.2", { "x/.zarray": v2({ _NCZARR_ARRAY: { dimrefs: ["/x"] } }) }],
    ["in .zarray, with groups", { "x/.zarray": v2({ _NCZARR_ARRAY: { dimrefs: ["/radar/x"], storage: "chunked" } }) }],
    [
      "among the attributes, from netcdf-c 4.9.3 on",
      { "x/.zarray": v2(), "x/.zattrs": '{"_nczarr_array": {"dimension_references": ["/x"]}}' },
    ],
  ])("are those of NCZarr where xarray's are absent: %s", async (_, files) => {
    expect(await axis({ ".zgroup": "{}", ...names, ...files })).toEqual({ extent: [1, 4], says: [] });
  });

  it("are xarray's where there are both", async () => {
    const files = {
      "x/.zarray": v2({ _NCZARR_ARRAY: { dimrefs: ["/other"] } }),
      "x/.zattrs": '{"_ARRAY_DIMENSIONS": ["x"]}',
    };
    expect(await axis({ ".zgroup": "{}", ...names, ...files })).toEqual({ extent: [1, 4], says: [] });
  });
});

describe("fill values", () => {
  it.each([
    ["NaN", "float64", '"NaN"', [1, 2]],
    ["the bits of a number", "float64", '"0x4028000000000000"', [1, 12]],
    ["the bits of a NaN", "float64", '"0x7ff8000000000001"', [1, 2]],
    ["a number in quotes", "float64", '"7.5"', [1, 7.5]],
  ])("of absent chunks may be %s", async (_, type, fill, extent) => {
    const document = v3({ data_type: type, fill_value: "FILL" }).replace('"FILL"', fill);
    expect(await axis({ ...group, "x/zarr.json": document, "x/c/0": floats(1, 2) })).toMatchObject({ extent });
  });

  it.each([
    ["int64", "9223372036854775807", 2 ** 63],
    ["int64", "9007199254740993", 2 ** 53],
    ["uint64", "9223372036854775809", 2 ** 63],
  ])("of %s keep every digit of %s", async (type, fill, greatest) => {
    const document = v3({ data_type: type, fill_value: "FILL" }).replace('"FILL"', fill);
    const stored = new Uint8Array(BigInt64Array.of(1n, 2n).buffer);
    expect(await axis({ ...group, "x/zarr.json": document, "x/c/0": stored })).toEqual({
      extent: [1, greatest],
      says: [],
    });
  });

  it.each([
    ["float64", '"0x4028"'],
    ["float64", '"nan"'],
    ["float64", "[]"],
    ["int64", '"NaT"'],
    ["int64", "0.5"],
    ["int64", "9223372036854775808"],
    ["uint8", "-1"],
    ["bool", "2"],
    ["numpy.datetime64", "null"],
  ])("of %s that are %s are told, and never a 0", async (type, fill) => {
    const named = type === "numpy.datetime64" ? { name: type, configuration: { unit: "s", scale_factor: 1 } } : type;
    const document = v3({ data_type: named, fill_value: "FILL" }).replace('"FILL"', fill);
    const { extent, says } = await axis({ ...group, "x/zarr.json": document });
    expect(extent).toBeUndefined();
    expect(says).toEqual([expect.stringMatching(/^x can't be decoded \(its fill value is/)]);
  });

  it("of times that are NaT are no time", async () => {
    const type = { name: "numpy.datetime64", configuration: { unit: "s", scale_factor: 1 } };
    const document = v3({ data_type: type, fill_value: "NaT" });
    const times = new Uint8Array(BigInt64Array.of(0n, 60n).buffer);
    const { time } = await described({ ...group, "x/zarr.json": document, "x/c/0": times });
    expect(time).toEqual({ start: "1970-01-01T00:00:00Z", end: "1970-01-01T00:01:00Z", source: "values" });
  });
});

describe("shards", () => {
  /** Two chunks of two values, and their index, at its place. */
  function shard(location: "start" | "end", checked: boolean, change?: (index: DataView) => void): Uint8Array {
    const index = new DataView(new ArrayBuffer(32));
    const size = checked ? 36 : 32;
    const first = location === "start" ? size : 0;
    for (const [i, value] of [first, 16, first + 16, 16].entries()) index.setBigUint64(8 * i, BigInt(value), true);
    const sum = new DataView(new ArrayBuffer(4));
    sum.setUint32(0, crc32c(new Uint8Array(index.buffer)), true);
    change?.(index);
    const whole = [new Uint8Array(index.buffer), ...(checked ? [new Uint8Array(sum.buffer)] : [])];
    const values = floats(1, 2, 3, 4);
    return new Uint8Array(Buffer.concat(location === "start" ? [...whole, values] : [values, ...whole]));
  }
  const sharded = (location: string | undefined, checked: boolean, changes: object = {}): string =>
    v3({
      chunk_grid: { name: "regular", configuration: { chunk_shape: [4] } },
      codecs: [
        {
          name: "sharding_indexed",
          configuration: {
            chunk_shape: [2],
            codecs: [little],
            index_codecs: checked ? [little, { name: "crc32c" }] : [little],
            index_location: location,
            ...changes,
          },
        },
      ] as unknown as Json,
    });

  it.each([
    ["start", true],
    ["start", false],
    ["end", true],
    ["end", false],
    [undefined, true],
  ] as const)("are read with their index at the %s, its checksum %s", async (location, checked) => {
    const files = { ...group, "x/zarr.json": sharded(location, checked), "x/c/0": shard(location ?? "end", checked) };
    expect(await axis(files)).toEqual({ extent: [1, 4], says: [] });
  });

  it.each([
    ["a checksum that does not fit", true, (index: DataView) => index.setUint8(0, 9), "crc32c: its checksum is"],
    [
      "a chunk past its end",
      false,
      (index: DataView) => index.setUint32(0, 4000, true),
      "names bytes that the shard doesn't have",
    ],
    [
      "a chunk of 8384883669843575000 bytes",
      false,
      (index: DataView) => index.setBigUint64(8, 8384883669843575000n, true),
      "names bytes that the shard doesn't have",
    ],
    [
      "a chunk of 2 GB",
      false,
      (index: DataView) => index.setUint32(8, 2 ** 31, true),
      "names bytes that the shard doesn't have",
    ],
  ] as const)("whose index has %s are a finding that names them", async (_, checked, change, why) => {
    const files = { ...group, "x/zarr.json": sharded("end", checked), "x/c/0": shard("end", checked, change) };
    const { extent, says } = await axis(files);
    expect(extent).toBeUndefined();
    expect(says).toEqual([expect.stringMatching(`^x can't be decoded \\(.*shard c/0.*${why}`)]);
  });

  it("that are shorter than their index are a finding", async () => {
    const { says } = await axis({ ...group, "x/zarr.json": sharded("end", true), "x/c/0": new Uint8Array(20) });
    expect(says).toEqual([expect.stringContaining("shard c/0: it has 20 bytes, fewer than its index")]);
  });

  it("that don't divide into their chunks are a finding, with the variable described", async () => {
    const { says } = await axis({ ...group, "x/zarr.json": sharded("end", true, { chunk_shape: [3] }) });
    expect(says).toEqual([expect.stringContaining("shards of [4] don't divide into chunks of [3]")]);
  });
});

it.each([
  [
    "a grid of chunks that we don't know",
    { chunk_grid: { name: "rectilinear" } },
    'a chunk grid called "rectilinear" is not read',
  ],
  ["keys that we don't know", { chunk_key_encoding: "suffix" }, 'chunk keys called "suffix" are not read'],
  ["a type that we don't know", { data_type: "bfloat16" }, "values of type bfloat16 are not read"],
  ["complex numbers", { data_type: "complex64", fill_value: [0, 0] }, "values of type complex64 are not read"],
  ["storage transformers", { storage_transformers: [{ name: "x" }] }, "storage transformers are not read"],
])("blames itself, not the data, for %s", async (_, changes, why) => {
  const { extent, says } = await axis({
    ...group,
    "x/zarr.json": v3(changes),
    "x/c/0": floats(1, 2),
    "x/c/1": floats(3, 4),
  });
  expect(extent).toBeUndefined();
  expect(says).toEqual([`x is stored in a way that fieldtree does not read (${why}), so its values are not known`]);
});

it("reads version 3 where both versions are there, as xarray does, and says so", async () => {
  const { access, findings } = await described({ ...group, ".zgroup": "{}" });
  expect(access).toMatchObject({ version: 3 });
  expect(findings).toContainEqual(expect.objectContaining({ rule: "two-versions" }));
});
