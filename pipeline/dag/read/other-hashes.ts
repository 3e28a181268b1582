/**
 * Whether bytes match a CID, by each hash that blocks on IPFS are addressed with, in Node and in browsers.
 *
 * sha2-256 is given by the caller: what runs this has a faster one. The others come from other writers (blake3 from iroh, blake2b from
 * Filecoin) and are loaded when the first such block arrives. Left out are hashes for which two blocks with one digest can
 * be made (sha1, anything cut below 160 bits), as Kubo leaves out the shorter ones: such a CID identifies no content.
 *
 * @see https://github.com/multiformats/multicodec/blob/master/table.csv
 */

import { equals } from "multiformats/bytes";
import type { CID } from "multiformats/cid";
import { hashes, isInline } from "../block.ts";

/** `undefined` where the hash is none of those that count. @param sha256 gives uint8[32] */
export async function isHashedBy(
  cid: CID,
  bytes: Uint8Array,
  sha256: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<boolean | undefined> {
  const { code, digest } = cid.multihash;
  if (isInline(cid)) return equals(bytes, digest);
  if (code === hashes.sha256) return equals(await sha256(bytes), digest);
  const hash = await otherHash(code, digest.length);
  return hash && equals(hash(bytes), digest);
}

type Hash = (bytes: Uint8Array) => Uint8Array;

/** Bytes of the shortest digest that counts. */
const shortest = 20;

/** The hash with that multicodec and a digest of `length` bytes; `undefined` where it is none of those that count. */
async function otherHash(code: number, length: number): Promise<Hash | undefined> {
  if (length < shortest) return undefined;
  const name = names.get(code);
  if (name === "sha2-384" || name === "sha2-512") {
    const { sha384, sha512 } = await import("@noble/hashes/sha2.js");
    return name === "sha2-384" ? sha384 : sha512;
  }
  if (name !== undefined) {
    const sha3 = await import("@noble/hashes/sha3.js");
    return sha3[name];
  }
  if (code === blake3Code) {
    const { blake3 } = await import("@noble/hashes/blake3.js");
    return (bytes) => blake3(bytes, { dkLen: length });
  }
  const { blake2b, blake2s } = await import("@noble/hashes/blake2.js");
  // One code for each length of the digest: 0xb201 is blake2b of one byte, 0xb241 blake2s of one byte.
  if (code === blake2bCodes + length && length <= 64) return (bytes) => blake2b(bytes, { dkLen: length });
  if (code === blake2sCodes + length && length <= 32) return (bytes) => blake2s(bytes, { dkLen: length });
  return undefined;
}

const blake3Code = 0x1e;
const blake2bCodes = 0xb200;
const blake2sCodes = 0xb240;

type HashName = "sha2-384" | "sha2-512" | `sha3_${224 | 256 | 384 | 512}` | `keccak_${224 | 256 | 384 | 512}`;

const names: ReadonlyMap<number, HashName> = new Map([
  [0x13, "sha2-512"],
  [0x14, "sha3_512"],
  [0x15, "sha3_384"],
  [0x16, "sha3_256"],
  [0x17, "sha3_224"],
  [0x1a, "keccak_224"],
  [0x1b, "keccak_256"],
  [0x1c, "keccak_384"],
  [0x1d, "keccak_512"],
  [0x20, "sha2-384"],
]);
