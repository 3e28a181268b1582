/**
 * Writes small Zarr stores whose bytes never change: one uncompressed chunk an array, attributes in the order given.
 *
 * Every array also stands in the store's consolidated metadata, as xarray writes it, and dimensions, coordinates and
 * fill values are spelt as xarray reads them: v2 in `_ARRAY_DIMENSIONS` and `fill_value`, v3 in `dimension_names` and
 * `_FillValue`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Variable {
  readonly dims: readonly string[];
  readonly type: "int16" | "int32" | "int64" | "float32" | "float64";
  /** In row-major order. Where `packed` is given: unpacked, in the unit of the attributes. */
  readonly values: readonly number[];
  /** Stored as (value − offset) / scale, NaN as `missing`. */
  readonly packed?: { readonly scale: number; readonly offset: number; readonly missing: number };
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Dataset {
  readonly sizes: Readonly<Record<string, number>>;
  readonly variables: Readonly<Record<string, Variable>>;
  readonly attributes: Readonly<Record<string, string>>;
}

export function writeZarr2(folder: string, { sizes, variables, attributes }: Dataset): void {
  const metadata: Record<string, unknown> = { ".zattrs": attributes, ".zgroup": { zarr_format: 2 } };
  for (const [name, variable] of Object.entries(variables)) {
    const shape = variable.dims.map((dim) => sizes[dim]!);
    metadata[`${name}/.zarray`] = {
      chunks: shape,
      compressor: null,
      dtype: dtypes[variable.type],
      fill_value: variable.packed?.missing ?? (variable.type.startsWith("float") ? "NaN" : null),
      filters: null,
      order: "C",
      shape,
      zarr_format: 2,
    };
    metadata[`${name}/.zattrs`] = { _ARRAY_DIMENSIONS: variable.dims, ...packing(variable), ...variable.attributes };
    write(join(folder, name, shape.map(() => 0).join(".")), bytesOf(variable));
  }
  for (const [file, content] of Object.entries(metadata)) write(join(folder, file), json(content));
  write(join(folder, ".zmetadata"), json({ metadata, zarr_consolidated_format: 1 }));
}

export function writeZarr3(folder: string, { sizes, variables, attributes }: Dataset): void {
  const metadata: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const shape = variable.dims.map((dim) => sizes[dim]!);
    const isFloat = variable.type.startsWith("float");
    const missing = variable.packed?.missing;
    metadata[name] = {
      shape,
      data_type: variable.type,
      chunk_grid: { name: "regular", configuration: { chunk_shape: shape } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: missing ?? (isFloat ? "NaN" : 0),
      codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      attributes: {
        // xarray keeps the fill value of floats as the base64 of a little-endian float64: this is NaN.
        ...(missing === undefined ? isFloat && { _FillValue: "AAAAAAAA+H8=" } : { _FillValue: missing }),
        ...packing(variable),
        ...variable.attributes,
      },
      dimension_names: variable.dims,
      zarr_format: 3,
      node_type: "array",
      storage_transformers: [],
    };
    write(join(folder, name, "zarr.json"), json(metadata[name]));
    write(join(folder, name, "c", ...shape.map(() => "0")), bytesOf(variable));
  }
  write(
    join(folder, "zarr.json"),
    json({
      attributes,
      zarr_format: 3,
      consolidated_metadata: { kind: "inline", must_understand: false, metadata },
      node_type: "group",
    }),
  );
}

const dtypes = { int16: "<i2", int32: "<i4", int64: "<i8", float32: "<f4", float64: "<f8" } as const;

function packing({ packed }: Variable): Record<string, number> {
  return packed ? { scale_factor: packed.scale, add_offset: packed.offset } : {};
}

/** Little-endian on every machine. */
function bytesOf({ type, values, packed }: Variable): Uint8Array {
  const width = Number(type.replace(/\D/g, "")) / 8;
  const view = new DataView(new ArrayBuffer(values.length * width));
  for (const [index, value] of values.entries()) {
    setters[type](view, index * width, packed ? pack(value, packed) : value);
  }
  return new Uint8Array(view.buffer);
}

const setters: Record<Variable["type"], (view: DataView, at: number, value: number) => void> = {
  int16: (view, at, value) => view.setInt16(at, value, true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  int64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  float32: (view, at, value) => view.setFloat32(at, value, true),
  float64: (view, at, value) => view.setFloat64(at, value, true),
};

function pack(value: number, { scale, offset, missing }: NonNullable<Variable["packed"]>): number {
  return Number.isNaN(value) ? missing : Math.round((value - offset) / scale);
}

function json(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
