/**
 * All items as one table: stac-geoparquet 1.1, for bounding boxes in geopandas and SQL in duckdb.
 *
 * Columns are the same for every campaign, with types that are written and never guessed: of two items that differ, a guess
 * fits one. So an item is here without what has names of its own in each dataset: `cube:*`, of which `fieldtree:variables`
 * has the names of variables, and assets other than `data`. Links are relative to the table. Of an item whose
 * bounding box crosses the antimeridian, `xmin` is greater than `xmax`, as in STAC.
 *
 * @see https://github.com/stac-utils/stac-geoparquet/blob/main/spec/stac-geoparquet-spec.md
 */
import { ByteWriter, geojsonToWkb, ParquetWriter } from "hyparquet-writer";
import type { Facts } from "../campaign/campaign.ts";
import { type Json, stableJson } from "../json.ts";
import { hostOf } from "./assets.ts";
import { collectionOf } from "./catalog.ts";
import type { DatasetEntry } from "./catalog-entry.ts";
import { extension } from "./item.ts";
import { folderFile, relative } from "./names.ts";

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

/** A type of a column, or of what is in one. */
type Type =
  | "string"
  | "double"
  | "integer"
  | "boolean"
  | "instant"
  | "bytes"
  | { readonly list: Type }
  | { readonly struct: Readonly<Record<string, Type>> };

type Cell = Json | bigint | Uint8Array | undefined | readonly Cell[] | { readonly [name: string]: Cell };

/** Rows of one row group: enough to compress well, few enough to be in memory several times. */
const rowsAtOnce = 2000;

/** Path of the table in the portal. */
export const tableFile = "stac/items.parquet";

/** The bytes of the table: the same for the same items. */
export function itemsParquet(datasets: readonly DatasetEntry[], facts: Facts): Uint8Array {
  const columns = columnsOf(facts);
  const names = Object.keys(columns);
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [
      { name: "root", num_children: names.length },
      ...names.flatMap((name) => elementsOf(name, columns[name]!)),
    ],
    kvMetadata: [
      { key: "geo", value: stableJson(geo).trim() },
      { key: "stac-geoparquet", value: stableJson({ version: "1.1.0" }).trim() },
    ],
    createdBy: "fieldtree",
  });
  for (let from = 0; from < datasets.length; from += rowsAtOnce) {
    const rows = datasets.slice(from, from + rowsAtOnce).map((each) => rowOf(each, facts));
    parquet.write({
      columnData: names.map((name) => ({
        name,
        data: rows.map((row) => cellOf(row[name], columns[name]!)),
        statistics: name !== "geometry",
      })),
      rowGroupSize: rowsAtOnce,
    });
  }
  parquet.finish();
  return writer.getBytes();
}

const corners = { xmin: "double", ymin: "double", xmax: "double", ymax: "double" } as const;

const geo = {
  version: "1.1.0",
  primary_column: "geometry",
  columns: {
    geometry: {
      encoding: "WKB",
      geometry_types: [],
      covering: { bbox: Object.fromEntries(Object.keys(corners).map((corner) => [corner, ["bbox", corner]])) },
    },
  },
};

function columnsOf({ gateways }: Facts): Readonly<Record<string, Type>> {
  const strings = { list: "string" } as const;
  const place = { href: "string", "alternate:name": "string" } as const;
  const hosts = [...new Set(gateways.map(hostOf))];
  return {
    type: "string",
    stac_version: "string",
    stac_extensions: strings,
    id: "string",
    geometry: "bytes",
    bbox: { struct: corners },
    links: { list: { struct: { rel: "string", href: "string", type: "string", title: "string" } } },
    assets: {
      struct: {
        data: {
          struct: {
            ...{ href: "string", type: "string", roles: strings, "file:size": "integer" },
            ...{ created: "string", updated: "string" },
            ...{ "zarr:consolidated": "boolean", "zarr:node_type": "string", "zarr:zarr_format": "integer" },
            "xarray:open_kwargs": {
              struct: { engine: "string", consolidated: "boolean", zarr_format: "integer", phony_dims: "string" },
            },
            ...(hosts.length > 0 && {
              "alternate:name": "string",
              alternate: { struct: Object.fromEntries(hosts.map((host) => [host, { struct: place }])) },
            }),
          },
        },
      },
    },
    collection: "string",
    ...{ title: "string", description: "string", version: "string" },
    ...{ datetime: "instant", start_datetime: "instant", end_datetime: "instant", published: "instant" },
    ...{ license: "string", keywords: strings, platform: "string", mission: "string", instruments: strings },
    providers: { list: { struct: { name: "string", roles: strings } } },
    contacts: {
      list: {
        struct: {
          ...{ name: "string", identifier: "string", organization: "string", roles: strings },
          emails: { list: { struct: { value: "string" } } },
        },
      },
    },
    ...{ "processing:level": "string", "processing:lineage": "string", "sci:doi": "string", "sci:citation": "string" },
    ...{ "fieldtree:path": "string", "fieldtree:reader": "string", "fieldtree:projects": strings },
    ...{ "fieldtree:time_source": "string", "fieldtree:place_source": "string", "fieldtree:member_count": "integer" },
    "fieldtree:variables": strings,
  };
}

