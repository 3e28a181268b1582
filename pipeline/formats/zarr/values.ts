/**
 * Values of a store's arrays, chunk by chunk, and no more chunks than asked for.
 *
 * `chunks.ts` reads one; which chunks, how many at once and how large they may be is decided here.
 */
import type { Raw, Which } from "../../core/cf/variable.ts";
import { inOrder } from "../../core/concurrency.ts";
import type { DatasetFinding, Folder } from "../../core/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import { shown } from "../../core/shown.ts";
import type { World } from "../../core/world.ts";
import type { ZarrArray } from "./array.ts";
import { chunksIn, type ReadChunk } from "./chunks.ts";
import { type Block, chunksPer, coordinatesOf, copyBlock, product, strideOf } from "./codecs/block.ts";
import { roomFor, Unsupported } from "./codecs/element.ts";

/** Decoded bytes of one array that are read to know its extent: 2 million positions in float64. */
const mostBytes = 32_000_000;
/** Chunks of one array that are read for the same, so that one value a chunk doesn't mean a million requests. */
const mostChunks = 4096;
/** Chunks in a sample of an array beyond those limits. */
const sampleChunks = 8;
/** Chunks of one dataset under way at once. */
const atOnce = 8;

export interface ArrayValues {
  /** As {@link Which} says; `undefined` where it is too much, or can't be decoded, which is then a finding. */
  read(array: ZarrArray, which: Which): Promise<readonly Raw[] | undefined>;
  /** Of the arrays that were asked for so far. */
  findings(): readonly DatasetFinding[];
}

/** @throws what the folder throws: bytes that are out of reach are no property of the data. */
export function valuesIn(folder: Folder, world: World): ArrayValues {
  const unread = new Map<string, DatasetFinding>();
  const inTurn = gate(atOnce);
  const readers = new Map<string, ReadChunk>();
  const readerOf = (array: ZarrArray) => {
    const reader = readers.get(array.path) ?? chunksIn(folder, array, world);
    readers.set(array.path, reader);
    return reader;
  };
  // Ends are kept, since whoever looks at them may want the rest next.
  const ends = new Map<string, Promise<Chunk>>();
  const chunkAt = (array: ZarrArray, reader: ReadChunk, at: readonly number[], keep: boolean) => {
    const key = `${at.join()} ${array.path}`;
    const chunk = ends.get(key) ?? inTurn(async () => ({ ...(await reader(at)), at }));
    if (keep) ends.set(key, chunk);
    return chunk;
  };
  return {
    findings: () => [...unread].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding),
    async read(array, which) {
      if (array.problem) {
        // What nobody can read is told with the array itself.
        if (array.problem instanceof Unsupported) unread.set(array.path, undecodable(array, array.problem));
        return undefined;
      }
      const chosen = chunksOf(array, which);
      // Whoever asks for some has asked for more before.
      if (!chosen && which === "some" && !unread.has(array.path)) unread.set(array.path, tooLarge(array));
      if (!chosen || unread.has(array.path)) return undefined;
      try {
        const reader = readerOf(array);
        // In their order, so that of several bad chunks the same one is named every time.
        const chunks: Chunk[] = [];
        const read = (at: readonly number[]) => chunkAt(array, reader, at, which === "ends");
        for await (const chunk of inOrder(chosen, atOnce, read)) chunks.push(chunk);
        return which === "all" ? [assemble(array, chunks)] : chunks.map((chunk) => assemble(array, [chunk]));
      } catch (error) {
        if (isFailure(error) || world.signal.aborted) throw error;
        // Whatever else a decoder throws is about these bytes.
        unread.set(array.path, undecodable(array, error));
        return undefined;
      }
    },
  };
}

/** Why an array has no values here. Where it is for our own lack, the data are not blamed. */
export function undecodable({ path }: ZarrArray, error: unknown): DatasetFinding {
  const name = path ? shown(path) : "the array";
  const why = shown(error instanceof Error ? error.message : String(error), 200);
  const says =
    error instanceof Unsupported
      ? `${name} is stored in a way that fieldtree does not read (${why}), so its values are not known`
      : `${name} can't be decoded (${why}), so its values are not known`;
  return { level: "warning", rule: "undecodable", says };
}

function tooLarge({ path, chunks, itemSize }: ZarrArray): DatasetFinding {
  const size = `chunks of ${Math.round((product(chunks!) * itemSize) / 1e6)} MB`;
  return {
    level: "warning",
    rule: "large-coordinate",
    says: `${path ? shown(path) : "the array"} is stored in ${size}, so its values are not known; at most ${mostBytes / 1e6} MB are read`,
    fix: "store coordinates in chunks of a few MB, or declare time_coverage_* and geospatial_* attributes",
  };
}

/** Coordinates of the chunks to read; `undefined` where they are too many or too large. */
function chunksOf({ shape, chunks, itemSize }: ZarrArray, which: Which): readonly (readonly number[])[] | undefined {
  if (!chunks) return undefined;
  const counts = chunksPer(shape, chunks);
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

interface Chunk extends Block {
  readonly at: readonly number[];
}

/** The given chunks of an array as one block, slowest dimension first, without what hangs over the array's edge. */
function assemble({ shape, chunks, element }: ZarrArray, pieces: readonly Chunk[]): Raw {
  const alone = pieces.length === 1 ? pieces[0]!.at : undefined;
  const whole = alone ? sizeOf(alone, shape, chunks!) : shape;
  const out = roomFor(element!, product(whole));
  const stride = strideOf(whole);
  for (const piece of pieces) {
    const from = alone ? 0 : piece.at.reduce((sum, n, i) => sum + n * chunks![i]! * stride[i]!, 0);
    copyBlock(piece, { out, from, stride }, sizeOf(piece.at, shape, chunks!));
  }
  return out;
}

/** Lengths of the chunk at these coordinates, shorter where the array ends. */
const sizeOf = (at: readonly number[], shape: readonly number[], chunks: readonly number[]) =>
  shape.map((length, i) => Math.min(chunks[i]!, length - at[i]! * chunks[i]!));

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
