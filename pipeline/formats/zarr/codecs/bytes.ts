/**
 * Codecs from bytes to bytes, decoding only: compressors, checksums, shuffles, and numcodecs' filters over numbers.
 *
 * numcodecs' filters see bytes, too, which their own configuration gives a type (`numcodecs/delta.py`: `view(astype)`),
 * so in version 2 any order of them makes sense, and in version 3 they are the same over an array's bytes.
 *
 * To add one: a line in the table, and a chunk written by the Python package in `test/formats/zarr/codecs.test.ts`.
 */
import type { Json } from "../../../core/json.ts";
import { unpackBlosc, unshuffle } from "../../codecs/blosc.ts";
import { adler32, crc32, crc32c, fletcher32, lookup3 } from "../../codecs/checksums.ts";
import { type Element, elementOf, unreadCodec } from "../../codecs/element.ts";
import { unpackLz4 } from "../../codecs/lz4.ts";
import { type Decompressors, decompressorOr } from "../../decompressors.ts";
import { Unsupported } from "../../unsupported.ts";
import { isObject, type JsonObject } from "../json.ts";
import { astype, delta, fixedScaleOffset, unpackBits } from "./arithmetic.ts";
import type { BytesCodec } from "./codec.ts";

/** What a codec of numbers takes its type from where its configuration names none. */
type Make = (configuration: JsonObject, using: Decompressors, element: Element | undefined) => Omit<BytesCodec, "name">;

/** The codec of that name in numcodecs, also known as `numcodecs.NAME`. @throws Unsupported for names we don't know. */
export function bytesCodec(
  name: string,
  configuration: JsonObject,
  using: Decompressors,
  element: Element | undefined,
): BytesCodec {
  const make = table.get(name);
  if (!make) throw unreadCodec(name);
  return { name, ...make(configuration, using, element) };
}

export const isBytesCodec = (name: string) => table.has(name);

const table: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["gzip", (_, { gzip }) => ({ decode: gzip })],
  ["zlib", (_, { zlib }) => ({ decode: zlib })],
  ["zstd", (_, { zstd }) => ({ decode: decompressorOr(zstd, "zstd") })],
  ["bz2", (_, { bz2 }) => ({ decode: decompressorOr(bz2, "bzip2") })],
  ["lzma", lzma],
  ["blosc", (_, using) => ({ decode: (bytes, most) => unpackBlosc(bytes, most, using) })],
  ["lz4", () => ({ decode: framedLz4 })],
  ["crc32", (configuration) => checksum(crc32, placeOf(configuration, "start"))],
  ["crc32c", (configuration) => checksum(crc32c, placeOf(configuration, "end"))],
  ["adler32", (configuration) => checksum(adler32, placeOf(configuration, "start"))],
  ["fletcher32", () => checksum(fletcher32, "end")],
  ["jenkins_lookup3", jenkins],
  ["shuffle", shuffle],
  ["base64", () => ({ decode: fromBase64 })],
  // Lossy when written, with nothing to undo.
  ["bitround", () => ({ decode: (bytes) => bytes })],
  ["packbits", () => ({ decode: unpackBits })],
  ["delta", (configuration, _, element) => ({ decode: delta(...storedAs(configuration, element)) })],
  ["quantize", (configuration, _, element) => ({ decode: astype(...storedAs(configuration, element)) })],
  ["fixedscaleoffset", scaled],
  ["astype", astypeCodec],
]);

function lzma({ format, filters }: JsonObject, { xz }: Decompressors): Omit<BytesCodec, "name"> {
  // Python's lzma.FORMAT_XZ and FORMAT_AUTO; the older .lzma and headerless streams are no xz.
  if (format !== undefined && format !== null && format !== 1 && format !== 0)
    throw new Unsupported(`lzma in its format ${JSON.stringify(format)} is not read, only .xz is`);
  if (filters !== undefined && filters !== null) throw new Unsupported("lzma with filters of its own is not read");
  return { decode: decompressorOr(xz, "xz") };
}

/** numcodecs puts the size before the block, 4 bytes little-endian. */
function framedLz4(bytes: Uint8Array, most: number): Uint8Array {
  if (bytes.length < 4) throw new Error("lz4 has no size before it");
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  if (size > most) throw new Error(`lz4 unpacks to ${size} bytes, of which at most ${most} are expected`);
  return unpackLz4(bytes.subarray(4), size);
}

