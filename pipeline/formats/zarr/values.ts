/**
 * Values of a store's arrays, chunk by chunk, and no more chunks than asked for.
 *
 * `chunks.ts` reads one; which chunks and how large they may be is decided here, how many at once in `read-values.ts`.
 */
import type { Piece, ReadValues, Which } from "../../core/cf/variable.ts";
import { atMost } from "../../core/concurrency.ts";
import type { DatasetFinding, Folder } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import { formatBytes, shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { type Block, chunksPer, coordinatesOf, copyBlock, product, strideOf } from "../codecs/block.ts";
import { roomFor, UnknownCodec } from "../codecs/element.ts";
import { evenly, most, sampleSize, underWay } from "../read-limits.ts";
import { type ArrayReading, datasetValues, piecesOf } from "../read-values.ts";
import { Unsupported } from "../unsupported.ts";
import type { ZarrArray } from "./array.ts";
import { chunksIn, type ReadChunk } from "./chunks.ts";

export interface ArrayValues {
  /** As {@link ReadValues} requires; what can't be decoded, and what is too large even for a sample, is then a finding. */
  read(array: ZarrArray, which: Which, visit: Parameters<ReadValues>[2]): Promise<boolean>;
  /** Of the arrays that were asked for so far. */
  findings(): readonly DatasetFinding[];
}

/** @throws what the folder throws: bytes that are out of reach are no property of the data. */
export function valuesIn(folder: Folder, world: World): ArrayValues {
  const values = datasetValues(world);
  const inTurn = atMost(underWay.chunks);
  const readers = new Map<string, ReadChunk>();
  const readerOf = (array: ZarrArray) => {
    const reader = readers.get(array.path) ?? chunksIn(folder, array, world);
    readers.set(array.path, reader);
    return reader;
  };
  const readingOf = (array: ZarrArray): ArrayReading<readonly number[]> => ({
    name: array.path,
    plan(which, budget) {
      const parts = chunksOf(array, which, budget);
      if (!parts) return undefined;
      const read = readerOf(array);
      const load = (at: readonly number[]) => inTurn(async () => piecesIn(array, at, await read(at)));
      return { parts, bytes: bytesOf(array), load };
    },
    tooLarge: () => tooLarge(array),
    // Whatever else a decoder throws is about these bytes.
    unreadable: (error) => (isFailure(error) || world.signal.aborted ? undefined : undecodable(array, error)),
  });
  return {
    findings: values.findings,
    async read(array, which, visit) {
      if (!array.problem) return values.read(readingOf(array), which, visit);
      // What no reader can read is reported with the array itself.
      if (isOurs(array.problem)) values.report(array.path, undecodable(array, array.problem));
      return false;
    },
  };
}

/** Whether only we can't read it, and others can. */
export const isOurs = (problem: Error) => problem instanceof Unsupported && !(problem instanceof UnknownCodec);

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

function tooLarge(array: ZarrArray): DatasetFinding {
  const { path, chunks } = array;
  const how = chunks ? `chunks of ${formatBytes(bytesOf(array))}` : "a grid of chunks we don't know";
  return {
    level: "warning",
    rule: "large-coordinate",
    says: `${path ? shown(path) : "the array"} is stored in ${how}, so its values are not known; chunks of at most ${formatBytes(most.chunk)} are read`,
    fix: "store coordinates in chunks of a few MB, or declare time_coverage_* and geospatial_* attributes",
  };
}

/** Decoded bytes of a chunk; of texts, whose length is unknown, a guess. */
const bytesOf = ({ chunks, itemSize }: ZarrArray) => product(chunks ?? [0]) * (itemSize || 1024);

/** Coordinates of the chunks to read; `undefined` where they are too many or too large. */
function chunksOf(array: ZarrArray, which: Which, budget: number): readonly (readonly number[])[] | undefined {
  const { shape, chunks } = array;
  if (!chunks) return undefined;
  const counts = chunksPer(shape, chunks);
  const total = product(counts);
  if (total === 0) return [];
  const bytes = bytesOf(array);
  if (bytes > most.chunk) return undefined;
  if (which === "all" && (total > most.chunks || total * bytes > Math.min(most.array, budget))) return undefined;
  const length = which === "all" ? total : Math.min(sampleSize, Math.floor(most.array / bytes));
  return evenly(total, length).map((number) => coordinatesOf(number, counts));
}

/** A chunk's values, slowest dimension first, without what hangs over the array's edge. */
function* piecesIn({ shape, chunks, element }: ZarrArray, at: readonly number[], block: Block): Generator<Piece> {
  const from = at.map((n, i) => n * chunks![i]!);
  const size = shape.map((length, i) => Math.min(chunks![i]!, length - from[i]!));
  const stride = strideOf(size);
  const length = product(size);
  let values = block.data;
  if (values.length !== length || block.stride.join() !== stride.join()) {
    const copy = roomFor(element!, length);
    copyBlock(block, { out: copy, from: 0, stride }, size);
    values = copy;
  }
  yield* piecesOf(values, { from, size });
}
