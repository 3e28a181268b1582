/**
 * What a file is by its first bytes: a PNG image, a tar archive, a table of comma-separated values.
 *
 * For files that no reader describes, which are published and listed all the same. Extensions are not considered, because
 * they may be wrong. A table of ours, because libraries that do this know neither the formats of the field (NetCDF, GRIB,
 * BUFR, HDF5) nor text. Pure, for browsers as well.
 *
 * ```ts
 * kindOf(await file.read(0, startLength)); // { name: "PNG image", mediaType: "image/png" }
 * ```
 */
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import type { FileKind } from "../../core/dataset/file-kind.ts";
import { startLength } from "../reader.ts";
import { containerKind } from "./containers.ts";
import { signatureKind } from "./signatures.ts";
import { textKind } from "./text.ts";

/** Part of the cache key of what is described: increase it when the same bytes get another kind. */
export const kindVersion = 1;

/**
 * Returns `undefined` for binary data of no known kind, and for an empty file.
 *
 * @param start the first {@link startLength} bytes, or all of a shorter file
 */
export function kindOf(start: Uint8Array): FileKind | undefined {
  return containerKind(start) ?? signatureKind(start) ?? textKind(start, start.length >= startLength);
}

/** Kinds that have variables, times and places as a rule, and that no reader describes. */
const data = /^(?:GRIB|BUFR|HDF4|MATLAB|Zarr store)/;

/** What its users miss where a file of data is listed by its kind alone; `undefined` for photographs, archives and the like. */
export function notDescribed({ name }: FileKind): DatasetFinding | undefined {
  if (!data.test(name)) return undefined;
  return {
    level: "hint",
    rule: "kind-not-read",
    says: `${name} ${name.endsWith("s") ? "are not read: their" : "is not read: its"} variables, times and places are unknown`,
    fix: "describe it in a file of the same name with .meta.yaml after it, or publish it as Zarr or NetCDF",
  };
}
