/** The formats we can read, most specific first: the first that recognises a folder describes it. */
import { datasetMeta, withSidecar } from "./dataset-meta.ts";
import type { FormatReader } from "./reader.ts";
import { zarr } from "./zarr/zarr.ts";

export const readers: readonly FormatReader[] = [withSidecar(zarr), datasetMeta];
