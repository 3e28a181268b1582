/**
 * The index of a pack: the offset of each block in it, sorted by digest, in one buffer that is searched without decoding.
 *
 * It is also the commit: bytes of a pack beyond `covered` are not committed. An index is written atomically, after the pack is
 * on the disk. A lost or damaged index can be rebuilt from the pack alone.
 *
 * | bytes | what |
 * |---|---|
 * | 8 | `ftindex1` |
 * | 6 + 2 | `covered`, big-endian, and zeros |
 * | 4 | number of entries |
 * | 4 | CRC-32 of all other bytes |
 * | 256 × 4 | number of entries whose digest begins with this byte or a lesser one |
 * | n × 42 | digest (32), offset of the block's bytes in the pack (6), their length (4), sorted by digest |
 */
import { crc32 } from "node:zlib";
import { digestLength } from "../../../dag/digest-set.ts";

export interface PackIndex {
  /** Bytes of the pack that are committed. */
  readonly covered: number;
  readonly count: number;
  /** The whole file. */
  readonly bytes: Buffer;
}

export interface Place {
  /** Bytes from the beginning of the pack to the first of the block's own. */
  readonly offset: number;
  /** Bytes of the block. */
  readonly length: number;
}

/** Bytes of one entry. */
export const entryLength = digestLength + 6 + 4;

const magic = Buffer.from("ftindex1");
const coveredAt = 8;
const countAt = 16;
const crcAt = 20;
const fanoutAt = 24;
const entriesAt = fanoutAt + 256 * 4;

/** The index of these entries, given in any order. Of two with one digest the later one counts: it is the valid copy. */
export function makeIndex(entries: Buffer, covered: number): PackIndex {
  const order = sortedOrder(entries);
  const bytes = Buffer.alloc(entriesAt + order.length * entryLength);
  bytes.set(magic);
  bytes.writeUIntBE(covered, coveredAt, 6);
  let count = 0;
  for (const each of order) {
    const at = entriesAt + count * entryLength;
    entries.copy(bytes, at, each * entryLength, (each + 1) * entryLength);
    if (
      count > 0 &&
      bytes.compare(bytes, at, at + digestLength, at - entryLength, at - entryLength + digestLength) === 0
    )
      continue;
    count++;
    const first = fanoutAt + bytes[at]! * 4;
    bytes.writeUInt32BE(bytes.readUInt32BE(first) + 1, first);
  }
  for (let first = 1; first < 256; first++) {
    const at = fanoutAt + first * 4;
    bytes.writeUInt32BE(bytes.readUInt32BE(at) + bytes.readUInt32BE(at - 4), at);
  }
  bytes.writeUInt32BE(count, countAt);
  const whole = bytes.subarray(0, entriesAt + count * entryLength);
  whole.writeUInt32BE(crcOf(whole), crcAt);
  return { covered, count, bytes: whole };
}

/** The index in these bytes of a file; `undefined` where they are not a complete one. */
export function readIndex(bytes: Buffer): PackIndex | undefined {
  if (bytes.length < entriesAt || bytes.compare(magic, 0, magic.length, 0, magic.length) !== 0) return undefined;
  const count = bytes.readUInt32BE(countAt);
  if (bytes.length !== entriesAt + count * entryLength) return undefined;
  if (bytes.readUInt32BE(crcAt) !== crcOf(bytes)) return undefined;
  return { covered: bytes.readUIntBE(coveredAt, 6), count, bytes };
}

/** Where the block of that digest is. */
export function findIn(index: PackIndex, digest: Uint8Array): Place | undefined {
  const { bytes } = index;
  const fan = fanoutAt + digest[0]! * 4;
  let low = digest[0] === 0 ? 0 : bytes.readUInt32BE(fan - 4);
  let high = bytes.readUInt32BE(fan) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(bytes, entriesAt + middle * entryLength, digest);
    if (order === 0) return placeAt(index, middle);
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

export function digestAt({ bytes }: PackIndex, entry: number): Buffer {
  const at = entriesAt + entry * entryLength;
  return bytes.subarray(at, at + digestLength);
}

export function placeAt({ bytes }: PackIndex, entry: number): Place {
  return placeIn(bytes, entriesAt + entry * entryLength);
}

/** Where in the file of an index an entry is. */
export function entryPlace(entry: number): Place {
  return { offset: entriesAt + entry * entryLength, length: entryLength };
}

/** The digest of one entry, as it was read from the file. */
export function digestIn(entry: Buffer): Buffer {
  return entry.subarray(0, digestLength);
}

/** The place of the block, from the entry at byte `at`. */
export function placeIn(bytes: Buffer, at = 0): Place {
  return { offset: bytes.readUIntBE(at + digestLength, 6), length: bytes.readUInt32BE(at + digestLength + 6) };
}

/** The entries, sorted, without a copy. */
export function entriesOf({ bytes }: PackIndex): Buffer {
  return bytes.subarray(entriesAt);
}

export function writeEntry(into: Buffer, entry: number, digest: Uint8Array, { offset, length }: Place): void {
  const at = entry * entryLength;
  into.set(digest, at);
  into.writeUIntBE(offset, at + digestLength, 6);
  into.writeUInt32BE(length, at + digestLength + 6);
}

function compareAt(bytes: Buffer, at: number, digest: Uint8Array): number {
  for (let i = 0; i < digestLength; i++) {
    const difference = bytes[at + i]! - digest[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function sortedOrder(entries: Buffer): Uint32Array {
  const count = Math.floor(entries.length / entryLength);
  const order = Uint32Array.from({ length: count }, (_, entry) => entry);
  // The first six bytes nearly always differ, and numbers compare faster than buffers.
  const first = Float64Array.from(order, (entry) => entries.readUIntBE(entry * entryLength, 6));
  return order.sort((a, b) => {
    if (first[a] !== first[b]) return first[a]! - first[b]!;
    const [left, right] = [a * entryLength, b * entryLength];
    return entries.compare(entries, right, right + digestLength, left, left + digestLength) || b - a;
  });
}

function crcOf(bytes: Buffer): number {
  return crc32(bytes.subarray(fanoutAt), crc32(bytes.subarray(0, crcAt)));
}
