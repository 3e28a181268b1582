/** Formats as people write them: `NetCDF`, not `netcdf`. */
import { oneLine } from "./shown.ts";

const formatNames: Readonly<Record<string, string>> = {
  zarr: "Zarr",
  netcdf: "NetCDF",
  table: "Table",
  "dataset-meta": "Files",
  directory: "Folder",
  file: "File",
  symlink: "Link",
  "text/plain": "Text",
  odf: "Open Data Fabric",
  parquet: "Parquet",
  geojson: "GeoJSON",
  gpx: "GPX",
  kml: "KML",
};

/** Of a reader, or of a media type. */
export function formatName(format: string): string {
  if (Object.hasOwn(formatNames, format)) return formatNames[format] ?? format;
  return oneLine(format.replace(/^(?:application|text|image|video)\/(?:x-|vnd\.)?/, "")).slice(0, 40);
}
