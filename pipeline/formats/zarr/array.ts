/**
 * One array's metadata in either version, in the terms of CF and as its chunks are read.
 *
 * Anything may stand in these documents. What makes no sense as an array is left out of its dataset, with a finding; what
 * makes sense but can't be decoded here (`complex64`, a codec of one laboratory) is still a variable, only an unread one.
 */
import type { Json } from "../../core/json.ts";
import { type Element, elementOf } from "../codecs/element.ts";
import type { Decompressors } from "../decompressors.ts";
import { Unsupported } from "../unsupported.ts";
import type { ChunkSpec, Pipeline } from "./codecs/codec.ts";
import { pipelineV2, pipelineV3 } from "./codecs/pipeline.ts";
import { type Fill, fillOf } from "./fill.ts";
import { bad, isObject, type JsonObject } from "./json.ts";
import type { ArrayDocument } from "./store.ts";

export interface ZarrArray {
  /** "" for a store that is one array. */
  readonly path: string;
  readonly shape: readonly number[];
  /** What is read at once: inner chunks where a shard contains several. Absent for grids we don't know. */
  readonly chunks?: readonly number[];
  /** What is stored at once: shards where there are any. Absent as `chunks` is. */
  readonly storedChunks?: readonly number[];
  readonly keys: ChunkKeys;
  readonly type: string;
  /** Bytes of one element; 0 where elements differ in length. */
  readonly itemSize: number;
  /** Absent where elements are of a type that isn't read. */
  readonly element?: Element;
  /** As the metadata have it. */
  readonly fillValue: Json;
  /** What absent chunks consist of. Absent where it, or the type, can't be read. */
  readonly fill?: Fill;
  /** The array's own names of its dimensions, without group. */
  readonly dimensionNames?: readonly string[];
  readonly attributes: JsonObject;
  /** Present unless there is a problem. */
  readonly pipeline?: Pipeline;
  /** Why none of its values can be read: Unsupported where only we can't. */
  readonly problem?: Error;
}

/** How stored chunks are called below their array's folder. */
export interface ChunkKeys {
  readonly prefix: "c" | "";
  readonly separator: "." | "/";
}

export function chunkKey({ prefix, separator }: ChunkKeys, at: readonly number[]): string {
  if (prefix === "c") return [prefix, ...at].join(separator);
  return at.length === 0 ? "0" : at.join(separator);
}

/** @throws Failure `input` where shape or chunks are none. */
export function arrayOf(path: string, about: ArrayDocument, version: 2 | 3, using: Decompressors): ZarrArray {
  return version === 2 ? arrayOfV2(path, about, using) : arrayOfV3(path, about, using);
}

function arrayOfV2(path: string, { document, attributes }: ArrayDocument, using: Decompressors): ZarrArray {
  const file = path === "" ? ".zarray" : `${path}/.zarray`;
  const shape = lengths(document.shape, `${file}: shape`);
  const chunks = chunkLengths(document.chunks, shape, file, "chunks");
  const filters = Array.isArray(document.filters) ? (document.filters as readonly Json[]) : [];
  const { _ARRAY_DIMENSIONS: names, ...rest } = attributes;
  const dimensionNames = namesOf(names, shape.length) ?? namesOf(netcdfNames(document, attributes), shape.length);
  const type = typeOfV2(document.dtype, filters);
  return {
    path,
    shape,
    chunks,
    storedChunks: chunks,
    keys: { prefix: "", separator: document.dimension_separator === "/" ? "/" : "." },
    ...readable(type, document.fill_value ?? null, 2, (spec) =>
      pipelineV2(document, { ...spec, shape: chunks }, using),
    ),
    ...(dimensionNames && { dimensionNames }),
    attributes: Object.assign(Object.create(null), rest),
  };
}

/**
 * NCZarr's names of dimensions, with their groups: netcdf-c up to 4.9.2 in `.zarray`, from then on among the attributes.
 *
 * @see https://docs.unidata.ucar.edu/nug/current/nczarr_head.html
 */
function netcdfNames(
  { _NCZARR_ARRAY: older }: JsonObject,
  { _nczarr_array: newer, _NCZARR_ARRAY: between }: JsonObject,
) {
  for (const each of [older, between, newer]) {
    const names = isObject(each) ? (each.dimrefs ?? each.dimension_references) : undefined;
    if (Array.isArray(names)) {
      return names.map((name: Json) => (typeof name === "string" ? name.slice(name.lastIndexOf("/") + 1) : null));
    }
  }
  return undefined;
}

