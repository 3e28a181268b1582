import { expect, it } from "vitest";
import { stacFiles } from "../../../pipeline/core/stac/catalog.ts";
import type { DatasetEntry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { type Item, itemOf } from "../../../pipeline/core/stac/item.ts";
import { cid, described, dropsondes, facts } from "../../fakes/descriptions.ts";
import { byPath } from "../../fakes/portal-files.ts";
import { lintItem, lintStac } from "./lint.ts";

const { item } = itemOf(described("products/HALO/sondes.zarr"), facts);
const rules = (changed: Partial<Item>) => lintItem({ ...item, ...changed }).map(({ rule }) => rule);
const withProperties = (changed: Item["properties"]) => rules({ properties: { ...item.properties, ...changed } });

it("has nothing against a good item", () => {
  expect(lintItem(item)).toEqual([]);
});

// What the reference's scanner did to every track, and JSON Schema did not notice.
it("notices a bbox with its corners swapped", () => {
  expect(rules({ bbox: [-24, 16.7, -30, 5] })).toEqual(["stac-bbox"]);
  expect(rules({ bbox: [-24, 5, -30, 16.7] })).toEqual(["stac-bbox-order"]);
  expect(rules({ bbox: [5, -30, 16.7, -24] })).toEqual(["stac-bbox-geometry"]);
});

it("lets a bbox cross the antimeridian where the geometry does", () => {
  const geometry = {
    type: "MultiPoint",
    coordinates: [
      [170, 0],
      [-170, 1],
    ],
  } as const;
  expect(rules({ bbox: [170, 0, -170, 1], geometry })).toEqual([]);
  expect(rules({ bbox: [-170, 0, 170, 1], geometry })).toEqual([]);
});

it("notices a geometry outside of its bbox, or without one", () => {
  expect(rules({ bbox: [-30, 5, -25, 16.7] })).toEqual(["stac-bbox-geometry"]);
  expect(rules({ geometry: null })).toEqual(["stac-bbox"]);
});

it.each([
  ["nanoseconds", { start_datetime: "2024-08-11T10:00:00.123456789Z" }, "stac-time"],
  ["a day that isn't there", { end_datetime: "2024-08-32T10:00:00Z" }, "stac-time"],
  ["an end before the start", { end_datetime: "2024-08-11T09:59:59.999Z" }, "stac-time-order"],
  ["an empty title", { title: " " }, "stac-title"],
  ["an empty keyword", { keywords: ["a", ""] }, "stac-keywords"],
  ["a keyword twice", { keywords: ["a", "a"] }, "stac-keywords"],
  ["a dimension that isn't there", { "cube:variables": { a: { dimensions: ["nope"] } } }, "stac-cube-dimension"],
  ["a name that is both", { "cube:variables": { alt: { dimensions: ["alt"] } } }, "stac-cube-names"],
  ["a range that isn't one", { "cube:dimensions": { ...dimensions(), alt: { extent: [9, 1] } } }, "stac-cube-extent"],
])("notices %s", (_, changed, rule) => {
  expect(withProperties(changed as Item["properties"])).toEqual([rule]);
});

function dimensions() {
  return item.properties["cube:dimensions"] as object;
}

it("notices an unregistered media type", () => {
  expect(rules({ assets: { data: { href: "ipfs://x", type: "application/vnd+zarr" } } })).toEqual(["stac-media-type"]);
});

const entries: DatasetEntry[] = ["products/HALO/a.zarr", "products/HALO/b.zarr"].map((path) => ({
  kind: "dataset",
  path,
  cid,
  reader: "zarr",
  findings: [],
  item: itemOf(described(path, dropsondes), facts).item,
}));
const files = byPath(stacFiles(entries, facts));
const a = "stac/products/HALO/a.zarr.json";
const collection = "stac/products/HALO/collection.json";

/** What is said after the text of one file was changed. */
function after(path: string, change: (text: string) => string): string[] {
  const changed = change(files.get(path)!);
  expect(changed, "the test must change something").not.toBe(files.get(path));
  return lintStac(new Map([...files, [path, changed]])).map(({ rule }) => rule);
}

it("has nothing against a good catalog", () => {
  expect(lintStac(files)).toEqual([]);
});

it.each([
  ["a link to nothing", collection, "./a.zarr.json", "./c.zarr.json", "stac-dangling-link"],
  ["a link out of the portal", collection, "../../catalog.json", "../../../../catalog.json", "stac-dangling-link"],
  ["a self link", a, '"rel":"parent"', '"rel":"self"', "stac-self-link"],
  ["a missing root", a, '"rel":"root"', '"rel":"via"', "stac-missing-link"],
  [
    "a child that names another parent",
    a,
    '"./collection.json","rel":"parent"',
    '"../catalog.json","rel":"parent"',
    "stac-one-way-link",
  ],
  ["an id that another item has", a, "products--HALO--a.zarr", "products--HALO--b.zarr", "stac-shared-id"],
  ["a collection that isn't the linked one", a, '"collection":"orcestra', '"collection":"other', "stac-collection"],
  ["a bbox its items don't have", collection, "[[-30,5,-24,16.7]]", "[[-31,5,-24,16.7]]", "stac-collection-bbox"],
  ["an interval its items don't have", collection, "18:30:00.5Z", "19:30:00.5Z", "stac-collection-interval"],
])("notices %s", (_, path, from, to, rule) => {
  expect(after(path, (text) => text.replace(from, to))).toContain(rule);
});
