/**
 * From stored numbers to the numbers that xarray makes of them: what is missing taken out, scale and offset applied.
 *
 * Missing is NaN, NaT, `_FillValue`, each `missing_value`, and what the format calls missing, as they are stored, before
 * scale and offset (CF 2.5.1, 8.1). `valid_range` and netCDF's default fill values, by which netCDF's own tools mask, too,
 * are not: xarray takes such values for good. Where the extremes are of that kind, two readers of the same data see
 * different things, and {@link doubtAbout} reports it.
 */
import type { Json } from "../json.ts";
import { perObject } from "../remembered.ts";
import { isTimeUnit } from "./time/time.ts";
import { type Attributes, type CfVariable, type Raw, text } from "./variable.ts";

export type Numbers = Exclude<Raw, readonly string[]>;

export interface Packing {
  /**
   * Compared as float64, in which 64-bit fills beyond 2^53 arrive from JSON anyway, with numbers whose sign has been brought
   * back (`wrap`). Without NaN, which is always missing.
   */
  readonly missing: readonly number[];
  /** Numbers that differ from a missing one in nothing but being rounded to the type: xarray takes them for values. */
  readonly rounded: readonly number[];
  readonly scale: number;
  readonly offset: number;
  /** Signed storage of unsigned numbers (`_Unsigned`, NUG), or the reverse: what to add to bring them back, and where. */
  readonly wrap: "unsigned" | "signed" | undefined;
  /** Least and greatest stored value by `valid_range`, `valid_min` and `valid_max`; infinite where they have none. */
  readonly valid: readonly [number, number];
  /** netCDF's fill value of this type, where the variable names none. */
  readonly defaultFill?: number;
  /** Why it can't be unpacked: a phrase about the attributes. */
  readonly problem?: string;
}

/** How a variable's numbers are stored, by its attributes and format. */
export const packingOf = perObject(({ attributes, type, missing }: CfVariable): Packing => {
  const given = (name: string) => numbersOf(attribute(attributes, name));
  const ofFormat = missing.flatMap((fill) => numbersOf(typeof fill === "string" ? Number(fill) : fill));
  // xarray puts Zarr's fill value in the place of the attribute.
  const fill = missing.length > 0 ? ofFormat : fillIn(attributes, type);
  const wrap = wrapOf(attributes, type);
  const isDate = /^(datetime|timedelta)64/.test(type);
  const counts = wrap === "unsigned" ? `u${type}` : wrap === "signed" ? type.slice(1) : type;
  const isTime = isTimeUnit(text(attributes, "units"));
  // xarray leaves dates of the format's own as they are, but for NaT.
  const declared = isDate ? [] : [...fill.map((each) => withSign(each, type, wrap)), ...given("missing_value")];
  // It makes int64 of times before it compares them.
  const comparable = isTime && counts === "uint64" ? declared.filter((each) => each < 2 ** 63) : declared;
  const defaultFill = declared.length === 0 ? netcdfDefaults.get(type) : undefined;
  const scale = given("scale_factor")[0] ?? 1;
  const offset = given("add_offset")[0] ?? 0;
  const range = given("valid_range");
  const bounds = [range[0] ?? given("valid_min")[0], range[1] ?? given("valid_max")[0]] as const;
  const [least, greatest] = inStoredUnits(bounds, type, scale, offset);
  const unreadable = ["scale_factor", "add_offset"].find((name) => !isOneNumber(attribute(attributes, name)));
  const problem = unreadable ? `its ${unreadable} is no number` : missing.length === 0 && fillProblem(fill, type, wrap);
  return {
    missing: distinct([...comparable, ...(isDate || (isTime && counts === "int64") ? [notATime] : [])]),
    rounded: type === "float32" ? distinct(declared.filter((each) => Math.fround(each) !== each).map(Math.fround)) : [],
    scale,
    offset,
    wrap,
    valid: [least ?? Number.NEGATIVE_INFINITY, greatest ?? Number.POSITIVE_INFINITY],
    ...(defaultFill !== undefined && { defaultFill }),
    ...(problem && { problem }),
  };
});

