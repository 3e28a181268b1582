import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Folder } from "../../../pipeline/core/dataset/dataset.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import { stableJson } from "../../../pipeline/core/json.ts";
import { zarr as zarrReader } from "../../../pipeline/formats/zarr/zarr.ts";
import { folderOf } from "../../fakes/folder.ts";
import { testWorld } from "../../fakes/world.ts";

const zarr = zarrReader(decompressors);

const floats = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
const zarray = (changes: object = {}) =>
  JSON.stringify({
    zarr_format: 2,
    shape: [2],
    chunks: [2],
    dtype: "<f8",
    order: "C",
    compressor: null,
    filters: null,
    fill_value: null,
    ...changes,
  });
const attributes = (standard_name: string, more: object = {}) =>
  JSON.stringify({ _ARRAY_DIMENSIONS: ["site"], standard_name, ...more });

/** Two sites, in version 2 without consolidated metadata; `changes` are files by path. */
const sites = (changes: Record<string, string | Uint8Array> = {}) =>
  folderOf({
    ".zgroup": '{"zarr_format": 2}',
    "lat/.zarray": zarray(),
    "lat/.zattrs": attributes("latitude"),
    "lat/0": floats(10, 11),
    "lon/.zarray": zarray(),
    "lon/.zattrs": attributes("longitude"),
    "lon/0": floats(-50, -51),
    ...changes,
  });

const described = (folder: Folder) => zarr.folders.describe(folder, testWorld());

it("describes the store that the others here are made of", async () => {
  expect((await described(sites())).place?.bounds).toEqual({ west: -51, south: 10, east: -50, north: 11 });
});

it.each([
  ["text", "it's me", "is not JSON"],
  ["a list", "[1, 2]", "holds no JSON object"],
  ["a bomb of lists", "[".repeat(5_000_000), "is not JSON"],
  ["a deep object", `${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`, "nested more than 32 deep"],
  ["a wide list", `{"a":[${"1,".repeat(2_100_000)}1]}`, "holds more than 2000000 values"],
  ["33 MiB", `{"a":"${"x".repeat(33 * 2 ** 20)}"}`, "larger than 32 MiB"],
  ["33 MiB of backslashes", `{"a":NaN,"b":"${"\\\\".repeat(15 * 2 ** 20)}}`, "is not JSON"],
])("refuses attributes that are %s, naming the file", { timeout: 20_000 }, async (_, text, says) => {
  const failing = described(sites({ ".zattrs": text }));
  await expect(failing).rejects.toMatchObject({ kind: "input", message: expect.stringContaining(".zattrs") });
  await expect(failing).rejects.toThrow(says);
});

it.each([
  ["a shape of text", { shape: "many" }],
  ["a negative length", { shape: [-1] }],
  ["a length with a fraction", { shape: [1.5] }],
  ["a length beyond exact numbers", { shape: [1e300] }],
  ["chunks of length 0", { chunks: [0] }],
  ["chunks of another rank", { chunks: [2, 2] }],
  ["33 dimensions", { shape: Array(33).fill(1), chunks: Array(33).fill(1) }],
  ["no shape", { shape: undefined }],
])("leaves out an array that has %s, with a finding", async (_, changes) => {
  const found = await described(sites({ "lat/.zarray": zarray(changes) }));
  expect(found.variables.map(({ name }) => name)).toEqual(["lon"]);
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "left-out", says: expect.stringMatching(/^lat is left out: lat\/\.zarray/) }),
  );
});

it.each([
  ["is no JSON", "lat/.zarray", "{"],
  ["is a list", "lat/.zarray", "[]"],
  ["has attributes that are no JSON", "lat/.zattrs", "units: m"],
])("leaves out an array whose metadata %s", async (_, file, text) => {
  const found = await described(sites({ [file]: text }));
  expect(found.variables.map(({ name }) => name)).toEqual(["lon"]);
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "left-out", says: expect.stringMatching(`^lat is left out: ${file}`) }),
  );
});

it.each([
  ["no object", 7],
  ["no group or array", { hello: 1 }],
  ["an array without a shape", { zarr_format: 3, node_type: "array", data_type: "int8" }],
])("leaves out what is %s in consolidated metadata", async (_, document) => {
  const lon = { zarr_format: 3, node_type: "array", shape: [2], data_type: "float64", fill_value: 0 };
  const root = { zarr_format: 3, node_type: "group", consolidated_metadata: { metadata: { lat: document, lon } } };
  const found = await described(folderOf({ "zarr.json": JSON.stringify(root) }));
  expect(found.variables.map(({ name }) => name)).toEqual(["lon"]);
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "left-out", says: expect.stringMatching(/^lat is left out/) }),
  );
});

it("fails where the store is one array that makes no sense", async () => {
  await expect(described(folderOf({ ".zarray": zarray({ shape: [-1] }) }))).rejects.toMatchObject({ kind: "input" });
});

