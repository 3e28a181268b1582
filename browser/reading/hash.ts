/**
 * Hashes of blocks, as a page can compute them.
 *
 * `crypto.subtle` is absent on plain http under any name but localhost; there a package computes sha2-256 in JavaScript.
 */
import type { CID } from "multiformats/cid";
import { hashes, isInline } from "../../pipeline/dag/block.ts";
import { otherHash } from "../../pipeline/dag/read/other-hashes.ts";

/** uint8[32] */
export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

export function sha256Of(subtle: SubtleCrypto | undefined): Sha256 {
  if (subtle) return async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return async (bytes) => {
    const { sha256 } = await import("@noble/hashes/sha2.js");
    return sha256(bytes);
  };
}

/** Whether `bytes` are what `cid` says; `undefined` where its hash is none that counts. */
export async function isWhatItSays(cid: CID, bytes: Uint8Array, sha256: Sha256): Promise<boolean | undefined> {
  const { code, digest } = cid.multihash;
  if (isInline(cid)) return isEqual(bytes, digest);
  if (code === hashes.sha256) return isEqual(await sha256(bytes), digest);
  const hash = await otherHash(code, digest.length);
  return hash && isEqual(hash(bytes), digest);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
