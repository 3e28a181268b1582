/**
 * From stored numbers to the numbers that were meant: what is missing taken out, scale and offset applied.
 *
 * Missing is NaN, NaT, `_FillValue`, each `missing_value`, what lies outside of `valid_range`, and where no fill is
 * declared netCDF's own defaults (CF 2.5.1; NUG, "Attribute Conventions"). All of these speak of values as they are
 * stored, before scale and offset (CF 8.1).
 */
import type { Json } from "../json.ts";
import type { Attributes, CfVariable, Raw } from "./variable.ts";

export type Numbers = Exclude<Raw, readonly string[]>;

export interface Packing {
  /** Compared as float64, in which 64-bit fills beyond 2^53 arrive from JSON anyway. Without NaN, which is always missing. */
  readonly missing: readonly number[];
  readonly least: number;
  readonly greatest: number;
  readonly scale: number;
  readonly offset: number;
  /** Signed storage of unsigned numbers (`_Unsigned`, NUG), or the reverse: what to add to bring them back, and where. */
  readonly wrap: "unsigned" | "signed" | undefined;
}

/** What a variable's attributes and format say about how its numbers are stored. */
export function packingOf({ attributes, type, missing }: CfVariable): Packing {
  const given = (name: string, as = type) => numbersOf(attribute(attributes, name), as);
  const declared = [
    ...given("_FillValue"),
    ...given("missing_value"),
    ...missing.flatMap((fill) => numbersOf(fill, type)),
  ];
  const fills = [
    ...(declared.length > 0 ? declared : (netcdfDefaults.get(type) ?? [])),
    ...(/64(?!\d)/.test(type) && !/float|uint/.test(type) ? [notATime] : []),
  ];
  const scale = given("scale_factor", "float64")[0] ?? 1;
  const offset = given("add_offset", "float64")[0] ?? 0;
  const unsigned = attribute(attributes, "_Unsigned");
  const range = given("valid_range");
  const bounds = [range[0] ?? given("valid_min")[0], range[1] ?? given("valid_max")[0]] as const;
  const stored = inStoredUnits(bounds, type, scale, offset);
  return {
    missing: [...new Set(fills)].filter((fill) => !Number.isNaN(fill)),
    least: stored[0] ?? Number.NEGATIVE_INFINITY,
    greatest: stored[1] ?? Number.POSITIVE_INFINITY,
    scale,
    offset,
    wrap:
      unsigned === "true" && type.startsWith("int")
        ? "unsigned"
        : unsigned === "false" && type.startsWith("uint")
          ? "signed"
          : undefined,
  };
}

/** float64[n], NaN where a value is missing or no finite number. */
export function unpacked(raw: Numbers, packing: Packing): Float64Array {
  const out = new Float64Array(raw.length);
  const { missing, least, greatest, scale, offset } = packing;
  const wrapped = unwrapped(raw, packing);
  for (let i = 0; i < raw.length; i++) {
    const value = Number(wrapped[i]);
    const meant = value * scale + offset;
    // A fill value may be given as it was before the sign was taken away, or after.
    const valid = value >= least && value <= greatest && !missing.includes(value);
    out[i] =
      valid && Number.isFinite(meant) && (wrapped === raw || !missing.includes(Number(raw[i]))) ? meant : Number.NaN;
  }
  return out;
}

export interface Extremes {
  /** As exact as they are stored: a bigint where the storage is 64-bit integers and nothing scales them. */
  readonly least: number | bigint;
  readonly greatest: number | bigint;
}

/** Least and greatest of what isn't missing in any of `pieces`, NaT left out; `undefined` where everything is missing. */
export function extremesOf(pieces: readonly Numbers[], packing: Packing): Extremes | undefined {
  let least: number | bigint | undefined;
  let greatest: number | bigint | undefined;
  for (const raw of pieces) {
    const exact = raw instanceof BigInt64Array || raw instanceof BigUint64Array;
    const values =
      exact && packing.scale === 1 && packing.offset === 0 ? validBigints(raw, packing) : unpacked(raw, packing);
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      if (least === undefined || value < least) least = value;
      if (greatest === undefined || value > greatest) greatest = value;
    }
  }
  return least === undefined || greatest === undefined ? undefined : { least, greatest };
}

