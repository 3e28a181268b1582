/** The last step of every node's `get`: checks that the bytes match the CID. */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { matchesHash } from "../dag/matches-hash.ts";

/**
 * Returns `bytes` after hashing them.
 *
 * @throws Failure `corrupt`, naming their source `who`, where they don't match; `input` where the CID uses a hash that can't
 *   be checked.
 */
export async function verified(cid: CID, bytes: Uint8Array, who: string): Promise<Uint8Array> {
  const isMatch = await matchesHash(cid, bytes);
  if (isMatch) return bytes;
  if (isMatch === undefined) {
    const hash = `0x${cid.multihash.code.toString(16)}`;
    throw new Failure(
      "input",
      `${cid} is hashed by ${hash}, with ${cid.multihash.digest.length} bytes: it can't be checked`,
    );
  }
  throw new Failure("corrupt", `${who} gave ${bytes.length} bytes for ${cid} that do not match the CID`);
}
