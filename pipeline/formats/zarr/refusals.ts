/**
 * Stores that we can describe and that xarray refuses to open, because of the metadata of one array.
 *
 * What is described here would otherwise look like something that users can open. The rules are those of xarray 2026.9 and
 * zarr-python 3.1: both are stricter than Zarr's specifications, and than other tools.
 *
 * @see https://docs.xarray.dev/en/stable/internals/zarr-encoding-spec.html
 */
import { groupOf } from "../../core/cf/variable.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import type { Json } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import type { ZarrArray } from "./array.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { ArrayDocument, ZarrStore } from "./store.ts";

interface Refusal {
  /** What of the array: a noun. */
  readonly why: string;
  readonly fix: string;
}

/** Arrays that are named of those that are refused for one reason, and reasons that are listed. */
const most = { arrays: 3, reasons: 20 } as const;

export function refusals(store: ZarrStore, arrays: readonly ZarrArray[]): readonly DatasetFinding[] {
  // xarray opens groups alone.
  if (store.groups.size === 0) return [];
  const refused = new Map<string, Refusal & { readonly paths: string[] }>();
  const refuse = (path: string, refusal: Refusal) => {
    const known = refused.get(refusal.why) ?? { ...refusal, paths: [] };
    refused.set(refusal.why, known);
    known.paths.push(path);
  };
  const check = store.version === 2 ? refusalsV2 : refusalsV3;
  for (const array of arrays) {
    for (const refusal of check(array, store.arrays.get(array.path)!)) refuse(array.path, refusal);
  }
  for (const path of unnamedOfSeveralSizes(store, arrays)) refuse(path, severalUnnamed);
  return [...refused.values()].slice(0, most.reasons).map(({ why, fix, paths }) => {
    const others = paths.length > most.arrays ? ` and ${paths.length - most.arrays} more` : "";
    const names = paths.slice(0, most.arrays).map((path) => shown(path, 60));
    const says = `xarray refuses to open this because of ${names.join(", ")}${others}: ${why}`;
    return { level: "warning", rule: "xarray-refuses", says, fix };
  });
}

// Version 2

