import { mkdtempSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stacFiles } from "../../../pipeline/core/stac/catalog.ts";
import type { DatasetEntry, Entry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { data } from "../../data.ts";
import { anyDescription, anyPath, cid, described, dropsondes, facts, nothing } from "../../fakes/descriptions.ts";
import { byPath } from "../../fakes/portal-files.ts";
import { python, runPython } from "../../servers/python.ts";
import { lintStac } from "./lint.ts";
import { schemaErrors } from "./valid.ts";

function dataset(path: string, description = dropsondes): DatasetEntry {
  const { item, findings } = itemOf(described(path, description), facts);
  return { kind: "dataset", path, cid, reader: "zarr", item, findings };
}

const mit = { ...dropsondes, attributes: { ...dropsondes.attributes, license: "MIT", institution: "DLR" } };
const crossing = {
  ...dropsondes,
  time: { start: "2024-08-10T00:00:00Z", end: "2024-08-10T12:00:00Z", source: "values" },
  place: {
    bounds: { west: 170, south: -5, east: -175, north: 0 },
    geometry: {
      type: "MultiPoint",
      coordinates: [
        [170, -5],
        [-175, 0],
      ],
    },
    source: "values",
  },
} as const;

const entries: readonly Entry[] = [
  dataset("overview.zarr"),
  { kind: "plain", path: "notes/README.md", cid, plain: { kind: "file", size: 12 } },
  dataset("products/HALO/deep/er/lidar.zarr", mit),
  dataset("products/HALO/radar.zarr"),
  {
    kind: "failed",
    path: "products/HALO/broken.zarr",
    cid,
    reader: "zarr",
    failure: { kind: "input", message: "bad" },
  },
  dataset("products/Meteor/ctd.zarr", crossing),
  dataset("products/Meteor/log.zarr", nothing),
];

const filesIn = (...content: Parameters<typeof stacFiles>) => byPath(stacFiles(...content));
const files = filesIn(entries, facts);
const read = (path: string) => JSON.parse(files.get(path)!);
const links = (path: string, rel: string) =>
  read(path)
    .links.filter((link: { rel: string }) => link.rel === rel)
    .map(({ href }: { href: string }) => href);

it("has a catalog for every folder, and lies as the tree does", () => {
  expect([...files.keys()].sort()).toEqual([
    "stac/catalog.json",
    "stac/notes/catalog.json",
    "stac/overview.zarr.json",
    "stac/products/HALO/collection.json",
    "stac/products/HALO/deep/catalog.json",
    "stac/products/HALO/deep/er/catalog.json",
    "stac/products/HALO/deep/er/lidar.zarr.json",
    "stac/products/HALO/radar.zarr.json",
    "stac/products/Meteor/collection.json",
    "stac/products/Meteor/ctd.zarr.json",
    "stac/products/Meteor/log.zarr.json",
    "stac/products/catalog.json",
  ]);
});

it("links down, up and to the root by relative paths", () => {
  expect(links("stac/catalog.json", "child")).toEqual(["./notes/catalog.json", "./products/catalog.json"]);
  expect(links("stac/catalog.json", "item")).toEqual(["./overview.zarr.json"]);
  expect(links("stac/products/HALO/collection.json", "parent")).toEqual(["../catalog.json"]);
  const deep = "stac/products/HALO/deep/er/lidar.zarr.json";
  expect(links(deep, "root")).toEqual(["../../../../catalog.json"]);
  expect(links(deep, "parent")).toEqual(["./catalog.json"]);
  expect(links(deep, "collection")).toEqual(["../../collection.json"]);
});

it("puts a dataset above the collection depth into a plain catalog", () => {
  expect(read("stac/overview.zarr.json")).not.toHaveProperty("collection");
  expect(read("stac/products/HALO/radar.zarr.json").collection).toBe("orcestra--products--HALO");
});

it("lets a collection say together what its datasets say one by one", () => {
  expect(read("stac/products/HALO/collection.json")).toMatchObject({
    type: "Collection",
    id: "orcestra--products--HALO",
    title: "HALO",
    description: "The folder products/HALO of ORCESTRA: 2 datasets.",
    license: "other",
    extent: {
      spatial: { bbox: [[-30, 5, -24, 16.7]] },
      temporal: { interval: [["2024-08-11T10:00:00Z", "2024-08-11T18:30:00.5Z"]] },
    },
    keywords: ["BOWTIE", "HALO", "PERCUSION", "atmosphere", "dropsonde"],
    providers: [
      { name: "MPI-M" },
      { name: "Max Planck Institute for Meteorology, Hamburg", roles: ["producer"] },
      { name: "DLR", roles: ["producer"] },
    ],
    summaries: { platform: ["HALO"], instruments: ["Vaisala RD41"], "processing:level": ["L2"] },
  });
  expect(links("stac/products/HALO/collection.json", "license")).toEqual([
    "https://spdx.org/licenses/CC-BY-4.0.html",
    "https://spdx.org/licenses/MIT.html",
  ]);
});

it("keeps a dataset of unknown time and place out of its collection's extent", () => {
  expect(read("stac/products/Meteor/collection.json").extent).toEqual({
    spatial: { bbox: [[170, -5, -175, 0]] },
    temporal: { interval: [["2024-08-10T00:00:00Z", "2024-08-10T12:00:00Z"]] },
  });
});

it("leaves a side open that is open", () => {
  const open = {
    ...dropsondes,
    time: { start: "2024-08-10T00:00:00Z", end: "9999-12-31T23:59:59Z", source: "sidecar" },
  } as const;
  const made = filesIn([dataset("a/b/c", open)], facts);
  expect(JSON.parse(made.get("stac/a/b/collection.json")!).extent.temporal.interval).toEqual([
    ["2024-08-10T00:00:00Z", null],
  ]);
  expect(lintStac(made)).toEqual([]);
});

it("says nothing of an empty tree but that it is there", () => {
  const empty = filesIn([], facts);
  expect([...empty.keys()]).toEqual(["stac/catalog.json"]);
  expect(lintStac(empty)).toEqual([]);
});

it("is the same for entries in any order", () => {
  const sorted = (made: ReadonlyMap<string, string>) => [...made].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sorted(filesIn(entries.toReversed(), facts))).toEqual(sorted(files));
});

