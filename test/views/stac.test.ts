import { describe, expect, it } from "vitest";
import type { DatasetEntry } from "../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { stac } from "../../pipeline/views/stac.ts";
import type { Content } from "../../pipeline/views/view.ts";
import { lintStac } from "../core/stac/lint.ts";
import { described, facts } from "../fakes/descriptions.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aCid, aRelease } from "../fakes/release.ts";

const standing = (of: string) => ({ cid: aCid(of), tsize: 100 });
const dataset = (path: string): DatasetEntry => {
  const { cid, reader } = described(path);
  return { kind: "dataset", path, cid, reader, ...itemOf(described(path), facts) };
};

const content: Content = {
  draft: aRelease(3),
  tree: standing("tree"),
  source: standing("tree.yaml"),
  entries: [dataset("products/HALO/radar.zarr"), dataset("products/HALO/sondes.zarr")],
  campaign: facts,
};

describe("stac/", () => {
  it("holds the newest release's datasets, each in one item", () => {
    const files = byPath(stac.render(null, content)) as ReadonlyMap<string, string>;
    expect([...files.keys()].sort()).toEqual([
      "stac/catalog.json",
      "stac/products/HALO/collection.json",
      "stac/products/HALO/radar.zarr.json",
      "stac/products/HALO/sondes.zarr.json",
      "stac/products/catalog.json",
    ]);
    expect(lintStac(files)).toEqual([]);
  });

  it("depends on what is in the release, not on its number or its time", () => {
    const later: Content = { ...content, draft: aRelease(9, { made: "2030-01-01T00:00:00Z" }) };
    expect([...stac.render(null, later)]).toEqual([...stac.render(null, content)]);
  });
});
