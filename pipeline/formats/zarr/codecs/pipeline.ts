/**
 * From a chunk's stored bytes to its values, through the codecs that an array's metadata name.
 *
 * ```ts
 * const { decode } = pipelineV3(document.codecs, { element, shape: [100], fill: 0 }, decompressors);
 * const { data, stride } = await decode(bytes); // Float64Array(100), [1]
 * ```
 *
 * A pipeline is built from metadata alone, so what can't be read is known before a byte is fetched. Bytes may be views
 * into memory of others, see `element.ts`; no size that they claim is believed, see `codec.ts`.
 */
import type { Json } from "../../../core/json.ts";
import { type Block, product, strideOf } from "../../codecs/block.ts";
import {
  type Element,
  elementOf,
  hostIsBigEndian,
  isText,
  numbersIn,
  roomFor,
  unreadCodec,
} from "../../codecs/element.ts";
import type { Decompressors } from "../../decompressors.ts";
import { Unsupported } from "../../unsupported.ts";
import { isObject, type JsonObject } from "../json.ts";
import { bytesCodec, encodedType, isBytesCodec, namedCodec } from "./bytes.ts";
import type { BuildPipeline, BytesCodec, ChunkSpec, Pipeline } from "./codec.ts";
import { decodeShard, shardingOf } from "./sharding.ts";
import { type DecodeTexts, fixedTexts, textCodec } from "./text.ts";

/** In addition to the values: checksums, headers, what doesn't compress. */
const slack = 2 ** 20;
/** Bytes of a chunk of texts, whose size no metadata give. */
const mostText = 8 * 2 ** 20;

/** Version 2: `compressor`, and `filters` in the order in which they encode. @throws as {@link pipelineV3} does. */
export function pipelineV2(document: JsonObject, spec: ChunkSpec, using: Decompressors): Pipeline {
  const { element, shape } = spec;
  const filters = listOf(document.filters ?? [], "filters").map(namedCodec);
  const objects = filters[0] && textCodec(filters[0].name, filters[0].configuration, elementOf);
  if (!objects && element.size === 0) throw new Unsupported("objects without a codec that gives texts are not read");
  const codecs = [
    ...filters.slice(objects ? 1 : 0),
    ...(document.compressor === null || document.compressor === undefined ? [] : [namedCodec(document.compressor)]),
  ].map(({ name, configuration }) => bytesCodec(name, configuration, using, element));
  const isFortran = document.order === "F";
  const stride = isFortran ? strideOf(shape.toReversed()).reverse() : strideOf(shape);
  const most = mostBytes(spec, largestIn(document, element));
  const valuesOf = valuesAs(element, objects, product(shape));
  return {
    mostStored: most,
    async decode(bytes) {
      return { data: valuesOf(await decodeAll(bytes, codecs, most)), stride };
    },
  };
}

/**
 * Version 3: `codecs` in the order in which they encode.
 *
 * @throws Error where they make no sense; Unsupported where they may, but we don't know one of them.
 */
export function pipelineV3(codecs: Json | undefined, spec: ChunkSpec, using: Decompressors): Pipeline {
  const named = listOf(codecs, "codecs").map(namedCodec);
  const { filters, element, order, shape, rest } = arrayCodecs(named, spec, using);
  const [serializer, ...others] = rest;
  if (!serializer) throw new Error("no codec makes bytes of the array");
  const outer = others.map(({ name, configuration }) => coreBytesCodec(name, configuration, using, element));
  const most = mostBytes(spec, largestIn({ codecs: codecs! }, element));
  const stride = unordered(strideOf(shape), order);
  if (serializer.name === "sharding_indexed") {
    const build: BuildPipeline = (inner, innerSpec) => pipelineV3(inner, innerSpec, using);
    const encoded = { ...spec, shape };
    const sharding = shardingOf(serializer.configuration, encoded, build);
    if (filters.length > 0) throw new Unsupported("filters before shards are not read");
    const isPlain = outer.length === 0 && order.every((from, to) => from === to);
    return {
      // Shards may be far larger than what is read of them at once.
      mostStored: most + sharding.indexSize,
      ...(isPlain && { sharding }),
      async decode(bytes) {
        const block = await decodeShard(await decodeAll(bytes, outer, most), sharding, encoded);
        return { data: block.data, stride };
      },
    };
  }
  const objects =
    element.size === 0 ? textCodec(bare(serializer.name), serializer.configuration, elementOf) : undefined;
  if (!objects && serializer.name !== "bytes") throw unreadCodec(serializer.name);
  const stored = objects ? element : { ...element, bigEndian: endianOf(serializer.configuration, element) };
  // zarr-python 3.1.6 turns the bytes around twice and reads other numbers than were written.
  if (filters.length > 0 && stored.bigEndian !== hostIsBigEndian)
    throw new Unsupported("filters before bytes of another order are not read");
  const valuesOf = valuesAs({ ...spec.element, bigEndian: stored.bigEndian }, objects, product(spec.shape));
  const adds = outer.every((codec) => codec.adds !== undefined)
    ? { adds: outer.reduce((sum, codec) => sum + codec.adds!, 0) }
    : {};
  return {
    mostStored: most,
    ...adds,
    async decode(bytes) {
      const content = await decodeAll(bytes, outer, most);
      return { data: valuesOf(await decodeAll(content, filters, most)), stride };
    },
  };
}

type Named = ReturnType<typeof namedCodec>;

interface ArrayCodecs {
  readonly filters: readonly BytesCodec[];
  /** Of the array once it is encoded by all of them. */
  readonly element: Element;
  readonly shape: readonly number[];
  /** Which dimension of the decoded array each one of the encoded array is. */
  readonly order: readonly number[];
  readonly rest: readonly Named[];
}

