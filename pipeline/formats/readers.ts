/** The formats we can read, most specific first: the first that recognises a folder or file describes it. */
import { datasetMeta, withSidecar } from "./dataset-meta.ts";
import type { Decompressors } from "./decompressors.ts";
import { netcdf } from "./netcdf/netcdf.ts";
import { odf } from "./odf/odf.ts";
import { parquet } from "./parquet/parquet.ts";
import type { FormatReader } from "./reader.ts";
import { icechunk, withReferences } from "./references/folders.ts";
import { kerchunk } from "./references/kerchunk.ts";
import { sounding } from "./table/sounding.ts";
import { table } from "./table/table.ts";
import { geojson } from "./tracks/geojson.ts";
import { gpx } from "./tracks/gpx.ts";
import { kml } from "./tracks/kml.ts";
import { zarr } from "./zarr/zarr.ts";

export const readersUsing = (decompressors: Decompressors): readonly FormatReader[] => [
  withSidecar(withReferences(zarr(decompressors))),
  withSidecar(icechunk),
  withSidecar(odf),
  netcdf(decompressors),
  geojson,
  gpx,
  kml,
  sounding,
  parquet,
  kerchunk(zarr(decompressors)),
  table,
  datasetMeta,
];
