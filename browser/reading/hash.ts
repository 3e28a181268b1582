/**
 * sha2-256 of blocks, as a page can compute it.
 *
 * `crypto.subtle` is absent on plain http under any name but localhost; there a package computes sha2-256 in JavaScript.
 */

/** uint8[32] */
export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

export function sha256Of(subtle: SubtleCrypto | undefined): Sha256 {
  if (subtle) return async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return async (bytes) => {
    const { sha256 } = await import("@noble/hashes/sha2.js");
    return sha256(bytes);
  };
}
