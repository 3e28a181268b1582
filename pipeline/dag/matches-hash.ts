/**
 * Whether bytes are what a CID says, by each hash that blocks on IPFS are addressed with.
 *
 * sha2-256, which fieldtree itself writes, is computed by Node; the others are those of `read/other-hashes.ts`.
 */
import type { CID } from "multiformats/cid";
import { hashes, isInline } from "./block.ts";
import { sha256 } from "./hash.ts";
import { otherHash } from "./read/other-hashes.ts";

/** `undefined` where the hash is none of those that count. */
export async function matchesHash(cid: CID, bytes: Uint8Array): Promise<boolean | undefined> {
  const { code, digest } = cid.multihash;
  if (isInline(cid)) return isEqual(bytes, digest);
  if (code === hashes.sha256) return isEqual(sha256(bytes), digest);
  const hash = await otherHash(code, digest.length);
  return hash && isEqual(hash(bytes), digest);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
