/**
 * A whole directory in memory, for lookups by name and for iteration.
 *
 * A folder of a million files is listed in some sixty megabytes; as many objects with a CID each are half a gigabyte.
 */
import type { CID } from "multiformats/cid";
import { type FolderEntry, mostNames, TooManyNames } from "../../core/dataset/dataset.ts";
import type { Get } from "../block.ts";
import { type CompactEntries, compactEntries } from "../compact-entries.ts";
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
  const rows = compactEntries();
  for await (const some of unsortedEntries(cid, get)) {
    for (const { name, cid, tsize } of some) rows.add(name, cid.bytes, tsize);
    if (rows.count > most) throw new TooManyNames(cid.toString(), most);
  }
  return sortedListing(rows);
}

async function sortedListing(rows: CompactEntries): Promise<Listing> {
  const order = await rows.sorted();
  const utf8 = new TextEncoder();
  const rowOf = (name: string): number | undefined => {
    const sought = utf8.encode(name);
    let [from, to] = [0, order.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const difference = rows.compareTo(order[middle]!, sought);
      if (difference === 0) return order[middle]!;
      if (difference < 0) from = middle + 1;
      else to = middle;
    }
    return undefined;
  };
  const entryAt = (row: number): FolderEntry => ({
    get cid() {
      return rows.at(row).cid.toString();
    },
    size: rows.tsizeOf(row),
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
      return row === undefined ? undefined : rows.at(row).cid;
    },
    *keys() {
      for (const row of order) yield rows.nameOf(row);
      return undefined;
    },
    *values() {
      for (const row of order) yield entryAt(row);
      return undefined;
    },
    *entries() {
      for (const row of order) yield [rows.nameOf(row), entryAt(row)];
      return undefined;
    },
    forEach(visit) {
      for (const row of order) visit(entryAt(row), rows.nameOf(row), listing);
    },
    [Symbol.iterator]: () => listing.entries(),
  };
  return listing;
}
