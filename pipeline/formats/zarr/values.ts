/**
 * Values of a store's arrays, chunk by chunk, and no more chunks than asked for.
 *
 * zarrita decodes; which chunks, how many at once and how large they may be is decided here. It sees one array at a
 * time, under a path of our own, so that no name in a store is ever taken for a URL.
 */
import type { Numbers } from "../../core/cf/packing.ts";
import type { Raw, Which } from "../../core/cf/variable.ts";
import { inOrder } from "../../core/concurrency.ts";
import type { DatasetFinding, Folder } from "../../core/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import { shown } from "../../core/shown.ts";
import type { World } from "../../core/world.ts";
import type { ZarrArray } from "./array.ts";
import { boundCodecs } from "./codecs.ts";

/** Decoded bytes of one array that are read to know its extent: 2 million positions in float64. */
const mostBytes = 32_000_000;
/** Chunks of one array that are read for the same, so that one value a chunk doesn't mean a million requests. */
const mostChunks = 4096;
/** Chunks in a sample of an array beyond those limits. */
const sampleChunks = 8;
/** Chunks of one dataset under way at once. */
const atOnce = 8;
/** Inner chunks of a shard: its index has 16 bytes for each. */
const mostPerShard = 2 ** 20;

export interface ArrayValues {
  /** As {@link Which} says; `undefined` where it is too much, or can't be decoded, which is then a finding. */
  read(array: ZarrArray, which: Which): Promise<readonly Raw[] | undefined>;
  /** Of the arrays that were asked for so far. */
  findings(): readonly DatasetFinding[];
}

/** @throws what the folder throws: bytes that are out of reach are no property of the data. */
export function valuesIn(folder: Folder, version: 2 | 3, world: World): ArrayValues {
  const unread = new Map<string, DatasetFinding>();
  const inTurn = gate(atOnce);
  const decoders = new Map<string, Promise<Decoder>>();
  const decoderOf = (array: ZarrArray) => {
    const decoder = decoders.get(array.path) ?? openDecoder(folder, array, version, world);
    decoders.set(array.path, decoder);
    return decoder;
  };
  // Ends are kept, since whoever looks at them may want the rest next.
  const ends = new Map<string, Promise<Chunk>>();
  const chunkAt = (array: ZarrArray, decoder: Decoder, at: readonly number[], keep: boolean) => {
    const key = `${at.join()} ${array.path}`;
    const chunk = ends.get(key) ?? inTurn(() => decoder(at));
    if (keep) ends.set(key, chunk);
    return chunk;
  };
  return {
    findings: () => [...unread].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding),
    async read(array, which) {
      const chosen = chunksOf(array, which);
      // Whoever asks for some has asked for more before.
      if (!chosen && which === "some" && !unread.has(array.path)) unread.set(array.path, tooLarge(array));
      if (!chosen || unread.has(array.path)) return undefined;
      try {
        const decoder = await decoderOf(array);
        // In their order, so that of several bad chunks the same one is named every time.
        const chunks: Chunk[] = [];
        const read = (at: readonly number[]) => chunkAt(array, decoder, at, which === "ends");
        for await (const chunk of inOrder(chosen, atOnce, read)) chunks.push(chunk);
        return which === "all" ? [assemble(array, chunks)] : chunks.map((chunk) => assemble(array, [chunk]));
      } catch (error) {
        if (isFailure(error) || world.signal.aborted) throw error;
        // Whatever else a decoder throws, and wasm throws all sorts, is about these bytes.
        unread.set(array.path, undecodableBecause(error, array));
        return undefined;
      }
    },
  };
}

function undecodableBecause(error: unknown, { path }: ZarrArray): DatasetFinding {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
  const says = `${path ? shown(path) : "the array"} can't be decoded (${shown(why, 200)}), so its values are not known`;
  return { level: "warning", rule: "undecodable", says };
}

function tooLarge({ path, chunks, itemSize }: ZarrArray): DatasetFinding {
  const size = chunks
    ? `chunks of ${Math.round((product(chunks) * itemSize) / 1e6)} MB`
    : "a grid of chunks we don't know";
  return {
    level: "warning",
    rule: "large-coordinate",
    says: `${path ? shown(path) : "the array"} is stored in ${size}, so its values are not known; at most ${mostBytes / 1e6} MB are read`,
    fix: "store coordinates in chunks of a few MB, or declare time_coverage_* and geospatial_* attributes",
  };
}

/** Coordinates of the chunks to read; `undefined` where they are too many or too large. */
function chunksOf(
  { shape, chunks, itemSize, perShard }: ZarrArray,
  which: Which,
): readonly (readonly number[])[] | undefined {
  if (!chunks || perShard.some((count) => !Number.isInteger(count)) || product(perShard) > mostPerShard)
    return undefined;
  const counts = shape.map((length, i) => Math.ceil(length / chunks[i]!));
  const total = product(counts);
  if (total === 0) return [];
  const bytes = product(chunks) * (itemSize || 1024);
  const most = Math.min(mostChunks, Math.floor(mostBytes / bytes));
  const numbers = which === "all" ? evenly(total, total) : evenly(total, which === "ends" ? 3 : sampleChunks);
  if (numbers.length > most || (which === "all" && total > most)) return undefined;
  return numbers.map((number) => coordinatesOf(number, counts));
}

/** `count` numbers from 0 to `total` - 1, both ends among them. */
function evenly(total: number, count: number): readonly number[] {
  const wanted = Math.min(total, count, mostChunks + 1);
  return Array.from({ length: wanted }, (_, i) => (wanted === 1 ? 0 : Math.floor((i * (total - 1)) / (wanted - 1))));
}

