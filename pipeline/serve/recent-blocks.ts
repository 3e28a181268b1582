/**
 * A cache of recently read directories and roots of files, with their decoded form: each request for a chunk walks the same
 * path from the root.
 */
import type { CID } from "multiformats/cid";
import { keyOf } from "../dag/block.ts";

export interface RecentBlocks {
  get(cid: CID): Uint8Array | undefined;
  add(cid: CID, bytes: Uint8Array): void;
}

/**
 * Bytes of memory for each byte of a dag-pb block: `dag/codec/decode.ts` caches the decoded links as long as the bytes, and
 * `dag/read/read.ts` an index of their names.
 */
const decoded = 12;

/** The most recently used blocks, up to `most` bytes of memory. */
export function recentBlocks(most: number): RecentBlocks {
  const blocks = new Map<string, Uint8Array>();
  let used = 0;
  const add = (cid: CID, bytes: Uint8Array): void => {
    const key = keyOf(cid);
    used += decoded * (bytes.length - (blocks.get(key)?.length ?? 0));
    // The most recently used entry is last.
    blocks.delete(key);
    blocks.set(key, bytes);
    for (const [oldest, { length }] of blocks) {
      if (used <= most) break;
      blocks.delete(oldest);
      used -= decoded * length;
    }
  };
  return {
    get(cid) {
      const bytes = blocks.get(keyOf(cid));
      if (bytes) add(cid, bytes);
      return bytes;
    },
    add,
  };
}