it("takes chunks of length 0 for none, along a dimension of length 0", async () => {
  const found = await described(sites({ "lat/.zarray": zarray({ shape: [0], chunks: [0] }), "lat/.zattrs": "{}" }));
  expect(found.findings.map(({ rule }) => rule)).not.toContain("left-out");
  expect(found.dimensions).toContainEqual({ name: "lat_dim_0", size: 0, kind: "other" });
});

it.each([
  ["a fill value that is none", { fill_value: "many" }, 'its fill value is "many", which is no float64'],
  ["filters that are no list", { filters: 3 }, "its filters are 3, which is no list"],
  ["a compressor that is a number", { compressor: 3 }, "3 is no codec"],
])(
  "reads no values of an array that has %s, with a finding even where they are not needed",
  async (_, changes, says) => {
    const found = await described(sites({ "ta/.zarray": zarray(changes), "lat/.zarray": zarray(changes) }));
    expect(found.variables.map(({ name }) => name)).toEqual(["lat", "lon", "ta"]);
    expect(found.place).toBeUndefined();
    const undecodable = found.findings.filter(({ rule }) => rule === "undecodable").map((finding) => finding.says);
    expect(undecodable).toEqual([
      `lat can't be decoded (${says}), so its values are not known`,
      expect.stringMatching(/^ta /),
    ]);
  },
);

it.each([
  [
    "warns",
    "of-one-laboratory",
    [
      'ta is stored in a way that fieldtree does not read (codec "of-one-laboratory" is not read), so its values are not known',
    ],
  ],
  ["says nothing", "pcodec", []],
])("%s of data in codec %s, whose values are not needed", async (_, id, says) => {
  const found = await described(sites({ "ta/.zarray": zarray({ compressor: { id } }) }));
  expect(found.variables.map(({ name }) => name)).toContain("ta");
  expect(found.findings.filter(({ rule }) => rule === "undecodable").map((finding) => finding.says)).toEqual(says);
});

it("reports a group without metadata of its own, whose arrays no client lists", async () => {
  const found = await described(sites({ "radar/ze/.zarray": zarray(), "radar/ze/0": floats(1, 2) }));
  expect(found.variables.map(({ name }) => name)).toEqual(["lat", "lon"]);
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "no-group", says: expect.stringMatching(/^radar has arrays, but no/) }),
  );
});

it("tells of chunks that have no metadata", async () => {
  const found = await described(sites({ "alt/0": floats(1, 2) }));
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "left-out", says: "alt is left out: it has chunks, but no .zarray or zarr.json" }),
  );
});

it.each([
  ["a million billion positions", { shape: [1e15], chunks: [2] }],
  ["one chunk of a petabyte", { shape: [1e15], chunks: [1e15] }],
])("asks for no chunk of %s", async (_, changes) => {
  const folder = sites({
    "lat/.zarray": zarray(changes),
    "lat/.zattrs": attributes("latitude", { _ARRAY_DIMENSIONS: ["cell"] }),
  });
  const found = await described(folder);
  expect(folder.touched.filter((path) => path.startsWith("lat/") && !path.includes("/.")).length).toBeLessThanOrEqual(
    8,
  );
  expect(found.dimensions).toContainEqual({ name: "cell", size: 1e15, kind: "other" });
});

it("keeps a key named __proto__ a key like any other", async () => {
  const found = await described(
    sites({ ".zattrs": '{"__proto__": {"title": "polluted"}, "constructor": "x", "title": "Mine"}' }),
  );
  expect(({} as { title?: string }).title).toBeUndefined();
  expect(found.attributes.title).toBe("Mine");
  expect(stableJson(found.attributes)).toBe('{"__proto__":{"title":"polluted"},"constructor":"x","title":"Mine"}\n');
});

it("cuts a title of 1 MB, with a finding", async () => {
  const found = await described(sites({ ".zattrs": JSON.stringify({ title: "t".repeat(1_000_000) }) }));
  expect((found.attributes.title as string).length).toBe(50_000);
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "long-attribute", says: expect.stringContaining("1000002 characters") }),
  );
});

