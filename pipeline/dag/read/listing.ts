/**
 * What stands in a directory, for those who look at all of it: names, CIDs and sizes side by side in a few buffers.
 *
 * A folder of a million files is listed in some eighty megabytes; as many objects with a CID each are half a gigabyte.
 */
import { CID } from "multiformats/cid";
import { type FolderEntry, mostNames, TooManyNames } from "../../core/dataset/dataset.ts";
import { Failure } from "../../core/failure.ts";
import type { Get } from "../block.ts";
import type { DirectoryEntry } from "../directory.ts";
import { pause } from "../event-loop.ts";
import { unsortedEntries } from "./read.ts";

/** Entries by name, in byte order of the names. */
export interface Listing extends ReadonlyMap<string, FolderEntry> {
  /** The link of that name. */
  cidOf(name: string): CID | undefined;
}

/**
 * @throws Failure `input` where `cid` is no directory; {@link TooManyNames} where it has more than `most` entries;
 * `corrupt`.
 */
export async function listingOf(cid: CID, get: Get, most: number = mostNames): Promise<Listing> {
  const rows = packing();
  for await (const some of unsortedEntries(cid, get)) {
    for (const entry of some) rows.push(entry);
    if (rows.size() > most) throw new TooManyNames(cid.toString(), most);
  }
  return sortedListing(rows);
}

type Packing = ReturnType<typeof packing>;

/** Rows behind one another: name and CID as bytes, found by where they begin. */
function packing() {
  let count = 0;
  let used = 0;
  let bytes = new Uint8Array(1024);
  let starts = new Uint32Array(64);
  let nameLengths = new Uint16Array(64);
  let sizes = new Float64Array(64);
  const utf8 = new TextEncoder();

  return {
    size: () => count,
    push({ name, cid, tsize }: DirectoryEntry): void {
      const text = utf8.encode(name);
      if (text.length > 0xffff) throw new Failure("corrupt", `a directory holds a name of ${text.length} bytes`);
      const needed = used + text.length + cid.bytes.length;
      if (needed > bytes.length) bytes = grown(bytes, Math.max(needed, bytes.length * 2));
      if (count + 1 >= starts.length) {
        starts = grown(starts, starts.length * 2);
        nameLengths = grown(nameLengths, starts.length);
        sizes = grown(sizes, starts.length);
      }
      bytes.set(text, used);
      bytes.set(cid.bytes, used + text.length);
      starts[count] = used;
      nameLengths[count] = text.length;
      sizes[count] = tsize;
      used = needed;
      starts[++count] = used;
    },
    name: (row: number) => bytes.subarray(starts[row]!, starts[row]! + nameLengths[row]!),
    cid: (row: number) => bytes.subarray(starts[row]! + nameLengths[row]!, starts[row + 1]!),
    tsize: (row: number) => sizes[row]!,
    /** Order of two names: below 0 where that of row `a` comes first. */
    compare: (a: number, b: number) => compared(bytes, starts[a]!, nameLengths[a]!, bytes, starts[b]!, nameLengths[b]!),
    /** {@link compare}, with a name that is in no row. */
    compareTo: (row: number, name: Uint8Array) =>
      compared(bytes, starts[row]!, nameLengths[row]!, name, 0, name.length),
  };
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(from: T, length: number): T {
  const larger = new (from.constructor as new (length: number) => T)(length);
  larger.set(from);
  return larger;
}

function compared(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const shorter = Math.min(aLength, bLength);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

async function sortedListing(rows: Packing): Promise<Listing> {
  const order = await sortedInTurns(rows.size(), rows.compare);
  const utf8 = { encode: new TextEncoder(), decode: new TextDecoder("utf-8", { ignoreBOM: true }) };
  const nameAt = (row: number) => utf8.decode.decode(rows.name(row));
  const rowOf = (name: string): number | undefined => {
    const wanted = utf8.encode.encode(name);
    let [from, to] = [0, order.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const difference = rows.compareTo(order[middle]!, wanted);
      if (difference === 0) return order[middle]!;
      if (difference < 0) from = middle + 1;
      else to = middle;
    }
    return undefined;
  };
  const entryAt = (row: number): FolderEntry => ({
    get cid() {
      return CID.decode(rows.cid(row)).toString();
    },
    size: rows.tsize(row),
  });

  const listing: Listing = {
    size: order.length,
    has: (name) => rowOf(name) !== undefined,
    get(name) {
      const row = rowOf(name);
      return row === undefined ? undefined : entryAt(row);
    },
    cidOf(name) {
      const row = rowOf(name);
      // A copy: what is kept of it must not keep all the others.
      return row === undefined ? undefined : CID.decode(rows.cid(row).slice());
    },
    *keys() {
      for (const row of order) yield nameAt(row);
      return undefined;
    },
    *values() {
      for (const row of order) yield entryAt(row);
      return undefined;
    },
    *entries() {
      for (const row of order) yield [nameAt(row), entryAt(row)];
      return undefined;
    },
    forEach(visit) {
      for (const row of order) visit(entryAt(row), nameAt(row), listing);
    },
    [Symbol.iterator]: () => listing.entries(),
  };
  return listing;
}

/** Rows compared and moved between two turns of the event loop. */
const piece = 4096;

/** The numbers below `count`, in the order that `compare` gives them: pieces are sorted, then merged pair by pair. */
async function sortedInTurns(count: number, compare: (a: number, b: number) => number): Promise<Uint32Array> {
  let from = Uint32Array.from({ length: count }, (_, i) => i);
  for (let start = 0; start < count; start += piece) {
    from.subarray(start, start + piece).sort(compare);
    await pause();
  }
  let to = new Uint32Array(count > piece ? count : 0);
  for (let width = piece; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, count), Math.min(start + 2 * width, count)];
      let [a, b] = [start, middle];
      for (let at = start; at < end; at++) {
        const takeA = b >= end || (a < middle && compare(from[a]!, from[b]!) <= 0);
        to[at] = from[takeA ? a++ : b++]!;
        if (at % piece === 0) await pause();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
