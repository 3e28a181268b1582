/** The table of all items, read by the clients that it is for. */
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { collectionOf } from "../../../pipeline/core/stac/catalog.ts";
import type { DatasetEntry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { itemsParquet } from "../../../pipeline/core/stac/geoparquet.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { data } from "../../data.ts";
import { anyDescription, described, dropsondes, facts, nothing } from "../../fakes/descriptions.ts";
import { pythonWith, runPython } from "../../servers/python.ts";
import { schemaErrors } from "./valid.ts";

const dataset = (path: string, description = dropsondes): DatasetEntry => {
  const { item, findings } = itemOf(described(path, description), facts);
  return { kind: "dataset", path, cid: item.properties.version as string, reader: "zarr", item, findings };
};
const table = (datasets: readonly DatasetEntry[]) => itemsParquet(datasets, facts);
const south = {
  ...dropsondes,
  time: { start: "2020-01-01T00:00:00.123456Z", end: "2020-01-01T00:00:00.123456Z", source: "values" },
  place: {
    bounds: { west: 10, south: -60, east: 20, north: -50 },
    geometry: {
      type: "LineString",
      coordinates: [
        [10, -60],
        [20, -50],
      ],
    },
    source: "values",
  },
} as const;
const all = [
  dataset("products/HALO/sondes.zarr"),
  dataset("products/Meteor/südlich.zarr", south),
  dataset("top", nothing),
];

describe("items.parquet", () => {
  it("has the same bytes for the same items", () => {
    expect(Buffer.compare(table(all), table(structuredClone(all)))).toBe(0);
  });

  it("has a row for each item, whatever it is, over several row groups too", async () => {
    const many = fc
      .sample(anyDescription, { numRuns: 50, seed: 1 })
      .map((description, i) => dataset(`a/b/${i}`, description));
    const rows = Array.from({ length: 5200 }, (_, i) => many[i % many.length]!);
    const bytes = table(rows);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const read = await parquetReadObjects({ file, columns: ["id", "title"] });
    expect(read.map(({ id, title }) => [id, title])).toEqual(
      rows.map(({ item }) => [item.id, (item.properties.title as string).toWellFormed()]),
    );
  });
});

const read = `
import json, sys, warnings; warnings.simplefilter("ignore")
import duckdb, geopandas, pyarrow.compute as pc, pyarrow.parquet as pq, pystac, stac_geoparquet.arrow as sga
f = sys.argv[1]
# stac-geoparquet 0.8 turns no item without a place into JSON, neither what it wrote itself.
items = list(sga.stac_table_to_items(pq.read_table(f, filters=pc.field("geometry").is_valid())))
for item in items: pystac.Item.from_dict(item)
frame = geopandas.read_parquet(f)
print(json.dumps({
    "items": items,
    "rows": [len(frame), duckdb.sql(f"select count(*) from '{f}'").fetchall()[0][0]],
    "crs": frame.crs.to_epsg() or str(frame.crs),
    "geometries": [g and g.geom_type for g in frame.geometry],
    "south": list(geopandas.read_parquet(f, bbox=(5, -70, 15, -55)).id),
    "duckdb": duckdb.sql(f"select id from '{f}' where bbox.ymin < -20 and datetime < '2021-01-01'").fetchall(),
    "nested": duckdb.sql(f"select assets.data.href from '{f}' where list_contains(keywords, 'dropsonde') order by id limit 1").fetchall(),
}))
`;

const catalogs = await pythonWith("catalogs");

describe.skipIf(!catalogs)("by stac-geoparquet, geopandas and duckdb", () => {
  it("is read, filtered, and turned into the same items again", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "fieldtree-parquet-"));
    try {
      const file = join(folder, "items.parquet");
      await writeFile(file, table(all));
      const printed = (await runPython(read, [file], catalogs)).replaceAll(".000000Z", "Z");
      const { items, ...others } = JSON.parse(printed);
      expect(others).toEqual({
        rows: [3, 3],
        crs: expect.anything(),
        geometries: ["LineString", "LineString", null],
        south: ["products--Meteor--s~c3~bcdlich.zarr"],
        duckdb: [["products--Meteor--s~c3~bcdlich.zarr"]],
        nested: [[all[0]!.item.assets.data!.href]],
      });
      expect(items).toHaveLength(2);
      for (const [i, { item, path }] of all.slice(0, 2).entries()) {
        const again = items[i];
        expect(again).toMatchObject({ id: item.id, geometry: item.geometry, type: "Feature" });
        expect(again.bbox ?? undefined).toEqual(item.bbox);
        expect(again.collection ?? undefined).toEqual(collectionOf(path, facts)?.id);
        const { title, keywords, contacts, datetime, start_datetime } = item.properties;
        expect(withoutNulls(again.properties)).toMatchObject(
          withoutNulls({ title, keywords, contacts, datetime, start_datetime }) as object,
        );
        expect(withoutNulls(again.assets.data)).toEqual(item.assets.data);
      }
      const schemas = data("stac-schemas");
      if (schemas) expect(await schemaErrors(items.map(itemWithoutNulls), schemas)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Absent values are nulls in a table; of an item, only a time may be. */
function itemWithoutNulls(item: { readonly properties: object }) {
  const { properties, ...others } = withoutNulls(item) as { readonly properties: object };
  return { ...others, properties: { datetime: null, ...properties } };
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const known = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(known.map(([name, each]) => [name, withoutNulls(each)]));
}
