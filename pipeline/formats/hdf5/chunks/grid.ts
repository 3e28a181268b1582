/** The grid of a dataset's chunks, and the chunks of it that an index is asked for. */
import { chunksPer } from "../../codecs/block.ts";
import type { Hdf5Box, Hdf5Chunk } from "../model.ts";
import { damaged } from "../structure/failures.ts";
import type { Storage } from "../structure/storage.ts";

export interface ChunkGrid {
  readonly storage: Storage;
  readonly chunkShape: readonly number[];
  /** Bytes of a chunk before filters. */
  readonly chunkSize: number;
  /** Chunks along each dimension, now. */
  readonly counts: readonly number[];
  /** Chunks along each dimension once the dataset is as large as it may become; `undefined` where that has no limit. */
  readonly mostCounts: readonly (number | undefined)[];
  /** Indices of the first and last chunk sought, along each dimension. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** @throws Failure `input` where the chunk is not within the file, or there are too many. */
  add(index: readonly number[], address: number, size: number, filterMask: number): void;
  /** In the order of their indices. */
  chunks(): readonly Hdf5Chunk[];
}

/** Chunks of one dataset that are listed, and that are read for one part of it. */
export const mostChunks = { listed: 1_000_000, read: 65_536 } as const;

/** @param box where it is absent, everything is sought. @param most chunks that may be found. */
export function gridOf(
  storage: Storage,
  shape: readonly number[],
  maxShape: readonly (number | undefined)[],
  chunkShape: readonly number[],
  elementSize: number,
  box: Hdf5Box | undefined,
  most: number,
): ChunkGrid {
  const counts = chunksPer(shape, chunkShape);
  const first = chunkShape.map((length, i) => Math.floor((box?.start[i] ?? 0) / length));
  const last = chunkShape.map((length, i) =>
    box ? Math.floor((box.start[i]! + box.count[i]! - 1) / length) : counts[i]! - 1,
  );
  const found: Hdf5Chunk[] = [];
  return {
    storage,
    chunkShape,
    chunkSize: chunkShape.reduce((all, each) => all * each, elementSize),
    counts,
    mostCounts: maxShape.map((most, i) => (most === undefined ? undefined : Math.ceil(most / chunkShape[i]!))),
    first,
    last,
    add(index, address, size, filterMask) {
      // Datasets that were shrunk may have chunks beyond their end.
      if (!index.every((at, i) => at >= first[i]! && at <= last[i]! && at < counts[i]!)) return;
      const offset = storage.offsetOf(address, size, "a chunk");
      if (found.length >= most) throw damaged(`more than ${most} chunks of a dataset are sought`, offset);
      found.push({ index, offset, size, filterMask });
    },
    chunks: () => found.sort((a, b) => compareIndices(a.index, b.index)),
  };
}

/** Below 0 where `a` comes first; the last dimension counts fastest. */
export function compareIndices(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** How many chunks come before this one in a grid with `counts`, of which the first may be unlimited. */
export function positionOf(index: readonly number[], counts: readonly (number | undefined)[]): number {
  return index.reduce((position, at, i) => (i === 0 ? at : position * counts[i]! + at), 0);
}

/** The chunk at a position, as {@link positionOf} counts them. */
export function indexAt(position: number, counts: readonly (number | undefined)[]): number[] {
  const index = new Array<number>(counts.length);
  let left = position;
  for (let i = counts.length - 1; i > 0; i--) {
    index[i] = left % counts[i]!;
    left = Math.floor(left / counts[i]!);
  }
  index[0] = left;
  return index;
}
