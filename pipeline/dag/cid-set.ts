/**
 * A set of blocks that were met, as a walk through very many needs one.
 *
 * A block is its multihash and its codec, as for `keyOf`: either version of a CID is one. Nearly all are sha2-256, and cost
 * what their digest costs ({@link digestSet}); keys as strings would cost three times as much.
 *
 * Meant for blocks that are there. Digests chosen by an attacker may all share one slot of the set, which makes it slow.
 */
import type { CID } from "multiformats/cid";
import { hashes, hasLinks, keyOf } from "./block.ts";
import { type DigestSet, digestLength, digestSet } from "./digest-set.ts";

export interface CidSet {
  has(cid: CID): boolean;
  add(cid: CID): void;
}

export function cidSet(): CidSet {
  const byCodec = new Map<number, DigestSet>();
  const others = new Set<string>();
  const isSha256 = ({ multihash: { code, digest } }: CID): boolean =>
    code === hashes.sha256 && digest.length === digestLength;

  return {
    has: (cid) =>
      isSha256(cid) ? (byCodec.get(cid.code)?.has(cid.multihash.digest) ?? false) : others.has(keyOf(cid)),
    add(cid) {
      if (!isSha256(cid)) return void others.add(keyOf(cid));
      const digests = byCodec.get(cid.code) ?? digestSet();
      byCodec.set(cid.code, digests);
      digests.add(cid.multihash.digest);
    },
  };
}

/**
 * A set that retains blocks with links alone, for a walk that reads no raw leaf: these are most of all blocks. A leaf that is
 * linked twice is met twice.
 */
export function nodeSet(): CidSet {
  const nodes = cidSet();
  return {
    has: (cid) => hasLinks(cid) && nodes.has(cid),
    add: (cid) => void (hasLinks(cid) && nodes.add(cid)),
  };
}
