/**
 * CIDs of version 1 with sha2-256 and a codec of one byte, which nearly all are: read and printed without the general decoder and
 * encoder, which take most of the time of listing a large folder.
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

/** As `cid.toString()`, which remembers the text of each CID and is four times slower. */
export function textOfCid(cid: CID): string {
  const { bytes } = cid;
  if (!isUsual(bytes)) return cid.toString();
  // Five bytes are four pairs of letters; the last byte of the 36 is two letters.
  let text = "b";
  for (let at = 0; at < 35; at += 5) {
    const high = bytes[at]! * 4096 + bytes[at + 1]! * 16 + (bytes[at + 2]! >> 4);
    const low = (bytes[at + 2]! & 15) * 65_536 + bytes[at + 3]! * 256 + bytes[at + 4]!;
    text += pairs[high >> 10]! + pairs[high & 1023]! + pairs[low >> 10]! + pairs[low & 1023]!;
  }
  return text + pairs[bytes[35]! << 2];
}

const letters = [..."abcdefghijklmnopqrstuvwxyz234567"];
const pairs = letters.flatMap((first) => letters.map((second) => first + second));