function* validBigints(raw: BigInt64Array | BigUint64Array, { missing, least, greatest }: Packing): Generator<bigint> {
  for (const value of raw) {
    const approximately = Number(value);
    if (!missing.includes(approximately) && approximately >= least && approximately <= greatest) yield value;
  }
}

function unwrapped(raw: Numbers, { wrap }: Packing): Numbers {
  const { buffer, byteOffset, length } = raw;
  if (wrap === "unsigned") {
    if (raw instanceof Int8Array) return new Uint8Array(buffer, byteOffset, length);
    if (raw instanceof Int16Array) return new Uint16Array(buffer, byteOffset, length);
    if (raw instanceof Int32Array) return new Uint32Array(buffer, byteOffset, length);
  }
  if (wrap === "signed" && raw instanceof Uint8Array) return new Int8Array(buffer, byteOffset, length);
  return raw;
}

/**
 * `valid_range` is meant in stored units. Where a bound is a fraction and the storage is integers, whoever wrote it meant
 * unpacked units (NUG: the type decides), and a mask taken literally would hide good data.
 */
function inStoredUnits(
  bounds: readonly [number | undefined, number | undefined],
  type: string,
  scale: number,
  offset: number,
): readonly [number | undefined, number | undefined] {
  const packed = (scale !== 1 || offset !== 0) && /^u?int/.test(type);
  if (!packed || bounds.every((bound) => bound === undefined || Number.isInteger(bound))) return bounds;
  const stored = bounds.map((bound) => (bound === undefined ? undefined : (bound - offset) / scale));
  return scale < 0 ? [stored[1], stored[0]] : [stored[0], stored[1]];
}

function attribute(attributes: Attributes, name: string): Json | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

/** The numbers a JSON value stands for, as values of `type`. */
function numbersOf(value: Json | undefined, type: string): number[] {
  if (Array.isArray(value)) return value.slice(0, 100).flatMap((each: Json) => numbersOf(each, type));
  if (typeof value === "number") return [type === "float32" ? Math.fround(value) : value];
  if (typeof value !== "string") return [];
  if (/^[+-]?\d/.test(value) && Number.isFinite(Number(value))) return numbersOf(Number(value), type);
  return fromBase64(value, type);
}

/** Zarr v3 has no JSON for floats' bits, so xarray writes `_FillValue` as base64 of little-endian bytes. */
function fromBase64(value: string, type: string): number[] {
  if (!/^float(32|64)$/.test(type) || !/^[A-Za-z0-9+/]{6,11}=?=?$/.test(value) || value.length % 4 !== 0) return [];
  const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  // xarray writes eight bytes for a float32, too.
  if (bytes.length === 8) return numbersOf(view.getFloat64(0, true), type);
  return bytes.length === 4 ? [view.getFloat32(0, true)] : [];
}

/** numpy's NaT: how datetime64 and xarray's int64 times say "missing". */
const notATime = -(2 ** 63);

/** https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_8h_source.html, NC_FILL_*; bytes have none that is masked. */
const netcdfDefaults: ReadonlyMap<string, readonly number[]> = new Map([
  ["int16", [-32_767]],
  ["uint16", [65_535]],
  ["int32", [-2_147_483_647]],
  ["uint32", [4_294_967_295]],
  ["int64", [Number(-9_223_372_036_854_775_806n)]],
  ["uint64", [Number(18_446_744_073_709_551_614n)]],
  ["float32", [Math.fround(9.969209968386869e36)]],
  ["float64", [9.969209968386869e36]],
]);
