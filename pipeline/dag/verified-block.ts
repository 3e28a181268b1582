/**
 * A block whose bytes were hashed against its CID, as a type: what reads a CAR hashes each block, and a store that gets one of
 * these need not hash it again.
 *
 * Only this module constructs one, so none exists that was not hashed. The bytes must not be changed afterwards.
 */
import { equals } from "multiformats/bytes";
import type { CID } from "multiformats/cid";
import type { Block } from "./block.ts";
import { matchesHash } from "./matches-hash.ts";

export class VerifiedBlock implements Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;

  private constructor(cid: CID, bytes: Uint8Array) {
    this.cid = cid;
    this.bytes = bytes;
  }

  /** `mismatch`: the bytes do not match the CID; `unknown`: its hash is none of those that can be checked. */
  static async from(cid: CID, bytes: Uint8Array): Promise<VerifiedBlock | "mismatch" | "unknown"> {
    const isMatch = await matchesHash(cid, bytes);
    if (isMatch === undefined) return "unknown";
    return isMatch ? new VerifiedBlock(cid, bytes) : "mismatch";
  }

  /** The same bytes under a CID with the same hash, as of the other CID version. @throws Error where the hash is another. */
  under(cid: CID): VerifiedBlock {
    if (!equals(cid.multihash.bytes, this.cid.multihash.bytes)) throw new Error(`${this.cid} was verified, not ${cid}`);
    return new VerifiedBlock(cid, this.bytes);
  }
}
