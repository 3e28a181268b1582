import { describe, expect, it } from "vitest";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { assemble } from "../../pipeline/dag/assemble.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { intake } from "../../pipeline/views/intake.ts";
import { described, facts } from "../fakes/descriptions.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aChain } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";

type Changes = Parameters<typeof aChain>[0];

/** The view's files, where the datasets at `paths` are in the newest of the releases. */
function rendered(paths: readonly string[], changes: Changes = [[]]): ReadonlyMap<string, string> {
  const chain = aChain(changes);
  const before = statesAfter(intake, chain.slice(0, -1));
  const entries = paths.map((path) => {
    const { cid, reader } = described(path);
    return { kind: "dataset", path, cid, reader, ...itemOf(described(path), facts) };
  });
  const content = { draft: chain.at(-1)!.release, entries, campaign: facts };
  return byPath(filesOf(intake, before, content as never)) as ReadonlyMap<string, string>;
}

const read = (files: ReadonlyMap<string, string>, path: string) => JSON.parse(files.get(path)!);
const namesIn = (files: ReadonlyMap<string, string>, path: string) => Object.keys(read(files, path).sources).sort();

describe("the intake catalog", () => {
  it("has a file for each folder of the tree, and an entry for each dataset, by CID", () => {
    const files = rendered(["products/HALO/radar.zarr", "products/HALO/sondes.zarr", "raw/track.zarr"]);
    expect([...files.keys()].sort()).toEqual([
      "cids.json",
      "intake/catalog.v2.yml",
      "intake/catalog.yml",
      "intake/products/HALO/catalog.yml",
      "intake/products/catalog.yml",
      "intake/raw/catalog.yml",
    ]);
    expect(read(files, "intake/catalog.yml").sources.products).toMatchObject({
      driver: "yaml_file_cat",
      args: { path: "{{CATALOG_DIR}}/products/catalog.yml" },
    });
    const { cid } = described("products/HALO/radar.zarr");
    expect(read(files, "intake/products/HALO/catalog.yml").sources.radar).toMatchObject({
      driver: "zarr",
      args: { urlpath: `ipfs://${cid}` },
      metadata: { cid, path: "products/HALO/radar.zarr" },
    });
  });

  it("is the same of a merge at whichever site it is made, as the n-th release there", () => {
    const [, , draft] = aChain([[], [], []]);
    const sides = [{ portal: draft!.release.portal, changes: [] }];
    const renderedAs = (number: number) => {
      const content = { draft: { ...draft!.release, number }, sides, entries: [], campaign: facts };
      return byPath(intake.render({ moves: {} }, content as never)).get("intake/catalog.yml");
    };
    expect(renderedAs(3)).toBe(renderedAs(9));
  });

  it("leaves out the extension, except where another dataset or a folder has the name without it", () => {
    const files = rendered(["a/x.zarr", "a/y.zarr", "a/y.nc", "a/z.zarr", "a/z/w.zarr"]);
    expect(namesIn(files, "intake/a/catalog.yml")).toEqual(["x", "y.nc", "y.zarr", "z", "z.zarr"]);
  });

  it("contains nothing that a template could expand: no attribute, and no brace or percent sign of a path", () => {
    const files = rendered(["{{env(HOME)}}/{% raw %}.zarr", "2020/on.zarr"]);
    for (const [path, text] of files) {
      expect(text.replaceAll("{{CATALOG_DIR}}", "")).not.toMatch(/\{\{|\{%|env\(HOME\)\}|Dropsondes/);
      expect(path).not.toMatch(/[{}%]/);
    }
    expect(namesIn(files, "intake/catalog.yml")).toEqual(["%7B%7Benv(HOME)%7D%7D", "2020"]);
  });

  it("keeps a dataset under the paths that it had before its leaf was moved, until they are used again", () => {
    const moves: Changes = [
      [{ op: "add", path: "a/old.zarr", to: "A" }],
      [{ op: "move", path: "a/new.zarr", from: "a/old.zarr", to: "A" }],
      [{ op: "move", path: "b/newest.zarr", from: "a/new.zarr", to: "A" }],
    ];
    const { cid } = described("b/newest.zarr");
    const moved = rendered(["b/newest.zarr"], moves);
    expect(read(moved, "intake/a/catalog.yml").sources).toMatchObject({
      old: { metadata: { cid, path: "a/old.zarr" } },
      new: { metadata: { cid } },
    });
    const reused = rendered(["a/old.zarr", "b/newest.zarr"], [...moves, [{ op: "add", path: "a/old.zarr", to: "B" }]]);
    expect(read(reused, "intake/a/catalog.yml").sources.old.metadata.cid).toBe(described("a/old.zarr").cid);
    expect(namesIn(reused, "intake/a/catalog.yml")).toEqual(["new", "old"]);
  });

  it("finds the datasets below a leaf that was moved", () => {
    const files = rendered(
      ["new/deep/x.zarr"],
      [[{ op: "add", path: "old", to: "A" }], [{ op: "move", path: "new", from: "old", to: "A" }]],
    );
    expect(namesIn(files, "intake/old/deep/catalog.yml")).toEqual(["x"]);
  });

  it("has an entry for each file of a folder of like files, and none for what xarray does not open", () => {
    const item = (reader: string, more: object) => ({ assets: {}, properties: more, reader });
    const members = [
      { path: "s1.nc", cid: "S1" },
      { path: "s2.nc", cid: "S2" },
    ];
    const entries = [
      {
        kind: "dataset",
        path: "flight",
        cid: "F",
        reader: "netcdf",
        item: item("netcdf", { "fieldtree:members": members }),
      },
      { kind: "dataset", path: "photos", cid: "P", reader: "dataset-meta", item: item("dataset-meta", {}) },
      { kind: "plain", path: "readme", cid: "R" },
    ];
    const content = { draft: aChain([[]])[0]!.release, entries, campaign: facts };
    const files = byPath(intake.render({ moves: {} }, content as never)) as ReadonlyMap<string, string>;
    expect(namesIn(files, "intake/catalog.yml")).toEqual(["flight"]);
    expect(read(files, "intake/flight/catalog.yml").sources).toMatchObject({
      s1: { driver: "netcdf", args: { urlpath: "ipfs://S1" } },
      s2: { driver: "netcdf", args: { urlpath: "ipfs://S2" } },
    });
  });

  it("has the CID of its folder in cids.json", () => {
    const files = rendered(["a/x.zarr", "b/y.zarr"]);
    const profile = profiles["cid-v1"];
    const leaves = [...files]
      .filter(([path]) => path.startsWith("intake/"))
      .map(([path, text]) => {
        const { cid, tsize } = fileOf(new TextEncoder().encode(text), profile, () => {});
        return { path: path.slice("intake/".length), cid, tsize };
      });
    const { cid } = assemble(leaves, profile, () => {});
    expect(read(files, "cids.json")).toEqual({ intake: { latest: `${cid}`, "release-1": `${cid}` } });
  });
});