/** Of what is left out. */
const withoutColumns = new Set(["cf", "datacube"].map(extension));

function rowOf({ path, item }: DatasetEntry, facts: Facts): Readonly<Record<string, Cell>> {
  const collection = collectionOf(path, facts);
  const { type, stac_version, stac_extensions, id, geometry, bbox, links, assets, properties } = item;
  const [xmin, ymin, xmax, ymax] = bbox ?? [];
  return {
    ...properties,
    ...{ type, stac_version, id, collection: collection?.id },
    stac_extensions: stac_extensions.filter((each) => !withoutColumns.has(each)),
    geometry: geometry ? geojsonToWkb(geometry as unknown as Parameters<typeof geojsonToWkb>[0]).slice() : undefined,
    bbox: bbox && { xmin, ymin, xmax, ymax },
    links: [
      { rel: "root", href: relative(tableFile, folderFile("", "catalog.json")), type: "application/json" },
      ...(collection
        ? [{ rel: "collection", href: relative(tableFile, collection.file), type: "application/json" }]
        : []),
      ...links.map((link) => ({ ...link })),
    ],
    assets: { data: assets.data },
    "fieldtree:variables": Object.keys((properties["cube:variables"] ?? {}) as object),
  };
}

/** The value as the column has it; `undefined` for what is absent, empty, or of another type. */
function cellOf(value: Cell, type: Type): Cell {
  if (value === undefined || value === null) return undefined;
  if (typeof type === "object" && "list" in type) {
    const cells = (Array.isArray(value) ? value : []).map((each) => cellOf(each, type.list));
    const known = cells.filter((cell) => cell !== undefined);
    return known.length > 0 ? known : undefined;
  }
  if (typeof type === "object") {
    if (typeof value !== "object" || Array.isArray(value) || value instanceof Uint8Array) return undefined;
    const members = Object.entries(type.struct).map(([name, inner]) => {
      return [name, Object.hasOwn(value, name) ? cellOf((value as Record<string, Cell>)[name], inner) : undefined];
    });
    return Object.fromEntries(members);
  }
  switch (type) {
    case "string":
      return typeof value === "string" ? value.toWellFormed() : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "double":
      return typeof value === "number" ? value : undefined;
    case "integer":
      return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
    case "instant":
      return typeof value === "string" ? microseconds(value) : undefined;
    case "bytes":
      return value instanceof Uint8Array ? value : undefined;
  }
}

/** Since 1970, of an instant as items have it, exactly. A `Date` has no more than milliseconds. */
function microseconds(instant: string): bigint {
  const fraction = /\.(\d{1,6})/.exec(instant)?.[1] ?? "";
  return BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

function elementsOf(name: string, type: Type): SchemaElement[] {
  const optional = { name, repetition_type: "OPTIONAL" } as const;
  if (typeof type === "object" && "list" in type) {
    return [
      { ...optional, num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...elementsOf("element", type.list),
    ];
  }
  if (typeof type === "object") {
    const members = Object.entries(type.struct);
    return [
      { ...optional, num_children: members.length },
      ...members.flatMap(([member, inner]) => elementsOf(member, inner)),
    ];
  }
  return [{ ...optional, ...primitives[type] }];
}

const primitives: Readonly<Record<Extract<Type, string>, Omit<SchemaElement, "name">>> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  double: { type: "DOUBLE" },
  integer: { type: "INT64" },
  boolean: { type: "BOOLEAN" },
  instant: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } },
  bytes: { type: "BYTE_ARRAY" },
};
