/** The last step of every node's `get`: checks that the bytes match the CID. */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { hashes, isInline } from "../dag/block.ts";
import { sha256 } from "../dag/hash.ts";

/**
 * Returns `bytes` after hashing them.
 *
 * @throws Failure `corrupt`, naming their source `who`, where they don't match; `input` where the CID uses another hash than
 *   sha2-256 or identity (small files are inlined with it).
 */
export function verified(cid: CID, bytes: Uint8Array, who: string): Uint8Array {
  const { code, digest } = cid.multihash;
  if (code !== hashes.sha256 && !isInline(cid)) {
    throw new Failure("input", `${cid} is hashed by 0x${code.toString(16)}; only sha2-256 can be checked`);
  }
  if (Buffer.compare(isInline(cid) ? bytes : sha256(bytes), digest) !== 0) {
    throw new Failure("corrupt", `${who} gave ${bytes.length} bytes for ${cid} that are not what the CID says`);
  }
  return bytes;
}
