/**
 * One array's metadata in either version, as CF sees it and as the decoder needs it.
 *
 * Anything may stand in these documents. What makes no sense as an array fails the dataset; what makes sense but can't be
 * decoded here (`complex64`, a codec of one laboratory) is still a variable, only an unread one.
 */
import type { Json } from "../../core/json.ts";
import { bad, isObject, type JsonObject } from "./json.ts";
import type { ArrayDocument } from "./store.ts";

export interface ZarrArray {
  /** "" for a store that is one array. */
  readonly path: string;
  readonly shape: readonly number[];
  /** What is read at once: inner chunks where a shard holds several. Absent for grids we don't know. */
  readonly chunks?: readonly number[];
  /** Chunks in one stored object, along each dimension; all 1 without sharding. */
  readonly perShard: readonly number[];
  readonly type: string;
  /** Bytes of one element; 0 where elements differ in length. */
  readonly itemSize: number;
  readonly fill: Json;
  /** The array's own names of its dimensions, without group. */
  readonly dimensionNames?: readonly string[];
  readonly attributes: JsonObject;
  /** `.zarray` or `zarr.json` in words the decoder understands. */
  readonly decodable: JsonObject;
}

/** @throws Failure `input` where shape or chunks are none. */
export function arrayOf(path: string, { document, attributes }: ArrayDocument, version: 2 | 3): ZarrArray {
  return version === 2 ? arrayOfV2(path, document, attributes) : arrayOfV3(path, document, attributes);
}

function arrayOfV2(path: string, document: JsonObject, attributes: JsonObject): ZarrArray {
  const file = `${path}/.zarray`;
  const shape = lengths(document.shape, 0, `${file}: shape`);
  const chunks = lengths(document.chunks, 1, `${file}: chunks`);
  if (chunks.length !== shape.length) throw bad(file, `has ${shape.length} dimensions, but chunks of ${chunks.length}`);
  const filters = Array.isArray(document.filters) ? (document.filters as readonly Json[]) : [];
  const { type, itemSize, stored } = typeOfV2(document.dtype, filters);
  const { _ARRAY_DIMENSIONS: names, ...rest } = attributes;
  const dimensionNames = namesOf(names, shape.length);
  const scaled = filters.some((filter) => isObject(filter) && /fixedscaleoffset$/.test(String(filter.id)));
  return {
    path,
    shape,
    chunks,
    perShard: shape.map(() => 1),
    type,
    itemSize,
    fill: document.fill_value ?? null,
    ...(dimensionNames && { dimensionNames }),
    attributes: Object.assign(Object.create(null), rest),
    decodable: {
      ...document,
      dtype: stored,
      // Quantize has nothing to undo, and zarrita doesn't know it.
      filters: filters.filter((filter) => !(isObject(filter) && filter.id === "quantize")),
      // zarrita casts the fill value to the scaled integers, and throws on NaN.
      fill_value: scaled ? null : decodableFill(document.fill_value, type),
    },
  };
}

function arrayOfV3(path: string, document: JsonObject, attributes: JsonObject): ZarrArray {
  const file = `${path}/zarr.json`;
  const shape = lengths(document.shape, 0, `${file}: shape`);
  const grid = isObject(document.chunk_grid) ? document.chunk_grid : {};
  const stored =
    grid.name === "regular" && isObject(grid.configuration)
      ? lengths(grid.configuration.chunk_shape, 1, `${file}: chunk_shape`)
      : undefined;
  const codecs = (Array.isArray(document.codecs) ? (document.codecs as readonly Json[]) : []).filter(
    (codec) => !(isObject(codec) && codec.name === "numcodecs.quantize"),
  );
  const sharding = codecs.find((codec): codec is JsonObject => isObject(codec) && codec.name === "sharding_indexed");
  const inner =
    sharding && isObject(sharding.configuration)
      ? lengths(sharding.configuration.chunk_shape, 1, `${file}: chunk_shape of shards`)
      : stored;
  for (const each of [stored, inner]) {
    if (each && each.length !== shape.length)
      throw bad(file, `has ${shape.length} dimensions, but chunks of ${each.length}`);
  }
  const { type, itemSize, decodable } = typeOfV3(document.data_type);
  const dimensionNames = namesOf(document.dimension_names, shape.length);
  return {
    path,
    shape,
    ...(inner && { chunks: inner }),
    perShard: shape.map((_, i) => (stored?.[i] ?? 1) / (inner?.[i] ?? 1)),
    type,
    itemSize,
    fill: document.fill_value ?? null,
    ...(dimensionNames && { dimensionNames }),
    attributes,
    decodable: {
      ...document,
      data_type: decodable,
      codecs,
      fill_value: decodableFill(document.fill_value, type),
      attributes: {},
    },
  };
}

