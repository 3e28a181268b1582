/**
 * Directories and roots of files that were read last, with what was decoded of them: each request for a chunk walks the
 * same path from the root.
 */
import type { CID } from "multiformats/cid";
import { keyOf } from "../dag/block.ts";

export interface RecentBlocks {
  get(cid: CID): Uint8Array | undefined;
  keep(cid: CID, bytes: Uint8Array): void;
}

/** Bytes of memory for each byte of a dag-pb block: `dag/codec/decode.ts` remembers its links for as long as the bytes are here. */
const decoded = 10;

/** The blocks used last, up to `most` bytes of memory. */
export function recentBlocks(most: number): RecentBlocks {
  const blocks = new Map<string, Uint8Array>();
  let held = 0;
  const keep = (cid: CID, bytes: Uint8Array): void => {
    const key = keyOf(cid);
    held += decoded * (bytes.length - (blocks.get(key)?.length ?? 0));
    // What was used last stands last.
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
