import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { readers } from "../../../pipeline/campaign/readers/readers.ts";
import type { Json } from "../../../pipeline/core/json.ts";
import { crc32c } from "../../../pipeline/formats/codecs/checksums.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { findDatasets } from "../../../pipeline/stages/scan/find-datasets.ts";
import { folderOf } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";

const zarr = zarrReader(decompressors);

type Files = Readonly<Record<string, string | Uint8Array>>;
const described = async (files: Files) => zarr.folders.describe(folderOf(files), testWorld());
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
  ])("are those of NCZarr where xarray's are absent: %s", async (_, files) => {
    expect(await axis({ ".zgroup": "{}", ...names, ...files })).toEqual({ extent: [1, 4], says: [] });
  });

  it("are those of NCZarr among the attributes, from netcdf-c 4.9.3 on, which xarray does not know", async () => {
    const attributes = '{"_nczarr_array": {"dimension_references": ["/x"]}}';
    const { extent, says } = await axis({ ".zgroup": "{}", ...names, "x/.zarray": v2(), "x/.zattrs": attributes });
    expect(extent).toEqual([1, 4]);
    expect(says).toEqual([expect.stringContaining("xarray refuses to open this because of x: no _ARRAY_DIMENSIONS")]);
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
  ])("of %s that are %s are reported, and never read as 0", async (type, fill) => {
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

  it("that are NaT make no time of a chunk that is absent", async () => {
    const type = { name: "numpy.datetime64", configuration: { unit: "s", scale_factor: 1 } };
    const document = v3({ data_type: type, fill_value: "NaT" });
    const times = new Uint8Array(BigInt64Array.of(60n, 120n).buffer);
    const { time } = await described({ ...group, "x/zarr.json": document, "x/c/0": times });
    expect(time).toEqual({ start: "1970-01-01T00:01:00Z", end: "1970-01-01T00:02:00Z", source: "values" });
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
  ["zfp", { codecs: [{ name: "numcodecs.zfpy", configuration: { mode: 4 } }] }, 'codec "numcodecs.zfpy" is not read'],
  ["pcodec", { codecs: [{ name: "numcodecs.pcodec" }] }, 'codec "numcodecs.pcodec" is not read'],
  ["numbers of 4 bits", { data_type: "int4" }, "values of type int4 are not read"],
  ["storage transformers", { storage_transformers: [{ name: "x" }] }, "storage transformers are not read"],
])("blames itself, not the data, for %s", async (_, changes, why) => {
  const { extent, says } = await axis({
    ...group,
    "x/zarr.json": v3(changes),
    "x/c/0": floats(1, 2),
    "x/c/1": floats(3, 4),
  });
  expect(extent).toBeUndefined();
  const told = says.filter((each) => !each.startsWith("xarray refuses"));
  expect(told).toEqual([`x is stored in a way that fieldtree does not read (${why}), so its values are not known`]);
});

it("blames itself, not the data, for snappy in blosc", async () => {
  const header = new Uint8Array(32);
  header.set([2, 1, 2 << 5, 8]);
  for (const [at, value] of [16, 16, 32].entries()) new DataView(header.buffer).setUint32(4 + 4 * at, value, true);
  const blosc = { name: "blosc", configuration: { cname: "snappy", clevel: 5, shuffle: "noshuffle", blocksize: 0 } };
  const { extent, says } = await axis({
    ...group,
    "x/zarr.json": v3({ codecs: [little, blosc] }),
    "x/c/0": header,
    "x/c/1": header,
  });
  expect(extent).toBeUndefined();
  expect(says).toEqual([
    "x is stored in a way that fieldtree does not read (blosc's compressor snappy is not read), so its values are not known",
  ]);
});

it("reads version 3 where both versions are there, as xarray does, with a finding", async () => {
  const { access, findings } = await described({ ...group, ".zgroup": "{}" });
  expect(access).toMatchObject({ version: 3 });
  expect(findings).toContainEqual(expect.objectContaining({ rule: "two-versions" }));
});

describe("a store without metadata at its root", () => {
  const arrays = (names: readonly string[], file: string, text: string) =>
    Object.fromEntries(
      names.flatMap((name) => [[`${name}/${file}`, text] as const, [`${name}/0`, floats(1, 2)] as const]),
    );
  const names = ["alt", "dz", "lat", "lon", "time"];
  const search = async (files: Files) => {
    const { found } = await findDatasets({ cid: "", size: 0, open: async () => folderOf(files) }, readers, testWorld());
    return found.map(({ below, ...rest }) => [
      below,
      "failure" in rest ? rest.failure.message : "reader" in rest && rest.reader,
    ]);
  };

  it.each([
    ["of version 2", arrays(names, ".zarray", v2())],
    ["of version 3", arrays(names, "zarr.json", v3())],
  ])("%s is one failure at the store, not a dataset for each array", async (_, files) => {
    const message = expect.stringContaining("no zarr.json or .zgroup at its root, beside the arrays alt, dz, lat, …");
    expect(await search({ ...files, "README.md": "ours" })).toEqual([["", message]]);
    const below = Object.fromEntries(Object.entries(files).map(([path, file]) => [`HALO/radar.zarr/${path}`, file]));
    expect(await search({ ...below, "HALO/notes/a.txt": "a" })).toEqual([["HALO/radar.zarr", message]]);
  });

  it("is reported too where all metadata were left behind", async () => {
    const files = { "ta/0.0": floats(1), "ta/0.1": floats(1), "time/0": floats(1), "time/1": floats(1) };
    expect(await search(files)).toEqual([["", expect.stringContaining("nothing but chunks of Zarr")]]);
  });

  it.each([
    ["of stores that are one array each", arrays(["a.zarr", "b.zarr"], ".zarray", v2()), ["a.zarr", "b.zarr"]],
    ["of groups, which open by themselves", { "radar/.zgroup": "{}", "lidar/.zgroup": "{}" }, ["lidar", "radar"]],
    ["of numbered files", { "cam/0": floats(1), "cam/1": floats(1), "sonde/0": floats(1) }, []],
    ["of numbered folders", { "2024/08/a.nc": "", "2024/09/a.nc": "" }, []],
  ])("is not seen in a folder %s", async (_, files: Files, expected) => {
    expect((await search(files)).map(([below]) => below)).toEqual(expected);
  });
});

describe("the names of a store's files", () => {
  const check = async (files: Files) =>
    (await zarr.folders.checkFiles!(folderOf(files), testWorld())).map(({ level, says }) => `${level}: ${says}`);
  const grid = { shape: [5, 4], chunks: [1, 2] };
  const chunks = (keys: readonly string[], folder = "ta") =>
    Object.fromEntries(keys.map((key) => [`${folder}/${key}`, floats(1, 2)]));
  const all = (key: (i: number, j: number) => string) => Array.from({ length: 10 }, (_, n) => key(n >> 1, n & 1));

  it.each([
    ["v2, dots", { "ta/.zarray": v2({ ...grid, fill_value: "NaN" }) }, all((i, j) => `${i}.${j}`)],
    [
      "v2, slashes",
      { "ta/.zarray": v2({ ...grid, fill_value: "NaN", dimension_separator: "/" }) },
      all((i, j) => `${i}/${j}`),
    ],
    ["v3", { "ta/zarr.json": gridV3({}) }, all((i, j) => `c/${i}/${j}`)],
    [
      "v3, dots",
      { "ta/zarr.json": gridV3({ name: "default", configuration: { separator: "." } }) },
      all((i, j) => `c.${i}.${j}`),
    ],
    ["v3, as in v2", { "ta/zarr.json": gridV3({ name: "v2" }) }, all((i, j) => `${i}.${j}`)],
  ])("say which chunks are not there: %s", async (version, metadata, keys) => {
    const root = version.startsWith("v2") ? { ".zgroup": "{}" } : group;
    expect(await check({ ...root, ...metadata, ...chunks(keys) })).toEqual([]);
    // Names that are no chunk of this grid count for none.
    const others = keys.slice(0, 1).map((key) => key.replace(/0$/, "7"));
    expect(await check({ ...root, ...metadata, ...chunks([...keys.slice(3), ...others]) })).toEqual([
      "hint: 3 of 10 chunks of ta are not there and read as its fill value (NaN)",
    ]);
    expect(await check({ ...root, ...metadata })).toEqual([
      "warning: all 10 chunks of ta are not there and read as its fill value (NaN)",
    ]);
  });

  function gridV3(chunk_key_encoding: object): string {
    const chunk_grid = { name: "regular", configuration: { chunk_shape: [1, 2] } };
    const encoding = Object.keys(chunk_key_encoding).length > 0 ? { chunk_key_encoding } : {};
    return v3({ shape: [5, 4], chunk_grid, fill_value: "NaN", dimension_names: ["y", "x"], ...encoding });
  }

  it.each([
    [
      "a coordinate",
      { "x/.zarray": v2({ fill_value: "NaN" }), "x/.zattrs": '{"_ARRAY_DIMENSIONS": ["x"]}' },
      "its fill value (NaN)",
    ],
    ["an array without a fill value", { "x/.zarray": v2() }, "0, though it declares no fill value"],
  ])("warn of a part of %s", async (_, metadata, as) => {
    expect(await check({ ".zgroup": "{}", ...metadata, "x/0": floats(1, 2) })).toEqual([
      `warning: 1 of 2 chunks of x are not there and read as ${as}`,
    ]);
  });

  it("don't mind what carries attributes alone, and what has no values", async () => {
    const crs = v2({ shape: [], chunks: [], dtype: "<i8", fill_value: 0 });
    expect(await check({ ".zgroup": "{}", "crs/.zarray": crs, "x/.zarray": v2({ shape: [0] }) })).toEqual([]);
  });

  it("say which chunks have no bytes", async () => {
    const files = { "x/.zarray": v2(), "x/0": floats(1, 2), "x/1": new Uint8Array(0) };
    expect(await check({ ".zgroup": "{}", ...files })).toEqual([
      "warning: 1 chunk file of x has no bytes and can't be read",
    ]);
  });

  it("say where consolidated metadata are another's", async () => {
    const metadata = { ".zgroup": {}, "x/.zarray": JSON.parse(v2()) as object };
    const files = {
      ".zmetadata": JSON.stringify({ metadata }),
      "x/.zarray": v2({ shape: [6] }),
      ...chunks(["0", "1"], "x"),
    };
    expect(await check(files)).toEqual([
      "warning: x/.zarray has another shape than the consolidated metadata, which are what readers take",
    ]);
  });
});