it("keeps our own rules", () => {
  expect(lintStac(files)).toEqual([]);
});

const anyTree = fc
  .array(fc.tuple(anyPath, anyDescription), { maxLength: 12 })
  .map((drawn) => new Map(drawn))
  // A dataset is not a folder of other datasets: what is found is not searched further.
  .map((drawn) => [...drawn].filter(([path]) => ![...drawn.keys()].some((other) => other.startsWith(`${path}/`))));

/** Paths of objects without members, which no column of a Parquet file can have. */
function emptyObjectsIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  const members = Object.entries(value);
  if (members.length === 0) return Array.isArray(value) ? [] : [path];
  return members.flatMap(([name, each]) => emptyObjectsIn(each, `${path}/${name}`));
}

it("keeps our own rules, and one file a dataset, whatever the tree", () => {
  fc.assert(
    fc.property(anyTree, fc.integer({ min: 1, max: 4 }), (tree, collectionDepth) => {
      const made = filesIn(
        tree.map(([path, description]) => dataset(path, description)),
        { ...facts, collectionDepth },
      );
      expect(lintStac(made)).toEqual([]);
      const items = [...made.values()].filter((text) => JSON.parse(text).type === "Feature");
      expect(items).toHaveLength(tree.length);
      for (const text of made.values()) expect(emptyObjectsIn(JSON.parse(text))).toEqual([]);
      for (const file of made.keys()) expect(file).toMatch(/^stac(?:\/[\w.~-]+)+\.json$/);
    }),
    { numRuns: 100 },
  );
});

const schemas = data("stac-schemas");

describe.skipIf(!schemas)("by the published schemas", () => {
  it("is valid, whatever the tree", { timeout: 60_000 }, async () => {
    const seed = Date.now() & 0x7fffffff;
    const trees = fc.sample(anyTree, { numRuns: 20, seed });
    const all = [
      files,
      ...trees.map((tree) =>
        filesIn(
          tree.map(([path, description]) => dataset(path, description)),
          facts,
        ),
      ),
    ];
    const documents = all.flatMap((made) => [...made.values()].map((text) => JSON.parse(text)));
    expect(await schemaErrors(documents, schemas!), `seed ${seed}`).toEqual([]);
  });
});

const walk = `
import pystac, sys, json
catalog = pystac.Catalog.from_file(sys.argv[1])
items = list(catalog.get_items(recursive=True))
for item in items:
    assert item.get_root() is catalog
    assert item.get_parent() is not None
    assert (item.get_collection().id if item.collection_id else None) == item.collection_id
collections = list(catalog.get_all_collections())
for thing in [catalog, *collections, *items]:
    for link in thing.links:
        if link.is_hierarchical(): link.resolve_stac_object(catalog)
print(json.dumps({
    "items": sorted(i.id for i in items),
    "collections": sorted(c.id for c in collections),
    "folders": sum(1 for _ in catalog.walk()),
    "cube": sorted(items[0].ext.cube.variables) if items[0].ext.has("cube") else None,
}))
`;

const client = await python();

describe.skipIf(!client)("by pystac", () => {
  it("is walked from the root to every item and back", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "fieldtree-stac-"));
    try {
      for (const [path, text] of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      expect(JSON.parse(await runPython(walk, [join(folder, "stac/catalog.json")]))).toEqual({
        items: [
          "overview.zarr",
          "products--HALO--deep--er--lidar.zarr",
          "products--HALO--radar.zarr",
          "products--Meteor--ctd.zarr",
          "products--Meteor--log.zarr",
        ],
        collections: ["orcestra--products--HALO", "orcestra--products--Meteor"],
        folders: 7,
        cube: ["lat", "ta"],
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