function arrayOfV3(path: string, { document, attributes }: ArrayDocument, using: Decompressors): ZarrArray {
  const file = path === "" ? "zarr.json" : `${path}/zarr.json`;
  const shape = lengths(document.shape, `${file}: shape`);
  const grid = extension(document.chunk_grid);
  const stored =
    grid.name === "regular" ? chunkLengths(grid.configuration.chunk_shape, shape, file, "chunk_shape") : undefined;
  const dimensionNames = namesOf(document.dimension_names, shape.length);
  const { keys, problem } = keysOf(document.chunk_key_encoding);
  const { pipeline, ...rest } = readable(typeOfV3(document.data_type), document.fill_value ?? null, 3, (spec) => {
    if (!stored) throw new Unsupported(`a chunk grid called ${JSON.stringify(grid.name).slice(0, 60)} is not read`);
    if (problem) throw problem;
    if (Array.isArray(document.storage_transformers) && document.storage_transformers.length > 0)
      throw new Unsupported("storage transformers are not read");
    return pipelineV3(document.codecs, { ...spec, shape: stored }, using);
  });
  const chunks = pipeline?.sharding?.innerShape ?? stored;
  return {
    path,
    shape,
    ...(chunks && { chunks }),
    ...(stored && { storedChunks: stored }),
    keys,
    ...rest,
    ...(pipeline && { pipeline }),
    ...(dimensionNames && { dimensionNames }),
    attributes,
  };
}

/** `{name, configuration}`, or the name alone where there is nothing to configure. */
function extension(value: Json | undefined): { readonly name: Json; readonly configuration: JsonObject } {
  if (!isObject(value)) return { name: value ?? null, configuration: {} };
  return { name: value.name ?? null, configuration: isObject(value.configuration) ? value.configuration : {} };
}

function keysOf(encoding: Json | undefined): Pick<ZarrArray, "keys" | "problem"> {
  const { name, configuration } = extension(encoding ?? "default");
  const usual = name === "v2" ? "." : "/";
  const separator =
    configuration.separator === "/" || configuration.separator === "." ? configuration.separator : usual;
  if (name === "v2") return { keys: { prefix: "", separator } };
  const keys: ChunkKeys = { prefix: "c", separator };
  if (name === "default") return { keys };
  return { keys, problem: new Unsupported(`chunk keys called ${JSON.stringify(name).slice(0, 60)} are not read`) };
}

interface Type {
  /** As CF knows it. */
  readonly type: string;
  /** Absent for what is no element of numpy's or ours: structures, objects without a codec of texts. */
  readonly element?: Element;
  readonly itemSize: number;
}

type Readable = Type & Pick<ZarrArray, "fillValue" | "fill" | "pipeline" | "problem">;

/** What can be known of an array's values before any is read. */
function readable(
  known: Type,
  fillValue: Json,
  version: 2 | 3,
  build: (spec: Pick<ChunkSpec, "element" | "fill">) => Pipeline,
): Readable {
  const { type, element } = known;
  const about = { ...known, fillValue };
  try {
    if (!element) throw new Unsupported(`values of type ${type} are not read`);
    const fill = fillOf(fillValue, element, type, version);
    if (fill === undefined) throw new Unsupported(`values of type ${type} are not read`);
    // CF joins characters to texts, and one byte need not be one character.
    if (type === "S1" && typeof fill === "string") {
      const byte = { element: { kind: "uint", size: 1, bigEndian: false }, fill: fill.charCodeAt(0) || 0 } as const;
      return { ...about, ...byte, pipeline: build(byte) };
    }
    return { ...about, fill, pipeline: build({ element, fill }) };
  } catch (problem) {
    if (!(problem instanceof Error)) throw problem;
    return { ...about, problem };
  }
}

