/** Elements of fixed and extensible arrays: sections VII.C and VII.D, "Data Block Element" with and without filters. */
import type { Cursor } from "../structure/cursor.ts";
import type { ChunkGrid } from "./grid.ts";

export interface ElementKind {
  /** Whether each has its size and filter mask: client ID 1. */
  readonly isFiltered: boolean;
  /** Bytes. */
  readonly size: number;
}

/** @throws Failure `input` where the array is of something else. */
export function elementKind(client: number, size: number, cursor: Cursor): ElementKind {
  const { offsets } = cursor.widths;
  const sizeWidth = size - offsets - 4;
  if (client > 1 || (client === 0 ? size !== offsets : sizeWidth < 1 || sizeWidth > 8))
    throw cursor.damage(`an index of chunks has elements of kind ${client} with ${size} bytes`);
  return { isFiltered: client === 1, size };
}

/** The chunk of the element that comes next. */
export function takeElement(cursor: Cursor, kind: ElementKind, index: readonly number[], grid: ChunkGrid): void {
  const address = cursor.address();
  const size = kind.isFiltered ? cursor.uint(kind.size - cursor.widths.offsets - 4) : grid.chunkSize;
  const mask = kind.isFiltered ? cursor.uint(4) : 0;
  if (address !== undefined) grid.add(index, address, size, mask);
}
