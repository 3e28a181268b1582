/**
 * How one element of an array is stored, and typed arrays from stored bytes.
 *
 * Whatever hands bytes over (Node's zlib, a block of a node, a range of a file), they may be a view into memory that
 * others use, too. Only `byteOffset` and `byteLength` of the view count; nothing here reads its whole buffer.
 */
import type { Numbers } from "../../core/cf/mask-and-scale.ts";
import { Unsupported } from "../unsupported.ts";

export interface Element {
  /** `utf32` and `bytes` are texts of one length, `string` and `blob` of any; `raw` is what numpy calls void. */
  readonly kind: "bool" | "int" | "uint" | "float" | "complex" | "utf32" | "bytes" | "string" | "blob" | "raw";
  /** Bytes; 0 where elements differ in length. */
  readonly size: number;
  readonly bigEndian: boolean;
}

/** A codec that is neither Zarr's nor numcodecs': others can't read what it wrote, either. */
export class UnknownCodec extends Unsupported {}

/** Codecs that others have, though not we: of numcodecs, zarr-extensions and imagecodecs. */
const others =
  /^(pickle|msgpack2|vlen-array|vlen|pcodec|zfpy?|gdeflate|n5_default|reshape|squeeze|scale_offset|cast_value|conditional|optional|packbits|snappy|imagecodecs_\w+)$/;

export function unreadCodec(name: string): Unsupported {
  const says = `codec ${JSON.stringify(name.slice(0, 60))} is not read`;
  return others.test(name.replace(/^numcodecs\./, "")) ? new Unsupported(says) : new UnknownCodec(says);
}

/** Longest element of a fixed length, bytes. */
const longest = 2 ** 22;

const kinds: Readonly<Record<string, Element["kind"]>> = {
  b: "bool",
  i: "int",
  u: "uint",
  f: "float",
  c: "complex",
  // Times are stored as the integers they are.
  M: "int",
  m: "int",
  U: "utf32",
  S: "bytes",
  V: "raw",
};

/** Of numpy's spelling (`<f8`, `>M8[ns]`, `|S10`, `f4`); `undefined` for objects and what numpy doesn't have. */
export function elementOf(dtype: unknown): Element | undefined {
  if (typeof dtype !== "string") return undefined;
  const [, order, letter = "", digits = ""] = /^([<>|=]?)([a-zA-Z])(\d{1,9})(?:\[\w+\])?$/.exec(dtype) ?? [];
  const kind = kinds[letter] ?? plainNames.get(dtype)?.kind;
  if (!kind) return undefined;
  const named = plainNames.get(dtype);
  const size = named?.size ?? Number(digits) * (kind === "utf32" ? 4 : 1);
  if (!isStorable(kind, size) || size > longest) return undefined;
  return { kind, size, bigEndian: order === ">" };
}

/** Names without byte order, as some codecs' configurations and Zarr version 3 spell them. */
const plainNames: ReadonlyMap<string, Pick<Element, "kind" | "size">> = new Map(
  (["int8 1", "int16 2", "int32 4", "int64 8", "float16 2", "float32 4", "float64 8", "bool 1"] as const)
    .flatMap((each) => (each.startsWith("int") ? [each, `u${each}`] : [each]))
    .map((each) => {
      const [name = "", size = ""] = each.split(" ");
      return [name, { kind: name.replace(/\d+$/, "") as Element["kind"], size: Number(size) }];
    }),
);

function isStorable(kind: Element["kind"], size: number): boolean {
  switch (kind) {
    case "bool":
      return size === 1;
    case "int":
    case "uint":
      return [1, 2, 4, 8].includes(size);
    case "float":
      return [2, 4, 8].includes(size);
    case "complex":
      return [8, 16].includes(size);
    default:
      return true;
  }
}

/**
 * The numbers in `bytes`, in memory of their own or of `bytes`: float16 as float32, bool as uint8.
 *
 * @throws Unsupported for elements that are no plain numbers; Error where `bytes` end within one.
 */
export function numbersIn(bytes: Uint8Array, element: Element): Numbers {
  const { kind, size, bigEndian } = element;
  if (bytes.length % size !== 0) throw new Error(`${bytes.length} bytes are no whole number of ${size}-byte values`);
  const isNative = size === 1 || bigEndian === hostIsBigEndian;
  const own = isNative ? aligned(bytes, size) : swapped(bytes, size);
  if (kind === "float" && size === 2) return fromHalves(new Uint16Array(own.buffer, own.byteOffset, own.length / 2));
  const make = typedArrays[`${kind}${8 * size}`];
  if (!make) throw new Unsupported(`values of type ${nameOf(element)} are not read`);
  return new make(own.buffer, own.byteOffset, own.length / size);
}

/** Room for `length` values of this kind. @throws Unsupported as {@link numbersIn} does. */
export function roomFor(element: Element, length: number): Numbers | string[] {
  if (isText(element)) return new Array<string>(length).fill("");
  const half = element.kind === "float" && element.size === 2;
  const make = typedArrays[half ? "float32" : `${element.kind}${8 * element.size}`];
  if (!make) throw new Unsupported(`values of type ${nameOf(element)} are not read`);
  return new make(length);
}

export const isText = ({ kind }: Element) => ["utf32", "bytes", "string", "blob"].includes(kind);

/** The values' bytes in the host's order. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers) => new Uint8Array(buffer, byteOffset, byteLength);

/** A copy with the bytes of each `size` turned around. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) {
    for (let i = 0; i < size; i++) out[at + i] = bytes[at + size - 1 - i]!;
  }
  return out;
}

/** The very bytes where they begin at a multiple of `size`, as typed arrays must; a copy otherwise. */
function aligned(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const owned = bytes.buffer instanceof ArrayBuffer && bytes.byteOffset % size === 0;
  return owned ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

function fromHalves(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, fromHalf);
}

/** The number that 16 bits are in IEEE 754's binary16: one sign, five exponent, ten fraction bits. */
export function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

type TypedArray = {
  new (length: number): Numbers;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Numbers;
};

const typedArrays: Readonly<Record<string, TypedArray>> = {
  bool8: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
};

export const nameOf = ({ kind, size }: Element) =>
  size === 0 || kind === "bool"
    ? kind
    : kind === "utf32" || kind === "bytes"
      ? `${kind} of ${size} bytes`
      : `${kind}${8 * size}`;

export const hostIsBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