it("keeps half a megabyte of attributes, however many there are", async () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a${i}`, "x".repeat(10_000)]));
  const found = await described(sites({ ".zattrs": JSON.stringify({ title: "First", ...many }) }));
  expect(found.attributes.title).toBe("First");
  expect(stableJson(found.attributes).length).toBeLessThan(510_000);
});

it("says that a coordinate's chunks are too large to be read", async () => {
  const huge = zarray({ shape: [1e9], chunks: [1e8] });
  const found = await described(
    sites({ "lat/.zarray": huge, "lat/.zattrs": attributes("latitude", { _ARRAY_DIMENSIONS: ["lat"] }) }),
  );
  expect(found.place).toBeUndefined();
  expect(found.findings).toContainEqual(
    expect.objectContaining({
      rule: "large-coordinate",
      says: expect.stringContaining("lat is stored in chunks of 800 MB"),
    }),
  );
});

it("reads NaN and Infinity as bare words, as zarr-python 2 writes them, and leaves texts alone", async () => {
  const found = await described(
    sites({ ".zattrs": '{"a": NaN, "b": [-Infinity, 1], "c": "NaN, \\"NaN\\" and Infinity"}' }),
  );
  expect({ ...found.attributes }).toEqual({ a: "NaN", b: ["-Infinity", 1], c: 'NaN, "NaN" and Infinity' });
});

it.each([
  ["fewer bytes than it has values", floats(10), null],
  ["bytes of another compression", floats(10, 11), { id: "zlib" }],
  ["a gzip bomb", gzipSync(new Uint8Array(50_000_000)), { id: "gzip" }],
  ["blosc's header of 4 GB", new Uint8Array(32).fill(255), { id: "blosc" }],
  ["lz4's header of 4 GB", new Uint8Array(32).fill(255), { id: "lz4" }],
])("goes on without values where a chunk holds %s", async (_, chunk, compressor) => {
  const found = await described(sites({ "lat/.zarray": zarray({ compressor }), "lat/0": chunk }));
  expect(found.place).toBeUndefined();
  expect(found.findings).toContainEqual(
    expect.objectContaining({ rule: "undecodable", says: expect.stringContaining("lat") }),
  );
});

it("says the same of several bad chunks whichever is read first", async () => {
  const chunked = zarray({ shape: [20], chunks: [2] });
  const bad = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`lat/${i}`, floats(i)]));
  for (const slow of ["lat/0", "lat/9", "lon/0"]) {
    const folder = sites({ "lat/.zarray": chunked, ...bad, "lon/0": floats(1) });
    const delayed: Folder = {
      ...folder,
      async read(path, world, range) {
        if (path === slow) await new Promise((later) => setTimeout(later, 20));
        return folder.read(path, world, range);
      },
    };
    const says = (await described(delayed)).findings.flatMap((finding) =>
      finding.rule === "undecodable" ? finding.says : [],
    );
    expect(says).toEqual([
      expect.stringContaining("chunk 0: it has 1 values instead of 2"),
      expect.stringMatching(/^lon .*chunk 0: it has 1 values/),
    ]);
  }
});

it("takes an absent chunk for its fill value", async () => {
  const { "lat/0": _, ...rest } = { "lat/0": "" };
  const folder = folderOf({
    ".zgroup": "{}",
    "lat/.zarray": zarray({ fill_value: "NaN" }),
    "lat/.zattrs": attributes("latitude"),
    "lon/.zarray": zarray(),
    "lon/.zattrs": attributes("longitude"),
    "lon/0": floats(1, 2),
    ...rest,
  });
  expect((await described(folder)).findings).toContainEqual(expect.objectContaining({ rule: "no-place" }));
});

it("lets a failure to reach bytes through, untouched, from metadata and chunks alike", async () => {
  const failure = new Failure("unavailable", "no gateway has bafy…");
  for (const lost of [".zgroup", "lat/.zarray", "lat/0"]) {
    const folder = sites();
    const broken: Folder = {
      ...folder,
      read: async (path, world, range) => {
        if (path === lost) throw failure;
        return folder.read(path, world, range);
      },
    };
    await expect(described(broken)).rejects.toBe(failure);
  }
});

it("refuses a zarr.json that is neither group nor array", async () => {
  await expect(described(folderOf({ "zarr.json": '{"hello": 1}' }))).rejects.toMatchObject({
    kind: "input",
    message: "zarr.json is neither a group nor an array of Zarr version 3",
  });
});

it.each(["../../etc/passwd/.zarray", "a//b/.zarray", "./.zarray"])(
  "refuses consolidated metadata of %s",
  async (key) => {
    const metadata = JSON.stringify({ metadata: { ".zgroup": {}, [key]: JSON.parse(zarray()) } });
    await expect(described(folderOf({ ".zmetadata": metadata }))).rejects.toThrow("names no place in the store");
  },
);

it("reads an array whose name looks like a URL's query", async () => {
  const name = "lat?x=%2e%2e#1";
  const found = await described(
    sites({
      [`${name}/.zarray`]: zarray(),
      [`${name}/.zattrs`]: JSON.stringify({ _ARRAY_DIMENSIONS: [name] }),
      [`${name}/0`]: floats(3, 4),
    }),
  );
  expect(found.dimensions).toContainEqual({ name, size: 2, kind: "other", extent: [3, 4] });
});

it("stops at groups nested without end", async () => {
  const deep = Array.from({ length: 20 }, (_, depth) => [`${"g/".repeat(depth)}.zgroup`, "{}"]);
  await expect(described(folderOf(Object.fromEntries(deep)))).rejects.toThrow("nested more than 8 deep");
});