/** float64[n], NaN where a value is missing. */
export function unpacked(raw: Numbers, packing: Packing): Float64Array {
  const { scale, offset } = packing;
  const [missing = Number.NaN, ...others] = packing.missing;
  const out = asFloat64(unwrapped(raw, packing));
  for (let i = 0; i < out.length; i++) {
    const value = out[i]!;
    const isMissing = value === missing || (others.length > 0 && others.includes(value));
    out[i] = isMissing ? Number.NaN : value * scale + offset;
  }
  return out;
}

/** A copy. By the engine where it can: a loop over arrays of any type is several times slower. */
const asFloat64 = (numbers: Numbers): Float64Array =>
  numbers instanceof BigInt64Array || numbers instanceof BigUint64Array
    ? Float64Array.from(numbers, Number)
    : new Float64Array(numbers);

export interface Extremes {
  /** As exact as they are stored: a bigint where the storage is 64-bit integers and nothing scales them. */
  readonly least: number | bigint;
  readonly greatest: number | bigint;
}

/**
 * Least and greatest of `known`, and of what isn't missing in `raw`; `undefined` where everything is missing.
 *
 * @param values what `raw` is unpacked
 */
export function extremesOf(
  raw: Numbers,
  packing: Packing,
  known?: Extremes,
  values = unpacked(raw, packing),
): Extremes | undefined {
  const isWide = raw instanceof BigInt64Array || raw instanceof BigUint64Array;
  const isExact = isWide && packing.scale === 1 && packing.offset === 0 && !packing.wrap;
  return isExact ? extremesOfIntegers(raw, values, known) : extremesOfFloats(values, known);
}

function extremesOfFloats(values: Float64Array, known: Extremes | undefined): Extremes | undefined {
  let least = Number(known?.least ?? Number.POSITIVE_INFINITY);
  let greatest = Number(known?.greatest ?? Number.NEGATIVE_INFINITY);
  // NaN is neither less nor greater.
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least <= greatest ? { least, greatest } : undefined;
}

function extremesOfIntegers(
  raw: BigInt64Array | BigUint64Array,
  values: Float64Array,
  known: Extremes | undefined,
): Extremes | undefined {
  let least = known && BigInt(known.least);
  let greatest = known && BigInt(known.greatest);
  for (let i = 0; i < raw.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const value = raw[i]!;
    if (least === undefined || value < least) least = value;
    if (greatest === undefined || value > greatest) greatest = value;
  }
  return least === undefined || greatest === undefined ? undefined : { least, greatest };
}

/** Why xarray's extremes are not what another reader of the same data would find; a phrase whose subject is the variable. */
export function doubtAbout(extremes: Extremes, packing: Packing, variable: CfVariable): string | undefined {
  const { scale, offset, valid, defaultFill, rounded, wrap } = packing;
  const ends = [Number(extremes.least), Number(extremes.greatest)] as const;
  if (!ends.every(Number.isFinite)) return "has infinite values";
  const beyondInt64 = (value: number) => value >= 2 ** 63;
  const isUnsigned = variable.type === "uint64" || (variable.type === "int64" && wrap === "unsigned");
  if (isUnsigned && isTimeUnit(text(variable.attributes, "units")) && ends.some(beyondInt64))
    return "has numbers beyond 2^63, which xarray takes for negative ones";
  const stored = ends.map((end) => (end - offset) / scale).sort((a, b) => a - b) as [number, number];
  if (defaultFill !== undefined && stored.includes(defaultFill))
    return `has ${defaultFill}, which netCDF writes where nothing is, and no _FillValue that says so: xarray takes it for a value`;
  const near = stored.find((end) => rounded.includes(end));
  if (near !== undefined)
    return `has ${near}, which is what its missing value becomes in ${variable.type}: xarray takes it for a value, others don't`;
  const slack = 1e-6 * Math.max(1, Math.abs(stored[0]), Math.abs(stored[1]));
  if (stored[0] < valid[0] - slack || stored[1] > valid[1] + slack)
    return `runs from ${ends[0]} to ${ends[1]}, beyond its valid_range, valid_min or valid_max: xarray takes such values for good, others don't`;
  return undefined;
}

