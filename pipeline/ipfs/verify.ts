/** The check every node's `get` ends with: are these the bytes that the CID names? */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { hashes, isInline } from "../dag/block.ts";
import { sha256 } from "../dag/hash.ts";

/**
 * `bytes` again, once hashed.
 *
 * @throws Failure `corrupt`, naming `who` gave them, where they are others; `input` where the CID is hashed by anything but
 *   sha2-256 or, as small files are inlined, by nothing.
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
