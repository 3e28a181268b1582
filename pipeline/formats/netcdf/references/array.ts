/** An array as Zarr, version 2, has it, and attributes as xarray reads them from there. */
import type { Hdf5Value } from "../../hdf5/model.ts";
import type { NetcdfAttributes } from "../file.ts";
import { type Exact, exactJson, Float } from "./exact-json.ts";

export interface ZarrArray {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  /** numpy's spelling with byte order: `<f4`; `|O` for texts. */
  readonly dtype: string;
  /** Of numcodecs, in the order in which they encode. */
  readonly filters: readonly Codec[];
  /** After the filters. */
  readonly compressor?: Codec;
  /** What is read where there is no chunk, and what xarray takes for missing; `null` for neither. */
  readonly fillValue: Exact;
  /** `_FillValue`, where it is not {@link fillValue}. */
  readonly attributes: Readonly<Record<string, Exact>>;
  readonly chunks: ReadonlyMap<string, Reference>;
}

export type Codec = { readonly id: string; readonly [parameter: string]: Exact };

/** Bytes that are in the reference themselves, as text or as `base64:…`, or a part of a file. */
export type Reference = string | readonly [url: string, offset: number, length: number];

/** The key of a chunk, below its array's. */
export const chunkKey = (index: readonly number[]) => (index.length === 0 ? "0" : index.join("."));

export function zarrayOf({ shape, chunkShape, dtype, filters, compressor, fillValue }: ZarrArray): string {
  return exactJson({
    zarr_format: 2,
    shape,
    chunks: chunkShape.map((length) => Math.max(1, length)),
    dtype,
    filters: filters.length > 0 ? filters : null,
    compressor: compressor ?? null,
    fill_value: fillValue,
    order: "C",
    dimension_separator: ".",
  });
}

/** xarray has the dimensions from an attribute of its own, and `_FillValue` from the array. */
const taken = new Set(["_ARRAY_DIMENSIONS", "_FillValue"]);

/** As JSON; `unnamed` are those that have no form there. `more` is added to them. */
export function attributesFor(
  attributes: NetcdfAttributes,
  more: Readonly<Record<string, Exact>> = {},
): { readonly attributes: Readonly<Record<string, Exact>>; readonly unnamed: readonly string[] } {
  const json: Record<string, Exact> = Object.create(null);
  const unnamed: string[] = [];
  for (const [name, { type, single, values }] of attributes) {
    if (taken.has(name)) continue;
    const list = Array.from(values as ArrayLike<Hdf5Value>, (value) => plain(value, type.startsWith("float")));
    if (list.includes(undefined)) unnamed.push(name);
    else json[name] = (single ? list[0] : list) as Exact;
  }
  return { attributes: Object.assign(json, more), unnamed };
}

function plain(value: Hdf5Value, isFloat: boolean): Exact | undefined {
  if (typeof value === "number" && isFloat) return new Float(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? value : undefined;
}
