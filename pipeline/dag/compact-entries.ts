/**
 * Entries of directories as bytes: each is its name, its CID and its size, one behind the other, some sixty bytes for all.
 *
 * Two million files in one folder are an ordinary model run, and as objects with a CID each they are a gigabyte. Bytes are
 * in pieces that are filled one after another, so that growing never copies what is there.
 */
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { varintLength, writeVarint } from "./codec/protobuf.ts";
import { compared } from "./compare-bytes.ts";
import type { DirectoryEntry } from "./directory-entry.ts";
import { pause } from "./event-loop.ts";
import { usualCid } from "./usual-cid.ts";

export interface CompactEntries {
  readonly count: number;
  /** Bytes of memory, about. */
  readonly bytes: number;
  /** Put an entry behind the others. `name` and `cid`, as bytes, are copied. */
  add(name: string, cid: Uint8Array, tsize: number): void;
  /** Entries are numbered from 0, in the order in which they were added. */
  at(entry: number): DirectoryEntry;
  nameOf(entry: number): string;
  tsizeOf(entry: number): number;
  /** The numbers of all entries in byte order of their names; of those with one name, in the order they were added. */
  sorted(): Promise<Uint32Array>;
  /** Below 0 where the entry's name comes before `name` in byte order, above 0 where it comes after. */
  compareTo(entry: number, name: Uint8Array): number;
}

/** Bits of a place within a piece. */
const placeBits = 20;
/** Bytes of the largest piece, unless one entry needs more. */
const largestPiece = 2 ** placeBits;
/** What is left of 32 bits for a piece's number: 4 GiB of entries. */
const mostPieces = 2 ** (32 - placeBits);

const utf8 = { encode: new TextEncoder(), decode: new TextDecoder("utf-8", { ignoreBOM: true }) };

export function compactEntries(): CompactEntries {
  const pieces: Uint8Array[] = [];
  let piece = new Uint8Array(0);
  let filled = 0;
  let total = 0;
  /** Of each entry the number of its piece and its place in it. */
  let starts = new Uint32Array(16);
  let count = 0;

  const room = (most: number): void => {
    if (filled + most <= piece.length && filled < largestPiece) return;
    if (pieces.length === mostPieces) throw new Failure("input", `a directory of ${count} entries is too large`);
    piece = new Uint8Array(Math.max(most, Math.min(largestPiece, Math.max(512, total))));
    pieces.push(piece);
    total += piece.length;
    filled = 0;
  };
  const pieceOf = (entry: number): Uint8Array => pieces[Math.floor(starts[entry]! / largestPiece)]!;
  const startOf = (entry: number): number => starts[entry]! % largestPiece;

  /** Where an entry's name begins in its piece. */
  const nameStart = (entry: number): number => {
    const start = startOf(entry);
    return start + varintLength(numberAt(pieceOf(entry), start));
  };
  const nameEnd = (entry: number): number => nameStart(entry) + numberAt(pieceOf(entry), startOf(entry));
  const nameOf = (entry: number): string =>
    utf8.decode.decode(pieceOf(entry).subarray(nameStart(entry), nameEnd(entry)));
  /** A view of the CID's bytes. */
  const cidOf = (entry: number): Uint8Array => {
    const [bytes, end] = [pieceOf(entry), nameEnd(entry)];
    const length = numberAt(bytes, end);
    const start = end + varintLength(length);
    return bytes.subarray(start, start + length);
  };
  /** The size follows the CID. */
  const tsizeOf = (entry: number): number => {
    const [bytes, cid] = [pieceOf(entry), cidOf(entry)];
    return numberAt(bytes, cid.byteOffset - bytes.byteOffset + cid.length);
  };
  const compare = (a: number, b: number): number =>
    compared(pieceOf(a), nameStart(a), nameEnd(a), pieceOf(b), nameStart(b), nameEnd(b)) || a - b;

  return {
    get count() {
      return count;
    },
    get bytes() {
      return total + 4 * starts.length;
    },

    add(name, cid, tsize) {
      // A UTF-16 unit is three bytes of UTF-8 at most.
      const most = name.length * 3 + cid.length + 3 * longestNumber;
      room(most);
      if (count === starts.length) {
        const larger = new Uint32Array(Math.ceil(count * 1.5));
        larger.set(starts);
        starts = larger;
      }
      starts[count++] = (pieces.length - 1) * largestPiece + filled;
      filled = writeText(piece, filled, name);
      filled = writeVarint(piece, cid.length, filled);
      piece.set(cid, filled);
      filled = writeVarint(piece, tsize, filled + cid.length);
    },

    // The CID is copied, so that a reference to it does not retain the whole piece in memory.
    at(entry) {
      const bytes = cidOf(entry).slice();
      return { name: nameOf(entry), cid: usualCid(bytes) ?? CID.decode(bytes), tsize: tsizeOf(entry) };
    },
    nameOf,
    tsizeOf,
    sorted: () => sortedInTurns(count, compare),

    compareTo: (entry, name) => compared(pieceOf(entry), nameStart(entry), nameEnd(entry), name, 0, name.length),
  };
}

/** Bytes of the longest number that is written: a size of up to 2⁵³. */
const longestNumber = 8;

/** Write the length of `text` in bytes and the text itself; returns the place behind it. */
function writeText(into: Uint8Array, at: number, text: string): number {
  // Nearly always the length of the text in bytes takes as many bytes as its length in letters.
  const guess = at + varintLength(text.length);
  const { written } = utf8.encode.encodeInto(text, into.subarray(guess));
  const start = at + varintLength(written);
  if (start !== guess) into.copyWithin(start, guess, guess + written);
  writeVarint(into, written, at);
  return start + written;
}

/** The varint at a place: what this module wrote. */
function numberAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at, scale = 1; ; i++, scale *= 128) {
    const byte = bytes[i]!;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
}

/** Numbers compared and moved between two turns of the event loop. */
const run = 4096;

/** The numbers below `count`, in the order that `compare` gives them: pieces are sorted, then merged pair by pair. */
async function sortedInTurns(count: number, compare: (a: number, b: number) => number): Promise<Uint32Array> {
  let from = Uint32Array.from({ length: count }, (_, i) => i);
  for (let start = 0; start < count; start += run) {
    from.subarray(start, start + run).sort(compare);
    await pause();
  }
  let to = new Uint32Array(count > run ? count : 0);
  for (let width = run; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, count), Math.min(start + 2 * width, count)];
      let [a, b] = [start, middle];
      for (let at = start; at < end; at++) {
        const takeA = b >= end || (a < middle && compare(from[a]!, from[b]!) <= 0);
        to[at] = from[takeA ? a++ : b++]!;
        if (at % run === 0) await pause();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
