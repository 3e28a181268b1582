/**
 * Directories for listings: names in byte order, in pages.
 *
 * A sorted directory is cached by its CID, in packed form, so that each page of a directory of 200 000 names costs as much as
 * a small directory. One directory is read at a time, since each may be large, and only while a request waits for it.
 */
import type { CID } from "multiformats/cid";
import { unlessAborted } from "../../core/abort.ts";
import { atMost } from "../../core/concurrency.ts";
import { type Get, keyOf } from "../../dag/block.ts";
import { compactEntries } from "../../dag/compact-entries.ts";
import type { DirectoryEntry } from "../../dag/directory-entry.ts";
import { unsortedEntries } from "../../dag/read/read.ts";
import { Refusal } from "../refusal.ts";

export interface SortedFolder {
  /** Entries there are. */
  readonly count: number;
  /** Those from `start` to before `end`. */
  slice(start: number, end: number): DirectoryEntry[];
}

export type SortedFolders = (cid: CID, signal: AbortSignal) => Promise<SortedFolder>;

/** Most entries of a directory that can be listed. */
const mostEntries = 1_000_000;

/** Most bytes of the cache. */
const mostBytes = 128 * 1024 * 1024;

interface Packed extends SortedFolder {
  /** Approximate bytes in memory. */
  readonly bytes: number;
}

/**
 * @param getFor returns a `get` that works until the signal is aborted.
 *
 * The result rejects with Refusal 501 for a directory of more than {@link mostEntries}.
 */
export function sortedFolders(getFor: (signal: AbortSignal) => Get): SortedFolders {
  const packed = new Map<string, Packed>();
  const underway = new Map<
    string,
    { readonly packed: Promise<Packed>; waiting: number; readonly stop: AbortController }
  >();
  const oneByOne = atMost(1);
  let bytes = 0;

  const remember = (key: string, folder: Packed): void => {
    packed.set(key, folder);
    bytes += folder.bytes;
    for (const [oldest, { bytes: its }] of packed) {
      if (bytes <= mostBytes) break;
      packed.delete(oldest);
      bytes -= its;
    }
  };

  const begin = (cid: CID, key: string) => {
    const stop = new AbortController();
    const packed = oneByOne(async () => {
      stop.signal.throwIfAborted();
      const folder = await unlessAborted(stop.signal, pack(cid, getFor(stop.signal)));
      remember(key, folder);
      return folder;
    }).finally(() => {
      if (underway.get(key)?.stop === stop) underway.delete(key);
    });
    const work = { packed, waiting: 0, stop };
    underway.set(key, work);
    return work;
  };

  return async (cid, signal) => {
    const key = keyOf(cid);
    const known = packed.get(key);
    if (known) {
      // The most recently used entry is last.
      packed.delete(key);
      packed.set(key, known);
      return known;
    }
    const work = underway.get(key) ?? begin(cid, key);
    work.waiting++;
    try {
      return await unlessAborted(signal, work.packed);
    } finally {
      work.waiting--;
      if (work.waiting === 0) {
        work.stop.abort();
        if (underway.get(key) === work) underway.delete(key);
      }
    }
  };
}

async function pack(cid: CID, get: Get): Promise<Packed> {
  const found = compactEntries();
  for await (const some of unsortedEntries(cid, get)) {
    for (const { name, cid, tsize } of some) found.add(name, cid.bytes, tsize);
    if (found.count > mostEntries) {
      throw new Refusal(501, `a directory of more than ${mostEntries} names is not listed on pages: ask for its CAR`);
    }
  }
  const order = await found.sorted();
  return {
    count: order.length,
    bytes: 1000 + found.bytes + 4 * order.length,
    slice: (start, stop) => Array.from(order.subarray(start, stop), found.at),
  };
}