/** numpy's names of types. */
function typeOfV2(dtype: Json | undefined, filters: readonly Json[]): Type {
  if (typeof dtype !== "string") return { type: "structured", itemSize: 0 };
  const [, , letter = "", digits = "", unit = ""] = /^([<>|=]?)([a-zA-Z])(\d{0,9})(\[\w+\])?$/.exec(dtype) ?? [];
  const element = elementOf(dtype);
  const known = { ...(element && { element }), itemSize: element?.size ?? 0 };
  switch (letter) {
    case "M":
      return { ...known, type: `datetime64${unit}` };
    case "m":
      return { ...known, type: `timedelta64${unit}` };
    case "b":
      return { ...known, type: "bool" };
    case "U":
    case "S":
      return { ...known, type: `${letter}${digits}` };
    case "O": {
      const codec = isObject(filters[0]) ? filters[0].id : undefined;
      if (codec === "vlen-bytes")
        return { type: "bytes", element: { kind: "blob", size: 0, bigEndian: false }, itemSize: 0 };
      if (!["vlen-utf8", "json2", "categorize"].includes(String(codec))) return { type: "object", itemSize: 0 };
      return { type: "string", element: { kind: "string", size: 0, bigEndian: false }, itemSize: 0 };
    }
    default: {
      const name = { f: "float", i: "int", u: "uint", c: "complex", V: "void" }[letter];
      return { ...known, type: name ? `${name}${8 * Number(digits)}` : dtype.slice(0, 40) };
    }
  }
}

/** Names of version 3 and of zarr-extensions, in numpy's words. */
function typeOfV3(dataType: Json | undefined): Type {
  const { name, configuration } = extension(dataType);
  if (typeof name !== "string") return { type: "structured", itemSize: 0 };
  const length = Number(configuration.length_bytes);
  const fixed = (kind: "utf32" | "bytes", type: string): Type => {
    const isLength = Number.isSafeInteger(length) && length > 0 && length <= 2 ** 22;
    return {
      type,
      itemSize: isLength ? length : 0,
      ...(isLength && { element: { kind, size: length, bigEndian: false } }),
    };
  };
  switch (name) {
    case "numpy.datetime64":
    case "numpy.timedelta64": {
      const step = Number(configuration.scale_factor ?? 1);
      const unit = String(configuration.unit).slice(0, 10);
      const type = `${name.slice(6)}[${step === 1 ? "" : step}${unit}]`;
      return { type, element: { kind: "int", size: 8, bigEndian: false }, itemSize: 8 };
    }
    case "fixed_length_utf32":
      return fixed("utf32", `U${length / 4}`);
    case "null_terminated_bytes":
      return fixed("bytes", `S${length}`);
    case "string":
    case "variable_length_utf8":
      return { type: "string", element: { kind: "string", size: 0, bigEndian: false }, itemSize: 0 };
    case "bytes":
    case "variable_length_bytes":
      return { type: "bytes", element: { kind: "blob", size: 0, bigEndian: false }, itemSize: 0 };
    default: {
      const element = elementOf(name);
      const [, bits = "0"] = /^(?:complex|r)(\d{1,4})$/.exec(name) ?? [];
      return { type: name.slice(0, 40), itemSize: element?.size ?? Number(bits) / 8, ...(element && { element }) };
    }
  }
}

function lengths(value: Json | undefined, what: string): readonly number[] {
  const isShape =
    Array.isArray(value) && value.length <= 32 && value.every((each) => Number.isSafeInteger(each) && each >= 0);
  if (!isShape)
    throw bad(what, `is ${JSON.stringify(value)?.slice(0, 60)}, not a list of at most 32 whole numbers from 0`);
  return value as readonly number[];
}

/** Chunks of length 0 are zarr-python's along dimensions of length 0, which have none. */
function chunkLengths(
  value: Json | undefined,
  shape: readonly number[],
  file: string,
  what: string,
): readonly number[] {
  const chunks = lengths(value, `${file}: ${what}`);
  if (chunks.length !== shape.length) throw bad(file, `has ${shape.length} dimensions, but chunks of ${chunks.length}`);
  const empty = chunks.findIndex((length, i) => length === 0 && shape[i]! > 0);
  if (empty >= 0)
    throw bad(`${file}: ${what}`, `is ${JSON.stringify(value)}, of which no number makes ${shape[empty]} values`);
  return chunks.map((length) => Math.max(1, length));
}

/** A name for each dimension; `undefined` where there aren't that many, and for those that have none. */
function namesOf(value: Json | undefined, rank: number): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length !== rank) return undefined;
  return value.map((name, i) =>
    typeof name === "string" && name !== "" ? name.slice(0, 200).replaceAll("/", "_") : `dim_${i}`,
  );
}