/** The codecs from arrays to arrays, which come first. */
function arrayCodecs(named: readonly Named[], spec: ChunkSpec, using: Decompressors): ArrayCodecs {
  const filters: BytesCodec[] = [];
  let element: Element = { ...spec.element, bigEndian: hostIsBigEndian };
  let shape = spec.shape;
  let order = shape.map((_, i) => i);
  let isInSequence = false;
  let taken = 0;
  for (const { name, configuration } of named) {
    if (name === "transpose") {
      if (isInSequence && shape.length > 1) throw new Unsupported("a transpose after delta or packbits is not read");
      const permutation = permutationOf(configuration.order, shape.length);
      [shape, order] = [permutation.map((i) => shape[i]!), permutation.map((i) => order[i]!)];
    } else if (arrayFilters.has(name)) {
      filters.push(bytesCodec(bare(name), configuration, using, element));
      isInSequence ||= /delta|packbits/.test(name);
      element = encodedType(bare(name), configuration, element) ?? element;
    } else break;
    taken++;
  }
  return { filters, element, shape, order, rest: named.slice(taken) };
}

/** Those of numcodecs, and one that zarr-extensions has registered without its prefix. */
const arrayFilters: ReadonlySet<string> = new Set([
  ...["delta", "fixedscaleoffset", "quantize", "bitround", "astype", "packbits"].map((name) => `numcodecs.${name}`),
  "bitround",
]);

const bare = (name: string) => name.replace(/^numcodecs\./, "");

/** Codecs of version 3 itself, whose names are numcodecs' as well, and those with the prefix. */
function coreBytesCodec(name: string, configuration: JsonObject, using: Decompressors, element: Element): BytesCodec {
  const isCore = ["blosc", "gzip", "zstd", "crc32c", "zlib", "lz4", "bz2", "crc32", "adler32", "fletcher32"].includes(
    name,
  );
  if (!isCore && !(name.startsWith("numcodecs.") && isBytesCodec(bare(name)))) throw unreadCodec(name);
  return bytesCodec(bare(name), configuration, using, element);
}

function permutationOf(order: Json | undefined, rank: number): readonly number[] {
  const plain = Array.from({ length: rank }, (_, i) => i);
  // What the drafts of version 3 called them.
  if (order === "C") return plain;
  if (order === "F") return plain.reverse();
  const isPermutation = Array.isArray(order) && order.length === rank && plain.every((i) => order.includes(i));
  if (!isPermutation)
    throw new Error(`transpose has the order ${JSON.stringify(order)?.slice(0, 60)} for ${rank} dimensions`);
  return order as unknown as readonly number[];
}

function unordered(stride: readonly number[], order: readonly number[]): readonly number[] {
  const out = new Array<number>(stride.length);
  for (const [encoded, decoded] of order.entries()) out[decoded] = stride[encoded]!;
  return out;
}

function endianOf({ endian }: JsonObject, { size, kind }: Element): boolean {
  if (endian === "big") return true;
  const hasOrder = size > 1 && kind !== "bytes" && kind !== "raw";
  if (endian !== "little" && hasOrder) throw new Error(`bytes of ${size}-byte values have no endian`);
  return false;
}

/** Values of the decoded bytes, exactly `count`. */
function valuesAs(element: Element, texts: DecodeTexts | undefined, count: number) {
  // What has no typed array is refused now, before anything is fetched.
  roomFor(element, 0);
  const decodeTexts = texts ?? (isText(element) ? fixedTexts(element) : undefined);
  return (bytes: Uint8Array): Block["data"] => {
    if (decodeTexts) return decodeTexts(bytes, count);
    if (bytes.length !== count * element.size) {
      const values = bytes.length / element.size;
      const amount = Number.isInteger(values) ? `${values} values` : `${bytes.length} bytes`;
      throw new Error(
        `it has ${amount} instead of ${count}${Number.isInteger(values) ? "" : ` values of ${element.size} bytes`}`,
      );
    }
    return numbersIn(bytes, element);
  };
}

async function decodeAll(bytes: Uint8Array, codecs: readonly BytesCodec[], most: number): Promise<Uint8Array> {
  let decoded = bytes;
  for (const { name, decode } of codecs.toReversed()) {
    try {
      decoded = await decode(decoded, most);
    } catch (cause) {
      const { message } = cause instanceof Error ? cause : new Error(String(cause));
      const says = message.startsWith(name) ? message : `${name}: ${message}`;
      throw cause instanceof Unsupported ? new Unsupported(says, { cause }) : new Error(says, { cause });
    }
  }
  return decoded;
}

function mostBytes({ element, shape }: ChunkSpec, largest: number): number {
  return element.size === 0 ? mostText : 2 * product(shape) * largest + slack;
}

/** Bytes of the largest type that a value has on its way. */
function largestIn(codecs: JsonObject, element: Element): number {
  let largest = element.size;
  const visit = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isObject(value)) Object.values(value).forEach(visit);
    else if (typeof value === "string") largest = Math.max(largest, elementOf(value)?.size ?? 0);
  };
  for (const key of ["codecs", "filters", "compressor"]) if (codecs[key] !== undefined) visit(codecs[key]);
  // Words like "c" or "F8" are types to numpy; no number takes more than complex128.
  return Math.max(element.size, Math.min(largest, 16));
}

function listOf(value: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(value))
    throw new Error(`its ${what} are ${JSON.stringify(value)?.slice(0, 60)}, which is no list`);
  return value as readonly Json[];
}