function unwrapped(raw: Numbers, { wrap }: Packing): Numbers {
  const { buffer, byteOffset, length } = raw;
  if (wrap === "unsigned") {
    if (raw instanceof Int8Array) return new Uint8Array(buffer, byteOffset, length);
    if (raw instanceof Int16Array) return new Uint16Array(buffer, byteOffset, length);
    if (raw instanceof Int32Array) return new Uint32Array(buffer, byteOffset, length);
    if (raw instanceof BigInt64Array) return new BigUint64Array(buffer, byteOffset, length);
  }
  if (wrap === "signed") {
    if (raw instanceof Uint8Array) return new Int8Array(buffer, byteOffset, length);
    if (raw instanceof Uint16Array) return new Int16Array(buffer, byteOffset, length);
    if (raw instanceof Uint32Array) return new Int32Array(buffer, byteOffset, length);
    if (raw instanceof BigUint64Array) return new BigInt64Array(buffer, byteOffset, length);
  }
  return raw;
}

/**
 * `valid_range` is meant in stored units. Where a bound is a fraction and the storage is integers, the author meant
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

function isOneNumber(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length === 1 && isOneNumber(value[0]);
  return value === undefined || typeof value === "number";
}

/** The numbers a JSON value stands for. A number as text is none to xarray. */
function numbersOf(value: Json | undefined): number[] {
  if (Array.isArray(value)) return value.slice(0, 100).flatMap((each: Json) => numbersOf(each));
  return typeof value === "number" ? [value] : [];
}

const distinct = (numbers: readonly number[]) => [...new Set(numbers)].filter((each) => !Number.isNaN(each));

function wrapOf(attributes: Attributes, type: string): Packing["wrap"] {
  const unsigned = attribute(attributes, "_Unsigned");
  if (unsigned === "true" && type.startsWith("int")) return "unsigned";
  return unsigned === "false" && type.startsWith("uint") ? "signed" : undefined;
}

/** How many values an integer type has. */
const rangeOf = (type: string) => 2 ** Number(type.replace(/\D+/, ""));

/** A fill value of the stored `type` as it is once its sign has been brought back. xarray does so with _FillValue alone. */
function withSign(fill: number, type: string, wrap: Packing["wrap"]): number {
  if (!wrap) return fill;
  const whole = Math.trunc(fill);
  if (wrap === "unsigned") return whole < 0 ? whole + rangeOf(type) : whole;
  return whole >= rangeOf(type) / 2 ? whole - rangeOf(type) : whole;
}

/** Where `_Unsigned` counts, xarray makes a signed number of the attribute, and fails where that can't be. */
function fillProblem(fill: readonly number[], type: string, wrap: Packing["wrap"]): string | undefined {
  const half = wrap ? rangeOf(type) / 2 : Number.POSITIVE_INFINITY;
  const beyond = fill.find((each) => each >= half || each < -half);
  return beyond === undefined
    ? undefined
    : `its _FillValue is ${beyond}, which is no ${type.replace(/^u/, "")}, and it has _Unsigned: xarray refuses to open it`;
}

function fillIn(attributes: Attributes, type: string): number[] {
  const value = attribute(attributes, "_FillValue");
  return typeof value === "string" ? fromBase64(value, type) : numbersOf(value);
}

/** Zarr v3 has no JSON for floats' bits, so xarray writes `_FillValue` as base64 of little-endian bytes. */
function fromBase64(value: string, type: string): number[] {
  if (!/^float(16|32|64)$/.test(type) || !/^[A-Za-z0-9+/]{6,11}=?=?$/.test(value) || value.length % 4 !== 0) return [];
  const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  // xarray writes eight bytes for a float32, too.
  if (bytes.length === 8) return [view.getFloat64(0, true)];
  return bytes.length === 4 ? [view.getFloat32(0, true)] : [];
}

/** numpy's NaT: how datetime64 and xarray's int64 times mark missing values. */
const notATime = -(2 ** 63);

/** https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_8h_source.html, NC_FILL_*; bytes have none that is masked. */
const netcdfDefaults: ReadonlyMap<string, number> = new Map([
  ["int16", -32_767],
  ["uint16", 65_535],
  ["int32", -2_147_483_647],
  ["uint32", 4_294_967_295],
  ["int64", Number(-9_223_372_036_854_775_806n)],
  ["uint64", Number(18_446_744_073_709_551_614n)],
  ["float32", Math.fround(9.969209968386869e36)],
  ["float64", 9.969209968386869e36],
]);
