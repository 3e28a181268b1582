import { describe, expect, it } from "vitest";
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import type { DatasetEntry } from "../../pipeline/core/stac/catalog-entry.ts";
import { itemOf, type StacLink } from "../../pipeline/core/stac/item.ts";
import { noVersions } from "../../pipeline/core/versions/versions.ts";
import type { Release } from "../../pipeline/log/release.ts";
import { stac } from "../../pipeline/views/stac.ts";
import type { Content } from "../../pipeline/views/view.ts";
import { lintStac } from "../core/stac/lint.ts";
import { schemaErrors } from "../core/stac/valid.ts";
import { data } from "../data.ts";
import { described, facts } from "../fakes/descriptions.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aChain, aCid, aRelease } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";

const standing = (of: string) => ({ cid: aCid(of), tsize: 100 });
const dataset = (path: string): DatasetEntry => {
  const { cid, reader } = described(path);
  return { kind: "dataset", path, cid, reader, ...itemOf(described(path), facts) };
};

const schemas = data("stac-schemas");

const content: Content = {
  draft: aRelease(3),
  tree: standing("tree"),
  source: standing("tree.yaml"),
  entries: [dataset("products/HALO/radar.zarr"), dataset("products/HALO/sondes.zarr")],
  campaign: facts,
};

describe("stac/", () => {
  it("holds the newest release's datasets, each in one item", () => {
    const files = byPath(stac.render({ versions: noVersions }, content)) as ReadonlyMap<string, string>;
    expect([...files.keys()].sort()).toEqual([
      "stac/catalog.json",
      "stac/items.parquet",
      "stac/products/HALO/collection.json",
      "stac/products/HALO/radar.zarr.json",
      "stac/products/HALO/sondes.zarr.json",
      "stac/products/catalog.json",
    ]);
    expect(lintStac(files)).toEqual([]);
  });

  it("depends on what is in the release, not on its number or its time", () => {
    const later: Content = { ...content, draft: aRelease(9, { made: "2030-01-01T00:00:00Z" }) };
    expect([...stac.render({ versions: noVersions }, later)]).toEqual([
      ...stac.render({ versions: noVersions }, content),
    ]);
  });
});

