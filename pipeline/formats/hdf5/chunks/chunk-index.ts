/** Where a dataset's chunks are, whichever of HDF5's six indexes it has (appendix "Types of Indexes for Dataset Chunks"). */

import type { StoredChunks } from "../messages/layout.ts";
import type { Hdf5Box, Hdf5Chunk } from "../model.ts";
import { damaged } from "../structure/failures.ts";
import type { Storage } from "../structure/storage.ts";
import { chunksInExtensibleArray } from "./extensible-array.ts";
import { implicitChunks, singleChunk } from "./few.ts";
import { chunksInFixedArray } from "./fixed-array.ts";
import { type ChunkGrid, gridOf, mostChunks } from "./grid.ts";
import { chunksInBTree1, chunksInBTree2 } from "./trees.ts";

export interface ChunkedShape {
  readonly shape: readonly number[];
  readonly maxShape: readonly (number | undefined)[];
  /** Bytes. */
  readonly elementSize: number;
}

/** As `Hdf5Dataset.chunks`; `box` is within the shape. */
export async function chunksOf(
  storage: Storage,
  layout: StoredChunks,
  { shape, maxShape, elementSize }: ChunkedShape,
  box: Hdf5Box | undefined,
  most: number = mostChunks.listed,
): Promise<readonly Hdf5Chunk[]> {
  const { address, index, chunkShape } = layout;
  const isEmpty = shape.includes(0) || box?.count.includes(0);
  if (address === undefined || isEmpty) return [];
  const grid = gridOf(storage, shape, maxShape, chunkShape, elementSize, box, most);
  const unlimited = grid.mostCounts.filter((count) => count === undefined).length;
  const expected = { implicit: 0, "fixed array": 0, "extensible array": 1 }[index.kind as string];
  if (expected !== undefined && unlimited !== expected)
    throw damaged(
      `chunks in an index of kind "${index.kind}" have ${unlimited} unlimited dimensions`,
      storage.base + address,
    );
  await addChunks(grid, layout, address);
  return grid.chunks();
}

async function addChunks(grid: ChunkGrid, { index }: StoredChunks, address: number): Promise<void> {
  switch (index.kind) {
    case "v1 b-tree":
      return chunksInBTree1(grid, address);
    case "single chunk":
      return singleChunk(grid, address, index);
    case "implicit":
      return implicitChunks(grid, address);
    case "fixed array":
      return chunksInFixedArray(grid, address);
    case "extensible array":
      return chunksInExtensibleArray(grid, address);
    case "v2 b-tree":
      return chunksInBTree2(grid, address);
  }
}
