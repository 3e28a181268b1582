/**
 * Fill values: what a chunk that isn't there consists of.
 *
 * JSON has no word for most of them, so every kind of type has its own spelling, and version 3 has another one than
 * version 2. One that we can't read is a problem of its array, never a 0: a 0 is the coast of Ghana on 1970-01-01.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html#fill-value-encoding
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/data-types/index.html#data-types and zarr-extensions' data types
 */
import type { Json } from "../../core/json.ts";
import { type Element, fromHalf } from "../codecs/element.ts";

export type Fill = number | bigint | string;

/**
 * The fill value of an array whose elements are `element`, as its typed array has it: a bigint for 64-bit integers.
 *
 * Null is version 2's "undefined", and what zarr-python makes of it: 0, or an empty text. `undefined` for elements that
 * are not read at all (complex and void).
 *
 * @throws Error where it is none of the type.
 */
export function fillOf(value: Json, element: Element, type: string, version: 2 | 3): Fill | undefined {
  const { kind, size } = element;
  if (kind === "complex" || kind === "raw") return undefined;
  const isLong = size === 8 && (kind === "int" || kind === "uint");
  const isBlank = value === null;
  if (isBlank && version === 3) throw unreadable(value, type);
  switch (kind) {
    case "utf32":
    case "string":
      // zarr-python 2 wrote 0 for an empty text.
      return isBlank || value === 0 ? "" : textOf(value);
    case "bytes":
    case "blob":
      return isBlank || value === 0 ? "" : bytesOf(value);
    case "bool":
      if (isBlank) return 0;
      if (typeof value === "boolean") return Number(value);
      if (value === 0 || value === 1) return value;
      throw unreadable(value, type);
    case "float":
      return isBlank ? 0 : floatOf(value, size, type);
    default: {
      if (isBlank) return isLong ? 0n : 0;
      const isTime = /^(datetime|timedelta)64/.test(type);
      const whole = value === "NaT" && isTime ? notATime : wholeOf(value, type);
      const [least, greatest] =
        kind === "int"
          ? [-(2n ** BigInt(8 * size - 1)), 2n ** BigInt(8 * size - 1) - 1n]
          : [0n, 2n ** BigInt(8 * size) - 1n];
      if (whole < least || whole > greatest) throw unreadable(value, type);
      return isLong ? whole : Number(whole);
    }
  }
}

const notATime = -(2n ** 63n);

/** Whole numbers beyond 2^53 arrive as their digits, see `json.ts`; zarr-python takes digits, and 0.0, as well. */
function wholeOf(value: Json, type: string): bigint {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^[+-]?\d{1,25}$/.test(value.trim())) return BigInt(value.trim().replace(/^\+/, ""));
  throw unreadable(value, type);
}

function floatOf(value: Json, size: number, type: string): number {
  if (typeof value === "number") return size === 8 ? value : Math.fround(value);
  if (typeof value !== "string") throw unreadable(value, type);
  const special = new Map([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
  ]).get(value);
  if (special !== undefined) return special;
  if (/^0x/i.test(value)) return fromHex(value, size, type);
  // zarr-python#3079: some writers quote their numbers.
  if (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)) return floatOf(Number(value), size, type);
  throw unreadable(value, type);
}

/** Version 3: the bits of the number, highest first. */
function fromHex(value: string, size: number, type: string): number {
  const digits = value.slice(2);
  if (digits.length !== 2 * size || !/^[0-9a-f]+$/i.test(digits)) throw unreadable(value, type);
  const bits = BigInt(`0x${digits}`);
  const view = new DataView(new ArrayBuffer(8));
  if (size === 8) {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  }
  if (size === 4) {
    view.setUint32(0, Number(bits));
    return view.getFloat32(0);
  }
  return fromHalf(Number(bits));
}

function textOf(value: Json): string {
  if (typeof value === "string") return value;
  // zarr-python takes numbers for variable texts.
  if (typeof value === "number") return String(value);
  throw unreadable(value, "text");
}

/** base64 in version 2 and mostly in version 3, which also has lists of bytes. */
function bytesOf(value: Json): string {
  const bytes = Array.isArray(value) ? listed(value) : typeof value === "string" ? base64(value) : undefined;
  if (!bytes) throw unreadable(value, "bytes");
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw unreadable(value, "bytes");
  }
}

function listed(value: readonly Json[]): Uint8Array | undefined {
  const isBytes = value.every((byte) => typeof byte === "number" && Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return isBytes ? Uint8Array.from(value as readonly number[]) : undefined;
}

function base64(value: string): Uint8Array | undefined {
  if (value.length > 2 ** 20 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
}

const unreadable = (value: Json, type: string) =>
  new Error(`its fill value is ${JSON.stringify(value).slice(0, 60)}, which is no ${type}`);