describe("versions in stac/", () => {
  const [radar, sondes] = ["products/HALO/radar.zarr", "products/HALO/sondes.zarr"];
  const changes: readonly Release["changes"][] = [
    [
      { op: "add", path: "products/HALO/gone.zarr", to: "G" },
      { op: "add", path: "products/HALO/old.zarr", to: "S" },
      { op: "add", path: radar, to: "A" },
      { op: "add", path: "raw/gone.nc", to: "N" },
    ],
    [
      { op: "remove", path: "products/HALO/gone.zarr", from: "G" },
      { op: "update", path: radar, from: "A", to: "B" },
      { op: "remove", path: "raw/gone.nc", from: "N" },
    ],
    [{ op: "move", path: sondes, from: "products/HALO/old.zarr", to: "S" }],
  ];
  const chain = aChain(changes);
  const rendered = (facts: Facts) => {
    const before = statesAfter(stac, chain.slice(0, -1));
    const now = { ...content, draft: chain.at(-1)!.release, campaign: facts };
    return byPath(filesOf(stac, before, now)) as ReadonlyMap<string, string>;
  };
  const files = rendered({ ...facts, domain: "orcestra.example" });
  const read = (path: string) => JSON.parse(files.get(path)!);
  const links = (path: string) => Object.fromEntries(read(path).links.map(({ rel, href }: StacLink) => [rel, href]));

  it("link an updated dataset to its predecessor, in the last portal that has it, and to the latest", () => {
    expect(links("stac/products/HALO/radar.zarr.json")).toMatchObject({
      "predecessor-version": `ipfs://${aCid("portal 1")}/stac/products/HALO/radar.zarr.json`,
      "latest-version": "ipns://orcestra.example/stac/products/HALO/radar.zarr.json",
    });
    expect(read("stac/products/HALO/radar.zarr.json").assets.versions.href).toBe(
      "../../../versions/products/HALO/radar.zarr.json",
    );
    expect(links("stac/products/HALO/sondes.zarr.json")).not.toHaveProperty("predecessor-version");
  });

  it("of a dataset inside of a leaf are those of the leaf, whose list names no item that is not there", () => {
    const before = statesAfter(stac, chain.slice(0, -1));
    const now = { ...content, draft: chain.at(-1)!.release, entries: [dataset(`${radar}/part`)] };
    const inside = byPath(filesOf(stac, before, now)) as ReadonlyMap<string, string>;
    const { versions } = JSON.parse(inside.get(`stac/${radar}/part.json`)!).assets;
    expect(versions).toMatchObject({
      href: "../../../../versions/products/HALO/radar.zarr.json",
      title: `versions of ${radar}, in which this dataset is`,
    });
    const [newest, older] = JSON.parse(inside.get(`versions/${radar}.json`)!).versions;
    expect(newest).not.toHaveProperty("item");
    expect(older.item).toMatch(/^ipfs:/);
  });

  it("leave a deprecated item where a dataset was removed or moved away, which no catalog lists", () => {
    const gone = read("stac/products/HALO/gone.zarr.json");
    expect(gone.properties).toMatchObject({
      deprecated: true,
      version: "G",
      "fieldtree:path": "products/HALO/gone.zarr",
    });
    expect(links("stac/products/HALO/gone.zarr.json")).toMatchObject({
      parent: "./collection.json",
      "predecessor-version": `ipfs://${aCid("portal 1")}/stac/products/HALO/gone.zarr.json`,
    });
    expect(links("stac/raw/gone.nc.json").parent).toBe("../catalog.json");
    expect(links("stac/products/HALO/old.zarr.json")).toMatchObject({
      "successor-version": "./sondes.zarr.json",
      "latest-version": "ipns://orcestra.example/stac/products/HALO/sondes.zarr.json",
      "predecessor-version": `ipfs://${aCid("portal 2")}/stac/products/HALO/old.zarr.json`,
    });
    const listed = read("stac/products/HALO/collection.json").links.filter(({ rel }: StacLink) => rel === "item");
    expect(listed.map(({ href }: StacLink) => href)).toEqual(["./radar.zarr.json", "./sondes.zarr.json"]);
  });

  it("list every version that a dataset had, with the item of each", () => {
    expect(read("versions/products/HALO/radar.zarr.json")).toEqual({
      path: radar,
      versions: [
        {
          ...{ release: 2, made: "2024-08-02T12:00:00Z", op: "updated", path: radar, cid: "B" },
          item: "stac/products/HALO/radar.zarr.json",
        },
        {
          ...{ release: 1, made: "2024-08-01T12:00:00Z", op: "added", path: radar, cid: "A" },
          item: `ipfs://${aCid("portal 1")}/stac/products/HALO/radar.zarr.json`,
        },
      ],
    });
    expect(read("versions/products/HALO/old.zarr.json")).toEqual({ path: "products/HALO/old.zarr", movedTo: sondes });
    expect(files.has("versions/products/HALO/gone.zarr.json")).toBe(true);
  });

  it("keep the rules of STAC and ours", async () => {
    expect(lintStac(files)).toEqual([]);
    const documents = [...files].filter(([path]) => /^stac\/.*\.json$/.test(path)).map(([, text]) => JSON.parse(text));
    if (schemas) expect(await schemaErrors(documents, schemas)).toEqual([]);
  });

  it("change no item but those of what changed", () => {
    const later = { ...content, draft: aRelease(4), campaign: { ...facts, domain: "orcestra.example" } };
    const before = statesAfter(stac, chain);
    expect(byPath(filesOf(stac, before, later))).toEqual(files);
  });
});
