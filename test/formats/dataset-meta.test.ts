import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Folder } from "../../pipeline/core/dataset/dataset.ts";
import { stableJson } from "../../pipeline/core/json.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { datasetMeta, withSidecar } from "../../pipeline/formats/dataset-meta.ts";
import type { FolderReader } from "../../pipeline/formats/reader.ts";
import { lintItem } from "../core/stac/lint.ts";
import { schemaErrors } from "../core/stac/valid.ts";
import { data } from "../data.ts";
import { cid, dropsondes, facts } from "../fakes/descriptions.ts";
import { testWorld } from "../fakes/world.ts";

const world = testWorld();

/** A folder with these files in it. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Folder {
  const bytes = new Map(
    Object.entries(files).map(([name, content]) => [
      name,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ]),
  );
  return {
    cid,
    entries: new Map([...bytes].map(([name, content]) => [name, { cid, size: content.length }])),
    isFolder: async () => false,
    folder: async () => undefined,
    file: async () => undefined,
    read: async (name, _, range) => {
      const { offset, length } = range as { offset: number; length: number };
      return bytes.get(name)?.subarray(offset, offset + length);
    },
  };
}

const describeText = (text: string | Uint8Array) =>
  datasetMeta.folders.describe(folderOf({ "dataset_meta.yaml": text }), world);
const titled = (rest: string) => `attributes: {title: Radar}\n${rest}`;
const failure = async (text: string | Uint8Array) => {
  const error = await describeText(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toMatchObject({ kind: "input" });
  return (error as Error).message;
};

// Every folder of test/datasets that has a sidecar is a test case. To add one, add a folder; the first run writes its
// item, which you read before you commit it.
const cases = join(import.meta.dirname, "../datasets");
const names = readdirSync(cases).filter(
  (name) => name.startsWith("sidecar-") && statSync(join(cases, name)).isDirectory(),
);

async function itemOfCase(name: string) {
  const files = readdirSync(join(cases, name)).sort();
  const folder = folderOf(Object.fromEntries(files.map((file) => [file, readFileSync(join(cases, name, file))])));
  const description = await datasetMeta.folders.describe(folder, world);
  const described = { path: `products/${name}`, cid, tsize: 4096, reader: datasetMeta.name, description };
  const { item, findings } = itemOf(described, facts);
  return { item, findings: [...description.findings, ...findings] };
}

it.each(names)("%s becomes the item we expect", async (name) => {
  const made = await itemOfCase(name);
  expect(lintItem(made.item)).toEqual([]);
  await expect(stableJson(made, 2)).toMatchFileSnapshot(join(cases, `${name}.item.json`));
});

const schemas = data("stac-schemas");

it.skipIf(!schemas)("makes items that the published schemas accept", async () => {
  const made = await Promise.all(names.map(itemOfCase));
  expect(
    await schemaErrors(
      made.map(({ item }) => item),
      schemas!,
    ),
  ).toEqual([]);
});

it("asks for nothing but a title", async () => {
  await expect(describeText(titled(""))).resolves.toMatchObject({ attributes: { title: "Radar" } });
  const untitled = (what: string) => `dataset_meta.yaml has no title: ${what}`;
  expect(await failure("attributes: {summary: x}")).toBe(untitled("add `title:` below `attributes:`"));
  expect(await failure("attributes: {title: ''}")).toBe(untitled("add `title:` below `attributes:`"));
  expect(await failure("")).toBe(untitled("add `title:` below `attributes:`"));
  expect(await failure("attributes: {titel: x}")).toBe(untitled('write title in place of "titel"'));
  expect(await failure("Title: x")).toBe(untitled("move `title:` below `attributes:`, indented"));
});

it("keeps scalars as they were written", async () => {
  const { attributes } = await describeText(
    titled("").replace("}", ", product_version: 1.10, flag: yes, day: 2024-08-10, none: ~}"),
  );
  expect(attributes).toEqual({ title: "Radar", product_version: "1.10", flag: "yes", day: "2024-08-10", none: null });
});

describe("time", () => {
  const timeOf = async (temporal: string) => (await describeText(titled(`extent: {temporal: ${temporal}}`))).time;

  it.each([
    ["[2024-08-10, 2024-09-30]", "2024-08-10T00:00:00Z", "2024-09-30T00:00:00Z"],
    ["[2024-08-10T01:00:00, 2024-08-10T02:00:00+01:00]", "2024-08-10T01:00:00Z", "2024-08-10T01:00:00Z"],
    ['"2024-08-10, 2024-08-11"', "2024-08-10T00:00:00Z", "2024-08-11T00:00:00Z"],
    ["2024-08-10/2024-08-11", "2024-08-10T00:00:00Z", "2024-08-11T00:00:00Z"],
    ["[2024-08-10, null]", "2024-08-10T00:00:00Z", "9999-12-31T23:59:59Z"],
    ['["..", 2024-08-10]', "0001-01-01T00:00:00Z", "2024-08-10T00:00:00Z"],
  ])("of %s", async (temporal, start, end) => {
    expect(await timeOf(temporal)).toEqual({ start, end, source: "sidecar" });
  });

  it("is unknown where both ends are open", async () => {
    expect(await timeOf("[null, ..]")).toBeUndefined();
  });

  it("says that a last day without a time ends as it begins", async () => {
    const { findings } = await describeText(titled("extent: {temporal: [2024-08-10, 2024-08-11]}"));
    expect(findings).toMatchObject([
      { rule: "ends-at-midnight", fix: expect.stringContaining("2024-08-11T23:59:59Z") },
    ]);
  });

  it.each([
    ["[2024-08-11, 2024-08-10]", "it ends (2024-08-10T00:00:00Z) before it starts"],
    ["[2024-08-10]", "has 1 values; it wants [start, end]"],
    ["[soon, later]", '"soon" is no date'],
    ["[2024-02-30, null]", '"2024-02-30" is no date'],
  ])("of %s is bad content", async (temporal, says) => {
    expect(await failure(titled(`extent: {temporal: ${temporal}}`))).toContain(`line 2: extent.temporal`);
    expect(await failure(titled(`extent: {temporal: ${temporal}}`))).toContain(says);
  });
});

describe("place", () => {
  const boundsOf = async (spatial: string) =>
    (await describeText(titled(`extent: {spatial: ${spatial}}`))).place?.bounds;

  it.each([
    ["[-59.5, 13.1, -59.4, 13.2]", { west: -59.5, south: 13.1, east: -59.4, north: 13.2 }],
    ["-59.5 13.1 -59.4 13.2", { west: -59.5, south: 13.1, east: -59.4, north: 13.2 }],
    ["[1, 2, -100, 3, 4, 5000]", { west: 1, south: 2, east: 3, north: 4 }],
    ["[170, -5, -175, 0]", { west: 170, south: -5, east: -175, north: 0 }],
    ["[170, -5, 190, 0]", { west: 170, south: -5, east: -170, north: 0 }],
    ["[0, -90, 360, 90]", { west: -180, south: -90, east: 180, north: 90 }],
  ])("of %s", async (spatial, bounds) => {
    expect(await boundsOf(spatial)).toEqual(bounds);
  });

  it.each([
    ["[-59.5, 13.2, -59.4, 13.1]", "south (13.2) is greater than north (13.1)"],
    ["[13.1, -159.5, 13.2, -159.4]", "latitudes -159.5 to -159.4"],
    ["[-200, 0, 10, 1]", "longitudes -200 to 10"],
    ["[1, 2, 3]", "has 3 values; it wants [west, south, east, north]"],
    ["[1, 2, three, 4]", '"three" is no number'],
    ["[1, 2, 0x3, 4]", '"0x3" is no number'],
    ["[1, 2, Infinity, 4]", '"Infinity" is no number'],
  ])("of %s is bad content", async (spatial, says) => {
    expect(await failure(titled(`extent: {spatial: ${spatial}}`))).toContain(`line 2: extent.spatial`);
    expect(await failure(titled(`extent: {spatial: ${spatial}}`))).toContain(says);
  });
});

it.each([
  ["broken YAML", "attributes: {title: [", "line 1"],
  ["an alias", "a: &a [x]\nattributes: {title: x, b: *a}", "aliases"],
  ["a key twice", "attributes:\n  title: a\n  title: b\n", '"title" stands twice'],
  ["a list for a mapping", "- title", "must be a mapping"],
  ["several documents", "attributes: {title: a}\n---\nattributes: {title: b}\n", "a second document begins"],
  ["more than a mebibyte", `attributes: {title: ${"x".repeat(1024 * 1024)}}`, "larger than 1048576 bytes"],
  ["nesting", `attributes: {title: x, a: ${"[".repeat(1000)}${"]".repeat(1000)}}`, "line 1"],
])("calls %s bad content", async (_, text, says) => {
  expect(await failure(text)).toContain(says);
});

it("tells all mistakes at once, each with its line", async () => {
  const text = `attributes:
  titel: Radar
  twice: a
  twice: b
  author: *who
extent:
  temporal:
    - 2024-02-30
    - soon
  spatial: [1, two, 3, four]
`;
  expect(await failure(text)).toBe(
    [
      'dataset_meta.yaml has 7 mistakes: line 2: has no title: write title in place of "titel"',
      'line 4: "twice" stands twice in attributes',
      "line 5: aliases (*name) are not read; write the value out",
      'line 8: extent.temporal: "2024-02-30" is no date; write 2024-08-10 or 2024-08-10T12:00:00Z',
      'line 9: extent.temporal: "soon" is no date; write 2024-08-10 or 2024-08-10T12:00:00Z',
      'line 10: extent.spatial: "two" is no number',
      'line 10: extent.spatial: "four" is no number',
    ].join("; "),
  );
  expect(await failure("attributes: {title: x}\nextent:\n  temporal: [a, b, c]\n  spatial: [0, 9, 1, 8]\n")).toMatch(
    /has 2 mistakes: line 3: .* 3 values; .*; line 4: .*south \(9\) is greater than north/,
  );
  expect(await failure("- a\n---\n- b\n")).toMatch(/line 1: it must be a mapping.*line 2: a second document|line 3/);
});

it("reports what is wrong above broken YAML too, and nothing that is wrong only because the text broke off", async () => {
  const text = "attributes:\n  a: *b\nextent:\n  spatial: [1, 2\n  temporal: ]\n";
  expect(await failure(text)).toMatch(
    /^dataset_meta\.yaml has 2 mistakes: line 2: aliases [^;]*; write the value out; line \d: [^;]*$/,
  );
});

it("counts what is more than a person reads", async () => {
  const members = Array.from({ length: 50 }, (_, i) => `  a${i}: *x\n`).join("");
  expect(await failure(`attributes:\n  title: x\n${members}`)).toMatch(/has 50 mistakes: line 3: .*; and 30 more$/);
});

it("names every key that is not read, with its line", async () => {
  const { findings } = await describeText("attributes: {title: x}\nextra: 1\nextent:\n  time: [2024, 2025]\nmore: 2\n");
  expect(findings.map(({ rule, says }) => `${rule} ${says}`)).toEqual([
    'sidecar-unknown dataset_meta.yaml line 2: "extra" is not read; known are attributes and extent',
    'sidecar-unknown dataset_meta.yaml line 5: "more" is not read; known are attributes and extent',
    'sidecar-unknown dataset_meta.yaml line 4: "time" is not read; known are temporal and spatial',
  ]);
});

it("calls what is not UTF-8 bad content", async () => {
  expect(await failure(new Uint8Array([0xff, 0xfe, 0x41]))).toContain("not UTF-8");
});

it("takes a name that every object has for a name like any other", async () => {
  const { attributes } = await describeText(titled("").replace("}", ", __proto__: {polluted: 1}, constructor: x}"));
  expect(Object.keys(attributes)).toEqual(["title", "__proto__", "constructor"]);
  expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});

it("lists the other files, up to a thousand", async () => {
  const files = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`${i}.mp4`, "x"]));
  const { access, findings } = await datasetMeta.folders.describe(
    folderOf({ ...files, "dataset_meta.yaml": titled("") }),
    world,
  );
  expect(access).toMatchObject({ format: "files" });
  expect(access.format === "files" && access.files).toHaveLength(1000);
  expect(findings).toMatchObject([{ rule: "many-files", says: "1200 files; the first 1000 are listed" }]);
});

it("names the folder in which it would describe the store", async () => {
  const { findings } = await datasetMeta.folders.describe(
    folderOf({ "radar.zarr": "", "dataset_meta.yaml": titled("") }),
    world,
  );
  expect(findings).toMatchObject([{ rule: "sidecar-above-store", fix: expect.stringContaining("into radar.zarr") }]);
});

describe("in a folder of data that a reader describes", () => {
  const inner: FolderReader = {
    name: "zarr",
    version: 7,
    folders: { recognises: (names) => names.has(".zgroup"), describe: async () => dropsondes },
  };
  const beside = (text: string) =>
    withSidecar(inner).folders.describe(folderOf({ ".zgroup": "{}", "dataset_meta.yaml": text }), world);

  it("has the last word, and says where the data say something else", async () => {
    const text =
      "attributes: {Title: Sondes, platform: HALO}\nextent: {temporal: [2024-08-12, 2024-08-13T00:00], spatial: [-31, 5, -24, 16.7]}";
    const { attributes, time, place, findings } = await beside(text);
    expect(attributes).toMatchObject({ Title: "Sondes", platform: "HALO", license: "CC BY 4.0" });
    expect(attributes).not.toHaveProperty("title");
    expect(time).toMatchObject({ start: "2024-08-12T00:00:00Z", source: "sidecar" });
    expect(place).toMatchObject({ bounds: { west: -31 }, source: "sidecar" });
    expect(findings.map(({ rule, says }) => `${rule} ${says.split(":")[0]}`)).toEqual([
      "sidecar-disagrees title",
      "sidecar-disagrees extent.temporal",
      "sidecar-disagrees extent.spatial",
    ]);
  });

  it("says nothing where both say the same, up to what people round", async () => {
    const text =
      "attributes: {platform: HALO}\nextent: {temporal: [2024-08-11T10:00:00, 2024-08-11T18:30:00], spatial: [-30, 5, -24, 16.695]}";
    expect((await beside(text)).findings).toEqual([]);
  });

  it("needs no title of its own", async () => {
    expect((await beside("attributes: {platform: ATR}")).attributes.title).toBe("Dropsondes of HALO");
  });

  it("leaves data alone that have none", async () => {
    expect(await withSidecar(inner).folders.describe(folderOf({ ".zgroup": "{}" }), world)).toBe(dropsondes);
  });

  it("is bad content where the sidecar is", async () => {
    await expect(beside("attributes: [")).rejects.toMatchObject({ kind: "input" });
  });

  it("has another version than the reader alone", () => {
    expect(withSidecar(inner)).toMatchObject({ name: "zarr", version: 7003 });
  });
});
