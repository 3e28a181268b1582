/**
 * The key `geo` of a GeoParquet file: which columns are geometries, and the box around all.
 *
 * @see https://geoparquet.org/releases/v1.1.0/
 */
import type { Bounds, DatasetFinding } from "../../core/dataset/dataset.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import { jsonObject } from "./json.ts";

export interface GeoColumns {
  readonly names: readonly string[];
  readonly bounds?: Bounds;
  /** Names of the columns that have `xmin`, `ymin`, `xmax` and `ymax` of each row. */
  readonly covering?: Readonly<Record<string, string>>;
}

type JsonObject = Readonly<Record<string, Json>>;

const objectOr = (value: Json | undefined): JsonObject | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

export function geoColumnsOf(text: string | undefined, findings: DatasetFinding[]): GeoColumns {
  const geo = text === undefined ? undefined : jsonObject(text);
  const columns = objectOr(geo?.columns) ?? {};
  const names = Object.keys(columns);
  const primary = typeof geo?.primary_column === "string" ? geo.primary_column : names[0];
  const column = primary !== undefined && Object.hasOwn(columns, primary) ? objectOr(columns[primary]) : undefined;
  if (!column) return { names };
  if (!isGeographic(column.crs)) {
    findings.push(projected(primary ?? ""));
    return { names };
  }
  const bounds = boundsOf(column.bbox);
  const covering = coveringOf(objectOr(column.covering)?.bbox);
  return { names, ...(bounds && { bounds }), ...(covering && { covering }) };
}

/** Absent means longitude and latitude; null means that it is unknown. */
function isGeographic(crs: Json | undefined): boolean {
  if (crs === undefined) return true;
  const { authority, code } = objectOr(objectOr(crs)?.id) ?? {};
  return (authority === "OGC" && code === "CRS84") || (authority === "EPSG" && Number(code) === 4326);
}

/** Four numbers, or six with heights. */
function boundsOf(bbox: Json | undefined): Bounds | undefined {
  if (!Array.isArray(bbox) || (bbox.length !== 4 && bbox.length !== 6)) return undefined;
  if (!bbox.every((edge) => typeof edge === "number" && Number.isFinite(edge))) return undefined;
  const [west, south, east, north] = (bbox.length === 4 ? bbox : [bbox[0], bbox[1], bbox[3], bbox[4]]) as [
    number,
    number,
    number,
    number,
  ];
  return { west, south, east, north };
}

/** `{"xmin": ["bbox", "xmin"], …}` */
function coveringOf(covering: Json | undefined): Readonly<Record<string, string>> | undefined {
  const edges = objectOr(covering);
  if (!edges) return undefined;
  const named = Object.entries(edges).map(([edge, path]) => [edge, Array.isArray(path) ? path.join(".") : ""] as const);
  return Object.fromEntries(named);
}

const projected = (column: string): DatasetFinding => ({
  level: "warning",
  rule: "foreign-crs",
  says: `the geometries in ${shown(column)} are not in longitude and latitude (OGC:CRS84), so the place is not known from them`,
  fix: "write them in longitude and latitude, or declare the place in a sidecar",
});
