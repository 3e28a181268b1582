/**
 * The format of a pack: a CARv1 file that is only ever appended to, so any tool that reads CAR reads packs.
 *
 * A pack begins with a header, followed by records: length, CID, bytes. Hashing shows whether a record is complete. That is
 * how a pack without an index is read.
 *
 * @see https://ipld.io/specs/transport/car/carv1/
 */
import { CID } from "multiformats/cid";
import { hashes } from "../../../dag/block.ts";
import { largestBlock } from "../../../dag/car.ts";
import { varintLength, writeVarint } from "../../../dag/codec/protobuf.ts";
import { sha256 } from "../../../dag/hash.ts";
import { readFully } from "../../../disk/read-fully.ts";
import type { Place } from "./pack-index.ts";

/**
 * `{roots: [bafkqaaa], version: 1}`. Packs have no roots, but not every reader accepts a CAR without one; the specification
 * suggests the CID of the empty block for that.
 */
export const packHeader = Buffer.from("19a265726f6f747381d82a4500015500006776657273696f6e01", "hex");

/** Most bytes before a block's own bytes that fieldtree writes: a length of four bytes and a CIDv1. */
export const longestHead = 40;

/** Write what precedes a block of `length` bytes; returns how many bytes that took. */
export function writeHead(into: Uint8Array, at: number, cid: Uint8Array, length: number): number {
  const behind = writeVarint(into, cid.length + length, at);
  into.set(cid, behind);
  return behind + cid.length - at;
}

export function headLength(cidLength: number, length: number): number {
  return varintLength(cidLength + length) + cidLength;
}

export interface PackRecord extends Place {
  readonly digest: Uint8Array;
  /** Bytes from the beginning of the pack to the next record. */
  readonly end: number;
  /** Whether the bytes match the CID. */
  readonly valid: boolean;
}

/**
 * The records from byte `from` on, which must be the beginning of one, each hashed. Ends where no further record can be read:
 * at the end of the file, at a truncated record, or at bytes that are no record.
 */
export function* recordsIn(fd: number, from: number, size: number): Generator<PackRecord> {
  const window = Buffer.allocUnsafeSlow(windowLength);
  let start = from;
  let buffered = window.subarray(0, 0);
  for (let at = from; at < size; ) {
    let head = headIn(buffered.subarray(at - start));
    if (!head || at - start + head.end > buffered.length) {
      start = at;
      buffered = window.subarray(0, readFully(fd, window, at));
      head = headIn(buffered);
      if (!head || head.end > buffered.length) return;
    }
    const bytes = buffered.subarray(at - start + head.start, at - start + head.end);
    const valid = Buffer.compare(sha256(bytes), head.digest) === 0;
    yield { digest: head.digest, offset: at + head.start, length: bytes.length, end: at + head.end, valid };
    at += head.end;
  }
}

/** Bytes. Two of the largest records fit, so that most reads return more than one. */
const windowLength = 2 * (largestBlock + 128);

/** The record at the beginning of `bytes`; `undefined` where it is none that fieldtree writes. */
function headIn(bytes: Buffer): { digest: Uint8Array; start: number; end: number } | undefined {
  let length = 0;
  let at = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined || at > 4) return undefined;
    length += (byte % 128) * scale;
    if (byte < 128) break;
  }
  if (length === 0 || length > largestBlock + 128) return undefined;
  try {
    const [cid, rest] = CID.decodeFirst(bytes.subarray(at, at + Math.min(length, 128)));
    const { code, digest } = cid.multihash;
    if (code !== hashes.sha256 || digest.length !== 32) return undefined;
    const start = at + Math.min(length, 128) - rest.length;
    return { digest: Uint8Array.from(digest), start, end: at + length };
  } catch {
    return undefined;
  }
}
