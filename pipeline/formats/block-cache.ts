/**
 * A `RangeSource` that is read by blocks, so that many small structures near one another cost one read.
 *
 * Formats such as HDF5 are read by thousands of small ranges, each found in the one before. A block is as long as a
 * UnixFS leaf: reading less of a leaf saves nothing. Blocks read last are remembered, each is asked for once however many
 * wait for it, and only some at a time.
 *
 * ```ts
 * const source = withBlocks(fileOfNode);
 * await Promise.all([source.read(0, 8), source.read(96, 40)]); // fileOfNode.read(0, 262144), once
 * ```
 */
import { atMost } from "../core/concurrency.ts";
import type { RangeSource } from "../core/dataset/range-source.ts";
import { Failure } from "../core/failure.ts";
import { recent } from "../core/recent.ts";

export interface BlockOptions {
  /** Bytes. */
  readonly blockSize?: number;
  /** How many blocks are remembered. */
  readonly blocks?: number;
  /** How many reads of the source are under way at most. */
  readonly atOnce?: number;
  /**
   * A file of at most so many blocks is read whole once more than its first block is needed: where one structure leads to the
   * next, each block costs a round trip, and these are few.
   */
  readonly whole?: number;
}

/**
 * What it returns are copies: a reference to some bytes leaves no whole block in memory. Ranges of more than a quarter of what is
 * remembered are read past the cache, so that values don't push out the structures that lead to the next ones.
 *
 * @throws Failure `unavailable`, from `read`, where the source gives fewer bytes than its size promises.
 */
export function withBlocks(
  source: RangeSource,
  { blockSize = 262_144, blocks = 64, atOnce = 16, whole = 8 }: BlockOptions = {},
): RangeSource {
  const { size } = source;
  const limit = atMost(atOnce);
  const count = Math.ceil(size / blockSize);
  let isDue = count <= whole && count <= blocks;

  const fetched = (offset: number, length: number) =>
    limit(async () => {
      const bytes = await source.read(offset, length);
      if (bytes.length === length) return bytes;
      throw new Failure(
        "unavailable",
        `reading ${length} bytes at byte ${offset} of a file of ${size} bytes gave ${bytes.length}`,
      );
    });

  const remembered = recent(blocks, (number: number) => {
    const offset = number * blockSize;
    return fetched(offset, Math.min(blockSize, size - offset));
  });
  const block = (number: number): Promise<Uint8Array> => {
    const bytes = remembered.get(number);
    if (isDue && number > 0) {
      isDue = false;
      for (let other = 1; other < count; other++) if (!remembered.has(other)) remembered.get(other);
    }
    return bytes;
  };

  return {
    size,
    async read(offset, length) {
      const end = Math.min(offset + length, size);
      if (offset >= end) return new Uint8Array(0);
      if (end - offset > (blocks * blockSize) / 4) return fetched(offset, end - offset);
      const first = Math.floor(offset / blockSize);
      const count = Math.floor((end - 1) / blockSize) - first + 1;
      // Nearly always: structures are far smaller than blocks.
      if (count === 1) {
        const start = first * blockSize;
        // Not `slice`, which of a Buffer is a view.
        return new Uint8Array((await block(first)).subarray(offset - start, end - start));
      }
      const out = new Uint8Array(end - offset);
      const parts = await Promise.all(Array.from({ length: count }, (_, i) => block(first + i)));
      for (const [i, bytes] of parts.entries()) {
        const start = (first + i) * blockSize;
        const from = Math.max(offset, start);
        out.set(bytes.subarray(from - start, Math.min(end, start + bytes.length) - start), from - offset);
      }
      return out;
    },
  };
}
