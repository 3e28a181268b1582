/**
 * Chunks in b-trees: version 1 (section III.A.1, nodes of type 1) and version 2 (III.A.2, records of types 10 and 11).
 *
 * Both have chunks in the order of their indices, so only children are read between whose keys a sought chunk may be.
 */
import { type BTree1Kind, btree1 } from "../structure/btree1.ts";
import { type BTree2Kind, btree2 } from "../structure/btree2.ts";
import type { Cursor } from "../structure/cursor.ts";
import { type ChunkGrid, compareIndices } from "./grid.ts";

/** A key is the size of the chunk (4 bytes), its filter mask (4), and where it begins (8 each, the last of an element). */
export async function chunksInBTree1(grid: ChunkGrid, address: number): Promise<void> {
  const { chunkShape, first, last, storage } = grid;
  const indexOf = (key: Cursor) => {
    key.position = 8;
    return chunkShape.map((length) => {
      const start = key.uint(8);
      return start / length;
    });
  };
  const kind: BTree1Kind = {
    what: "an index of chunks",
    type: 1,
    keyLength: 8 + 8 * (chunkShape.length + 1),
    leads: (key, next) => compareIndices(indexOf(key), last) <= 0 && compareIndices(indexOf(next), first) >= 0,
  };
  for await (const entries of btree1(storage, address, kind)) {
    for (const { key, address: chunk } of entries) {
      const index = indexOf(key);
      if (!index.every(Number.isInteger)) throw key.damage("a chunk begins within another");
      key.position = 0;
      grid.add(index, chunk, key.uint(4), key.uint(4));
    }
  }
}

/** A record is the chunk's address, with filters its size and mask (4 bytes), and its index (8 bytes each). */
export async function chunksInBTree2(grid: ChunkGrid, address: number): Promise<void> {
  const { chunkShape, chunkSize, first, last, storage } = grid;
  const rank = chunkShape.length;
  const indexOf = (record: Cursor) => {
    record.position = record.bytes.length - 8 * rank;
    return chunkShape.map(() => record.uint(8));
  };
  const kind: BTree2Kind = {
    what: "an index of chunks",
    types: [10, 11],
    leads: (before, after) =>
      (!before || compareIndices(indexOf(before), last) <= 0) && (!after || compareIndices(indexOf(after), first) >= 0),
  };
  const { offsets } = storage.widths;
  for await (const { type, recordLength, records } of btree2(storage, address, kind)) {
    const sizeWidth = type === 11 ? recordLength - offsets - 4 - 8 * rank : 0;
    for (const record of records) {
      if (sizeWidth < 0 || sizeWidth > 8 || recordLength < offsets + 8 * rank)
        throw record.damage(`an index of chunks has records of ${recordLength} bytes`);
      const chunk = record.address();
      if (chunk === undefined) continue;
      const size = type === 11 ? record.uint(sizeWidth) : chunkSize;
      const mask = type === 11 ? record.uint(4) : 0;
      grid.add(indexOf(record), chunk, size, mask);
    }
  }
}
