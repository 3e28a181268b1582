/** Bytes in memory as a `RangeSource` that counts what is asked of it, and that can be made to fail. */
import type { RangeSource } from "../../pipeline/core/dataset/range-source.ts";

export interface CountedSource extends RangeSource {
  /** Every read, in order. */
  readonly reads: { readonly offset: number; readonly length: number }[];
  /** Times that reading began anew after everything asked for had come: reads that could not run in parallel. */
  readonly rounds: number;
  /** Most reads that were under way together. */
  readonly most: number;
}

/** @param before runs before each read: what it throws is thrown by the read. */
export function rangesOf(bytes: Uint8Array, before?: (offset: number, length: number) => Promise<void>): CountedSource {
  const reads: { offset: number; length: number }[] = [];
  let [rounds, underWay, most] = [0, 0, 0];
  return {
    size: bytes.length,
    reads,
    get rounds() {
      return rounds;
    },
    get most() {
      return most;
    },
    async read(offset, length) {
      reads.push({ offset, length });
      if (underWay++ === 0) rounds++;
      most = Math.max(most, underWay);
      try {
        // As long as a node takes: what does not wait for these bytes is asked for meanwhile.
        await new Promise((resolve) => setImmediate(resolve));
        await before?.(offset, length);
        return bytes.subarray(offset, offset + length);
      } finally {
        underWay--;
      }
    },
  };
}