const typesV2 =
  /^(\|[biu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|\|[SV][1-9]\d*|[<>]U[1-9]\d*|[<>][Mm]8(\[\d*(generic|Y|M|W|D|h|m|s|ms|us|μs|ns|ps|fs|as)\])?)$/;

function refusalsV2({ shape }: ZarrArray, { document, attributes }: ArrayDocument): readonly Refusal[] {
  const { dtype, filters, compressor, order, dimension_separator: separator = ".", zarr_format: format } = document;
  const found: Refusal[] = [];
  const names = attributes._ARRAY_DIMENSIONS ?? dimrefs(document);
  if (names === undefined) found.push(unnamed("no _ARRAY_DIMENSIONS, which name the dimensions", ".zattrs"));
  else if (!isListOf(names, shape.length))
    found.push(unnamed("_ARRAY_DIMENSIONS that are no list of a name for each dimension", ".zattrs"));
  if (typeof dtype === "string" && !typesV2.test(dtype) && !isObjectOfTexts(dtype, filters)) found.push(typed(dtype));
  if (format !== 2) found.push(spelled("zarr_format", format));
  if (order !== "C" && order !== "F") found.push(spelled("order", order));
  if (separator !== "." && separator !== "/") found.push(spelled("dimension_separator", separator));
  if (document.fill_value === undefined) found.push(spelled("fill_value", undefined));
  const codecs = [...(Array.isArray(filters) ? (filters as readonly Json[]) : []), compressor];
  for (const { id } of codecs.filter(isObject)) {
    if (typeof id === "string" && !numcodecs.has(id)) found.push(encoded(id));
  }
  return found;
}

function dimrefs({ _NCZARR_ARRAY: netcdf }: JsonObject): Json | undefined {
  return isObject(netcdf) ? netcdf.dimrefs : undefined;
}

function isObjectOfTexts(dtype: string, filters: Json | undefined): boolean {
  const ids = Array.isArray(filters) ? filters.map((filter: Json) => (isObject(filter) ? filter.id : undefined)) : [];
  return dtype === "|O" && (ids.includes("vlen-utf8") || ids.includes("vlen-bytes"));
}

/** Those that come with numcodecs alone; zfpy and pcodec need packages of their own. */
const numcodecs: ReadonlySet<string> = new Set(
  "adler32 astype base64 bitround blosc bz2 categorize crc32 crc32c delta fixedscaleoffset fletcher32 gzip jenkins_lookup3 json2 lz4 lzma packbits pickle quantize shuffle vlen-array vlen-bytes vlen-utf8 zlib zstd".split(
    " ",
  ),
);

// Version 3

const keysV3: ReadonlySet<string> = new Set(
  "zarr_format node_type shape data_type chunk_grid chunk_key_encoding fill_value codecs attributes storage_transformers dimension_names".split(
    " ",
  ),
);
const plainTypesV3 = /^(bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|string|bytes|variable_length_bytes)$/;
const codecsV3 =
  /^(bytes|endian|vlen-utf8|vlen-bytes|transpose|sharding_indexed|gzip|zstd|blosc|crc32c|numcodecs\.(adler32|astype|bitround|blosc|bz2|crc32|crc32c|delta|fixedscaleoffset|fletcher32|gzip|jenkins_lookup3|lz4|lzma|packbits|pcodec|quantize|shuffle|zfpy|zlib|zstd))$/;

function refusalsV3({ shape, type }: ZarrArray, { document, attributes }: ArrayDocument): readonly Refusal[] {
  const { dimension_names: names, data_type: dataType, chunk_grid: grid, chunk_key_encoding: keys } = document;
  const found: Refusal[] = [];
  const isNamed = shape.length === 0 || (isListOf(names, shape.length) && names.every(isNameOrNull));
  if (!isNamed) found.push(unnamed("no dimension_names, one for each dimension", "zarr.json"));
  if (!isTypeV3(dataType)) found.push(typed(dataType));
  for (const [key, value] of Object.entries({ chunk_grid: grid, chunk_key_encoding: keys }))
    if (!isObject(value)) found.push(spelled(key, value));
  if (isObject(grid) && grid.name !== "regular") found.push(spelled("chunk_grid", grid.name));
  if (isObject(keys) && keys.name !== "default" && keys.name !== "v2")
    found.push(spelled("chunk_key_encoding", keys.name));
  for (const codec of codecsIn(document.codecs)) {
    if (!isObject(codec)) found.push(spelled("codec", codec));
    else if (typeof codec.name === "string" && !codecsV3.test(codec.name)) found.push(encoded(codec.name));
  }
  if (type === "bytes" && typeof document.fill_value !== "string")
    found.push(spelled("fill_value", document.fill_value));
  const unknown = Object.keys(document).find((key) => !keysV3.has(key) && !isOptional(document[key]));
  if (unknown !== undefined) found.push(spelled(unknown, document[unknown]));
  if (attributes._FillValue !== undefined && !isFillOfXarray(attributes._FillValue, type))
    found.push({
      why: `the attribute _FillValue ${brief(attributes._FillValue)}, which is not how xarray writes one of type ${type} in Zarr 3`,
      fix: "write it with xarray's to_zarr, or as missing_value",
    });
  return found;
}

const isNameOrNull = (name: Json) => name === null || typeof name === "string";

function isTypeV3(dataType: Json | undefined): boolean {
  if (typeof dataType === "string") return plainTypesV3.test(dataType);
  if (!isObject(dataType) || !isObject(dataType.configuration)) return false;
  const { unit, scale_factor: scale, length_bytes: length, fields } = dataType.configuration;
  if (/^numpy\.(datetime|timedelta)64$/.test(String(dataType.name))) return unit !== undefined && scale !== undefined;
  if (dataType.name === "structured") return fields !== undefined;
  return /^(fixed_length_utf32|null_terminated_bytes|raw_bytes)$/.test(String(dataType.name)) && Number(length) > 0;
}

const isOptional = (value: Json | undefined) => isObject(value) && value.must_understand === false;

/** Those inside of shards, too. */
function codecsIn(codecs: Json | undefined): readonly Json[] {
  if (!Array.isArray(codecs)) return [];
  return codecs.flatMap((codec: Json) => {
    const inner = isObject(codec) && isObject(codec.configuration) ? codec.configuration : {};
    return [codec, ...codecsIn(inner.codecs), ...codecsIn(inner.index_codecs)];
  });
}

/** `FillValueCoder` of xarray/backends/zarr.py: floats are base64 of a little-endian float64, whatever their type. */
function isFillOfXarray(value: Json, type: string): boolean {
  const isFloat64 = (part: Json) =>
    typeof part === "string" && /^[A-Za-z0-9+/]{11}=/.test(part.replace(/[^A-Za-z0-9+/=]/g, ""));
  if (type === "bool") return true;
  if (/^u?int/.test(type)) return typeof value === "number" || typeof value === "boolean";
  if (type.startsWith("float")) return isFloat64(value);
  return type.startsWith("complex") && isListOf(value, 2) && value.every(isFloat64);
}

// Both

function isListOf(value: Json | undefined, length: number): value is readonly Json[] {
  return Array.isArray(value) && value.length === length;
}

/** Arrays of a group whose dimensions without a name differ in length: to xarray they are one dimension called None. */
function unnamedOfSeveralSizes(store: ZarrStore, arrays: readonly ZarrArray[]): readonly string[] {
  const sizes = new Map<string, Set<number>>();
  const unnamedBy = arrays.flatMap(({ path, shape }) => {
    const { document, attributes } = store.arrays.get(path)!;
    const names = store.version === 2 ? attributes._ARRAY_DIMENSIONS : document.dimension_names;
    const lengths = isListOf(names, shape.length) ? shape.filter((_, i) => names[i] === null) : [];
    const known = sizes.get(groupOf(path)) ?? new Set();
    sizes.set(groupOf(path), known);
    for (const length of lengths) known.add(length);
    return lengths.length > 0 ? [path] : [];
  });
  return unnamedBy.filter((path) => sizes.get(groupOf(path))!.size > 1);
}

const severalUnnamed: Refusal = {
  why: "dimensions of different lengths without a name, which xarray takes for one",
  fix: "give each dimension a name",
};

const unnamed = (what: string, file: string): Refusal => ({
  why: what,
  fix: `name the dimensions in ${file}, or write the store with xarray`,
});

const typed = (dataType: Json | undefined): Refusal => ({
  why: `the data type ${brief(dataType)}, which zarr-python 3.1 does not know, or not in this spelling`,
  fix: "store it as a type that zarr-python has",
});

const encoded = (codec: string): Refusal => ({
  why: `the codec ${brief(codec)}, for which zarr-python 3.1 and numcodecs need a package of its own, if there is one`,
  fix: "say which package decodes it, or encode it with a codec of zarr-python",
});

const spelled = (key: string, value: Json | undefined): Refusal => ({
  why:
    value === undefined
      ? `no ${key} in the metadata`
      : `${shown(key, 60)} ${brief(value)} in the metadata, which zarr-python 3.1 does not take`,
  fix: "write the metadata as zarr-python 3.1 does",
});

const brief = (value: Json | undefined) => shown(JSON.stringify(value) ?? "nothing", 60);