function coordinatesOf(number: number, counts: readonly number[]): readonly number[] {
  let left = number;
  return counts
    .toReversed()
    .map((count) => {
      const at = left % count;
      left = Math.floor(left / count);
      return at;
    })
    .reverse();
}

interface Chunk {
  readonly at: readonly number[];
  readonly data: Elements;
  /** Elements from one to the next, along each dimension. */
  readonly stride: readonly number[];
}

/** A typed array, a list, or one of zarrita's own, which have `get` instead of an index. */
type Elements = { readonly length: number; get?(index: number): unknown; readonly [index: number]: unknown };

type Decoder = (at: readonly number[]) => Promise<Chunk>;

async function openDecoder(folder: Folder, array: ZarrArray, version: 2 | 3, world: World): Promise<Decoder> {
  const { open, root, registry } = await import("zarrita");
  if (!bounded) boundCodecs(registry);
  bounded = true;
  const metadata = new TextEncoder().encode(JSON.stringify(array.decodable));
  const expected = 2 * product(array.chunks!) * (array.itemSize || 65_536) + 2 ** 20;
  const place = (key: string) => (array.path === "" ? key.slice(1) : array.path + key);
  const store = {
    async get(key: `/${string}`) {
      if (key === "/.zarray" || key === "/zarr.json") return metadata;
      world.signal.throwIfAborted();
      const bytes = await folder.read(place(key), world, { offset: 0, length: expected + 1 });
      if (bytes && bytes.length > expected)
        throw new Error(`chunk ${key.slice(1)} is larger than ${expected} bytes, more than it can hold`);
      return bytes;
    },
    async getRange(key: `/${string}`, range: { offset: number; length: number } | { suffixLength: number }) {
      world.signal.throwIfAborted();
      const length = "length" in range ? range.length : range.suffixLength;
      if (!(length <= Math.max(expected, 17 * mostPerShard)))
        throw new Error(`shard ${key.slice(1)} has a chunk of ${length} bytes`);
      return folder.read(place(key), world, range);
    },
  };
  const at = root(store);
  const opened =
    version === 2 ? await open.v2(at, { kind: "array", attrs: false }) : await open.v3(at, { kind: "array" });
  return async (coordinates) => {
    const { data, stride } = await opened.getChunk([...coordinates]);
    return { at: coordinates, data: data as unknown as Elements, stride };
  };
}

let bounded = false;

/** The given chunks of an array as one block, slowest dimension first, without what hangs over the array's edge. */
function assemble({ shape, chunks, type }: ZarrArray, pieces: readonly Chunk[]): Raw {
  const alone = pieces.length === 1 ? pieces[0]!.at : undefined;
  const whole = alone ? sizeOf(alone, shape, chunks!) : shape;
  const out = emptyOf(type, product(whole));
  const outStride = whole.map((_, i) => product(whole.slice(i + 1)));
  for (const { at, data, stride } of pieces) {
    if (data.length < product(chunks!)) {
      throw new Error(`chunk ${at.join(".")} holds ${data.length} values instead of ${product(chunks!)}`);
    }
    const from = alone ? 0 : at.reduce((sum, n, i) => sum + n * chunks![i]! * outStride[i]!, 0);
    copy({ data, stride }, { out, from, stride: outStride }, sizeOf(at, shape, chunks!));
  }
  return out as Raw;
}

/** Lengths of the chunk at these coordinates, shorter where the array ends. */
const sizeOf = (at: readonly number[], shape: readonly number[], chunks: readonly number[]) =>
  shape.map((length, i) => Math.min(chunks[i]!, length - at[i]! * chunks[i]!));

interface Target {
  readonly out: Numbers | string[];
  readonly from: number;
  readonly stride: readonly number[];
}

function copy(source: Pick<Chunk, "data" | "stride">, target: Target, size: readonly number[]): void {
  const { data } = source;
  const { out } = target;
  const get = data.get ? (index: number) => data.get!(index) : (index: number) => data[index];
  const rank = size.length;
  const last = rank - 1;
  const plain = rank > 0 && source.stride[last] === 1 && ArrayBuffer.isView(data) && !Array.isArray(out);
  const row = (at: number, to: number) => {
    if (plain) {
      (out as Float64Array).set((data as unknown as Float64Array).subarray(at, at + size[last]!), to);
      return;
    }
    const step = rank > 0 ? source.stride[last]! : 0;
    for (let i = 0; i < (rank > 0 ? size[last]! : 1); i++) {
      const value = get(at + i * step);
      out[to + i] = (Array.isArray(out) ? String(value) : typeof value === "boolean" ? Number(value) : value) as never;
    }
  };
  const walk = (dimension: number, at: number, to: number) => {
    if (dimension >= last) row(at, to);
    else
      for (let i = 0; i < size[dimension]!; i++) {
        walk(dimension + 1, at + i * source.stride[dimension]!, to + i * target.stride[dimension]!);
      }
  };
  walk(0, 0, target.from);
}

function emptyOf(type: string, length: number): Numbers | string[] {
  if (/^(U|S)\d+$|^string$/.test(type)) return new Array<string>(length);
  const make = arrays[type.replace(/^(datetime64|timedelta64)\[.*$/, "int64")];
  if (!make) throw new Error(`values of type ${type} are not read`);
  return new make(length);
}

const arrays: Readonly<Record<string, new (length: number) => Numbers>> = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
};

const product = (factors: readonly number[]) => factors.reduce((all, each) => all * each, 1);

/** At most `width` of what goes through are under way. */
function gate(width: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
