/**
 * A cache of recently read directories and roots of files, with their decoded form: each request for a chunk walks the same
 * path from the root.
 */
import type { CID } from "multiformats/cid";
import { keyOf } from "../dag/block.ts";

export interface RecentBlocks {
  get(cid: CID): Uint8Array | undefined;
  keep(cid: CID, bytes: Uint8Array): void;
}

/** Bytes of memory for each byte of a dag-pb block: `dag/codec/decode.ts` caches the decoded links as long as the bytes. */
const decoded = 10;

/** The most recently used blocks, up to `most` bytes of memory. */
export function recentBlocks(most: number): RecentBlocks {
  const blocks = new Map<string, Uint8Array>();
  let held = 0;
  const keep = (cid: CID, bytes: Uint8Array): void => {
    const key = keyOf(cid);
    held += decoded * (bytes.length - (blocks.get(key)?.length ?? 0));
    // The most recently used entry is last.
    blocks.delete(key);
    blocks.set(key, bytes);
    for (const [oldest, { length }] of blocks) {
      if (held <= most) break;
      blocks.delete(oldest);
      held -= decoded * length;
    }
  };
  return {
    get(cid) {
      const bytes = blocks.get(keyOf(cid));
      if (bytes) keep(cid, bytes);
      return bytes;
    },
    keep,
  };
}
