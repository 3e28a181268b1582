/**
 * Appendix "Types of Indexes for Dataset Chunks" (section VII), A and B: a single chunk, and chunks one after another.
 *
 * Neither has an index in the file: the layout has the address of the first chunk.
 */
import type { IndexParameters } from "../messages/layout.ts";
import { type ChunkGrid, positionOf } from "./grid.ts";

export function singleChunk(
  grid: ChunkGrid,
  address: number,
  { filtered }: IndexParameters & { readonly kind: "single chunk" },
): void {
  const index = grid.counts.map(() => 0);
  grid.add(index, address, filtered?.size ?? grid.chunkSize, filtered?.mask ?? 0);
}

/** All were allocated when the dataset was created, without filters, as many as it may ever have. */
export function implicitChunks(grid: ChunkGrid, address: number): void {
  const { first, last, mostCounts, chunkSize } = grid;
  const index = [...first];
  for (;;) {
    grid.add([...index], address + positionOf(index, mostCounts) * chunkSize, chunkSize, 0);
    let dimension = index.length - 1;
    for (; dimension >= 0 && index[dimension] === last[dimension]; dimension--) index[dimension] = first[dimension]!;
    if (dimension < 0) return;
    index[dimension]!++;
  }
}
