/** Catalogs of very many datasets: bounded documents, walked by STAC's own clients. */
import { mkdtempSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { stacFiles } from "../../../pipeline/core/stac/catalog.ts";
import type { DatasetEntry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { mostLinks, type Page, pagesOf } from "../../../pipeline/core/stac/pages.ts";
import { data } from "../../data.ts";
import { described, dropsondes, facts } from "../../fakes/descriptions.ts";
import { byPath } from "../../fakes/portal-files.ts";
import { pythonWith, runPython } from "../../servers/python.ts";
import { lintStac } from "./lint.ts";
import { schemaErrors } from "./valid.ts";

interface Named {
  readonly name: string;
}
type Listed = readonly Named[] | readonly Page<Named>[];

const named = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `s${String(i).padStart(6, "0")}` }));
const isPage = (each: Named | Page<Named>): each is Page<Named> => "level" in each;
const pagesIn = (listed: Listed): Page<Named>[] =>
  [...listed].flatMap((each) => (isPage(each) ? [each, ...pagesIn(each.entries)] : []));
const namesIn = (listed: Listed): string[] =>
  [...listed].flatMap((each) => (isPage(each) ? namesIn(each.entries) : [each.name]));

describe("pages", () => {
  it.each([0, 1, mostLinks, mostLinks + 1, 5000, 100_000])(
    "list %i entries in order, each document a bounded number",
    (n) => {
      const listed = pagesOf(named(n));
      expect(namesIn(listed)).toEqual(named(n).map(({ name }) => name));
      const lengths = [listed.length, ...pagesIn(listed).map(({ entries }) => entries.length)];
      expect(Math.max(...lengths)).toBeLessThanOrEqual(mostLinks);
    },
  );

  it("stay as they are but for a few, when an entry is added or removed anywhere", () => {
    const all = named(5000);
    const pages = (entries: readonly Named[]) => pagesIn(pagesOf(entries)).map((page) => JSON.stringify(page));
    const before = new Set(pages(all));
    for (const at of [0, 1, 1234, 2500, 4999]) {
      const changed = pages(all.toSpliced(at, 1)).filter((page) => !before.has(page));
      expect(changed.length).toBeLessThanOrEqual(3);
    }
  });
});

const dataset = (path: string): DatasetEntry => {
  const { item, findings } = itemOf(described(path, dropsondes), facts);
  return { kind: "dataset", path, cid: item.properties.version as string, reader: "zarr", item, findings };
};
/** 1 200 in nested folders: 700 in one, 400 folders of one each, and 100 further down. */
const paths = [
  ...named(700).map(({ name }) => `products/HALO/${name}.zarr`),
  ...named(400).map(({ name }) => `products/${name}/only.zarr`),
  ...named(100).map(({ name }) => `raw/deep/er/${name}`),
];

describe("a catalog of 1 200 datasets", () => {
  const files = byPath(stacFiles(paths.map(dataset), facts));

  it("keeps the rules, and has at most 500 links in each document", () => {
    expect(lintStac(files)).toEqual([]);
    const links = [...files.values()].map((text) => JSON.parse(text).links.length);
    expect(Math.max(...links)).toBeLessThanOrEqual(500);
    expect([...files.keys()].filter((file) => file.includes("~page")).length).toBeGreaterThan(4);
  });

  const schemas = data("stac-schemas");
  it.skipIf(!schemas)("is valid by the published schemas", { timeout: 60_000 }, async () => {
    expect(
      await schemaErrors(
        [...files.values()].map((text) => JSON.parse(text)),
        schemas!,
      ),
    ).toEqual([]);
  });

  const walk = `
import json, sys, pystac, pystac_client
catalog = pystac.Catalog.from_file(sys.argv[1])
items = list(catalog.get_items(recursive=True))
for item in items: assert item.get_root() is catalog and item.get_parent() is not None
client = pystac_client.Client.open(sys.argv[1])
print(json.dumps([len({i.id for i in items}), len({i.id for i in client.get_items(recursive=True)}),
    sorted(c.id for c in client.get_all_collections())[:2], items[0].get_collection().id]))
`;
  const catalogs = pythonWith("catalogs");
  it("is walked by pystac and pystac-client, to every item once", { timeout: 120_000 }, async ({ skip }) => {
    const env = await catalogs;
    if (!env) return skip();
    const folder = mkdtempSync(join(tmpdir(), "fieldtree-pages-"));
    try {
      for (const [path, text] of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      expect(JSON.parse(await runPython(walk, [join(folder, "stac/catalog.json")], env))).toEqual([
        1200,
        1200,
        ["orcestra--products--HALO", "orcestra--products--s000000"],
        expect.stringMatching(/^orcestra--/),
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
