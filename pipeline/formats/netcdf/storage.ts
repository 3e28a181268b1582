/** How a file's variables are stored, from its metadata alone: chunk indexes are not read for it. */
import type { StoredArray } from "../../core/checks/storage.ts";
import { chunksPer, product } from "../codecs/block.ts";
import type { NetcdfVariable } from "./file.ts";

/** Filters of HDF5 that only rearrange or check: shuffle, fletcher32. */
const plainFilters: ReadonlySet<number> = new Set([2, 3]);

export function storedArrayOf({ name, shape, chunks, itemSize, stored }: NetcdfVariable): StoredArray {
  const bytes = product(shape) * itemSize;
  const filters = "filters" in stored ? stored.filters : [];
  const compressed = filters.some(({ id }) => !plainFilters.has(id));
  if (!chunks) return { name, bytes, compressed, chunks: 1 };
  const chunkBytes = product(chunks.map((length, i) => Math.min(length, shape[i] ?? length))) * itemSize;
  return { name, bytes, compressed, chunks: Math.max(1, product(chunksPer(shape, chunks))), chunkBytes };
}