/** numpy's names of types, and the spelling that zarrita reads them under: datetime64 as the integers it is stored in. */
function typeOfV2(dtype: Json | undefined, filters: readonly Json[]): { type: string; itemSize: number; stored: Json } {
  const stored = dtype ?? null;
  if (typeof dtype !== "string") return { type: "structured", itemSize: 0, stored };
  const [, order = "", kind = "", size = "", unit = ""] = /^([<>|=]?)([a-zA-Z])(\d*)(\[\w+\])?$/.exec(dtype) ?? [];
  const bytes = Math.min(Number(size || 0), 2 ** 20);
  switch (kind) {
    case "M":
    case "m":
      return {
        type: `${kind === "M" ? "datetime64" : "timedelta64"}${unit}`,
        itemSize: 8,
        stored: `${order || "<"}i8`,
      };
    case "b":
      return { type: "bool", itemSize: 1, stored };
    case "U":
      return { type: `U${bytes}`, itemSize: 4 * bytes, stored };
    case "S":
      return { type: `S${bytes}`, itemSize: bytes, stored };
    case "O": {
      const strings = filters.some((filter) => isObject(filter) && /^(vlen-utf8|json2)$/.test(String(filter.id)));
      return { type: strings ? "string" : "object", itemSize: 0, stored };
    }
    default: {
      const name = new Map([
        ["f", "float"],
        ["i", "int"],
        ["u", "uint"],
        ["c", "complex"],
        ["V", "void"],
      ]).get(kind);
      return { type: name ? `${name}${8 * bytes}` : dtype.slice(0, 40), itemSize: bytes, stored };
    }
  }
}

function typeOfV3(dataType: Json | undefined): { type: string; itemSize: number; decodable: Json } {
  const name = isObject(dataType) ? dataType.name : dataType;
  const configuration = isObject(dataType) && isObject(dataType.configuration) ? dataType.configuration : {};
  const length = Math.min(Number(configuration.length_bytes ?? 0) || 0, 2 ** 22);
  switch (name) {
    case "numpy.datetime64":
    case "numpy.timedelta64": {
      const step = Number(configuration.scale_factor ?? 1);
      const unit = String(configuration.unit).slice(0, 10);
      return { type: `${name.slice(6)}[${step === 1 ? "" : step}${unit}]`, itemSize: 8, decodable: "int64" };
    }
    case "fixed_length_utf32":
      return { type: `U${length / 4}`, itemSize: length, decodable: `v2:U${length / 4}` };
    case "null_terminated_bytes":
      return { type: `S${length}`, itemSize: length, decodable: `v2:S${length}` };
    case "string":
    case "variable_length_utf8":
      return { type: "string", itemSize: 0, decodable: "string" };
    case "bool":
      return { type: "bool", itemSize: 1, decodable: "bool" };
    default: {
      if (typeof name !== "string") return { type: "structured", itemSize: 0, decodable: dataType ?? null };
      const [, bits = "0"] = /^(?:u?int|float|complex|r)(\d{1,4})$/.exec(name) ?? [];
      return { type: name.slice(0, 40), itemSize: Number(bits) / 8, decodable: dataType ?? null };
    }
  }
}

/** zarrita makes a BigInt of 64-bit fills and throws on what is none; of others it wants what the array can hold. */
function decodableFill(fill: Json | undefined, type: string): Json {
  if (/^(u?int|datetime|timedelta)/.test(type)) return typeof fill === "number" && Number.isInteger(fill) ? fill : 0;
  if (/^float/.test(type)) return typeof fill === "number" || /^-?Infinity$/.test(String(fill)) ? fill! : "NaN";
  return typeof fill === "string" || typeof fill === "boolean" ? fill : null;
}

function lengths(value: Json | undefined, least: 0 | 1, what: string): readonly number[] {
  const ok =
    Array.isArray(value) && value.length <= 32 && value.every((each) => Number.isSafeInteger(each) && each >= least);
  if (!ok)
    throw bad(what, `is ${JSON.stringify(value)?.slice(0, 60)}, not a list of at most 32 whole numbers from ${least}`);
  return value as readonly number[];
}

/** A name for each dimension; `undefined` where there aren't that many, and for those that have none. */
function namesOf(value: Json | undefined, rank: number): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length !== rank) return undefined;
  return value.map((name, i) =>
    typeof name === "string" && name !== "" ? name.slice(0, 200).replaceAll("/", "_") : `dim_${i}`,
  );
}