function placeOf({ location }: JsonObject, usual: "start" | "end"): "start" | "end" {
  if (location === undefined || location === null) return usual;
  if (location === "start" || location === "end") return location;
  throw new Error(`a checksum's location is ${JSON.stringify(location).slice(0, 40)}, neither "start" nor "end"`);
}

function checksum(sum: (bytes: Uint8Array) => number, place: "start" | "end"): Omit<BytesCodec, "name"> {
  return {
    adds: 4,
    decode(bytes) {
      if (bytes.length < 4) throw new Error(`${bytes.length} bytes are too few for a checksum`);
      const [content, at] = place === "start" ? [bytes.subarray(4), 0] : [bytes.subarray(0, -4), bytes.length - 4];
      const stored = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
      const computed = sum(content);
      if (stored !== computed) throw new Error(`its checksum is ${hex(computed)}, not ${hex(stored)} as stored`);
      return content;
    },
  };
}

const hex = (value: number) => value.toString(16).padStart(8, "0");

function jenkins({ initval, prefix }: JsonObject): Omit<BytesCodec, "name"> {
  if (prefix !== undefined && prefix !== null) throw new Unsupported("jenkins_lookup3 with a prefix is not read");
  return checksum((bytes) => lookup3(bytes, typeof initval === "number" ? initval : 0), "end");
}

function shuffle(
  { elementsize }: JsonObject,
  _: Decompressors,
  element: Element | undefined,
): Omit<BytesCodec, "name"> {
  const size = elementsize === undefined ? (element?.size ?? 4) : elementsize;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1)
    throw new Error(`shuffle has elements of ${JSON.stringify(size)?.slice(0, 40)} bytes`);
  return {
    decode(bytes) {
      if (bytes.length % size !== 0)
        throw new Error(`${bytes.length} bytes are no whole number of ${size}-byte elements`);
      return unshuffle(bytes, size);
    },
  };
}

function fromBase64(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(atob(new TextDecoder("latin1").decode(bytes)), (character) => character.charCodeAt(0));
}

function scaled(configuration: JsonObject, _: Decompressors, element: Element | undefined): Omit<BytesCodec, "name"> {
  const { scale, offset } = configuration;
  if (typeof scale !== "number" || typeof offset !== "number" || scale === 0)
    throw new Error("fixedscaleoffset has no scale and offset that are numbers");
  const [from, to] = storedAs(configuration, element);
  return { decode: fixedScaleOffset(from, to, scale, offset) };
}

function astypeCodec(
  { encode_dtype: encoded, decode_dtype: decoded }: JsonObject,
  _: Decompressors,
  element: Element | undefined,
): Omit<BytesCodec, "name"> {
  return { decode: astype(numberType(encoded, element), numberType(decoded, element)) };
}

/** `astype` and `dtype`: what is stored, and what it becomes. */
function storedAs({ dtype, astype: stored }: JsonObject, element: Element | undefined): [Element, Element] {
  const to = numberType(dtype, element);
  return [numberType(stored, to), to];
}

function numberType(dtype: Json | undefined, otherwise: Element | undefined): Element {
  const element = dtype === undefined || dtype === null ? otherwise : elementOf(dtype);
  if (!element || !["bool", "int", "uint", "float"].includes(element.kind))
    throw new Unsupported(`numbers of type ${JSON.stringify(dtype)?.slice(0, 60)} are not read`);
  return element;
}

/** `{id, …}` of version 2, or `{name, configuration}` and the bare name of version 3. @throws Error for anything else. */
export function namedCodec(value: Json | undefined): { readonly name: string; readonly configuration: JsonObject } {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (isObject(value)) {
    if (typeof value.name === "string")
      return { name: value.name, configuration: isObject(value.configuration) ? value.configuration : {} };
    if (typeof value.id === "string") return { name: value.id, configuration: value };
  }
  throw new Error(`${JSON.stringify(value)?.slice(0, 60)} is no codec`);
}

/** Of numcodecs' codecs the type that an array has once one of them encoded it; `undefined` where it stays what it was. */
export function encodedType(name: string, configuration: JsonObject, element: Element): Element | undefined {
  switch (name) {
    case "delta":
    case "fixedscaleoffset":
    case "quantize":
      // zarr-python leaves the type of quantized arrays alone.
      return name === "quantize" ? undefined : storedAs(configuration, element)[0];
    case "astype":
      return numberType(configuration.encode_dtype, element);
    case "packbits":
      return { kind: "uint", size: 1, bigEndian: false };
    default:
      return undefined;
  }
}
