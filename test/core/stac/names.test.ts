import { expect, it } from "vitest";
import { folderFile, idOf, itemFile, relative } from "../../../pipeline/core/stac/names.ts";

it.each([
  ["products/HALO/radar.zarr", "products--HALO--radar.zarr"],
  ["a-b/c_d.e", "a-b--c_d.e"],
  ["Höhe", "H~c3~b6he"],
  ["a b", "a~20b"],
  ["~20", "~7e20"],
  ["a--b", "a-~2db"],
  ["-/-", "~2d--~2d"],
])("makes of the path %s the id %s", (path, id) => {
  expect(idOf(path)).toBe(id);
});

it("keeps paths apart that look alike", () => {
  const paths = ["a/b", "a--b", "a-/b", "a/-b", "a---b", "a----b", "a/-/b", "a-/-b", "a~2db", "a -b", "A/b"];
  expect(new Set(paths.map(idOf)).size).toBe(paths.length);
});

it("lets no folder, catalog and item have one file", () => {
  // A dataset beside a folder of nearly its name, and datasets with the names of our own files.
  const items = ["a", "catalog", "collection", "catalog.json", "a.json", "~63atalog"].map(itemFile);
  const folders = ["", "a.json", "catalog.json", "b"].map((path) => folderFile(path, "catalog.json"));
  const files = [...items, ...folders];
  expect(new Set(files).size).toBe(files.length);
  for (const file of files) expect(files.filter((other) => other.startsWith(`${file}/`))).toEqual([]);
});

it("leads from file to file", () => {
  expect(relative("stac/a/x.json", "stac/catalog.json")).toBe("../catalog.json");
  expect(relative("stac/catalog.json", "stac/a/b/x.json")).toBe("./a/b/x.json");
  expect(relative("stac/a/x.json", "stac/b/y.json")).toBe("../b/y.json");
});
