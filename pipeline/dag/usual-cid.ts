/**
 * CIDs of version 1 with sha2-256 and a codec of one byte, which nearly all are: read without the general decoder, which takes much
 * of the time of listing a large folder.
 */
import { CID } from "multiformats/cid";
import { Digest } from "multiformats/hashes/digest";

const usual = { length: 36, version: 1, hash: 0x12, digest: 32 } as const;

function isUsual(bytes: Uint8Array): boolean {
  return (
    bytes.length === usual.length &&
    bytes[0] === usual.version &&
    bytes[1]! < 0x80 &&
    bytes[2] === usual.hash &&
    bytes[3] === usual.digest
  );
}

/** The CID of these bytes, which it goes on using; `undefined` where it is none of the usual ones. */
export function usualCid(bytes: Uint8Array): CID | undefined {
  if (!isUsual(bytes)) return undefined;
  const multihash = bytes.subarray(2);
  return new CID(1, bytes[1]!, new Digest(usual.hash, usual.digest, bytes.subarray(4), multihash), bytes);
}
