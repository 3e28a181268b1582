/**
 * Whether the same bytes are stored already, for a thread that only appends, in four bytes of memory a block.
 *
 * Each thread that hashes files checks every chunk. A complete index takes 42 bytes a block, in every thread. This module
 * has only the first four bytes of each digest in memory, in the order of the index, which give the entry to read from its
 * file. The result is exact: in the end the bytes of the block itself are compared.
 */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestAt, digestIn, entryPlace, placeIn, readIndex } from "./pack-index.ts";
import { indexName, numberIn, packName } from "./pack-numbers.ts";
import { type PackFile, type Packs, packFile } from "./packs.ts";

/** `refresh` stats every file, as with `all`. */
export type StoredAlready = Pick<Packs, "hasBlock" | "refresh">;

interface KnownPack {
  /** Changes whenever the index does. */
  readonly version: string;
  /** The first four bytes of each digest, big-endian, ascending. uint32[blocks] */
  readonly heads: Uint32Array;
  readonly index: PackFile;
  readonly pack: PackFile;
}

/** What the packs in `folder` have, as of the last `refresh`. */
export function storedAlready(folder: string): StoredAlready {
  let packs: ReadonlyMap<number, KnownPack> = new Map();

  return {
    refresh() {
      const before = packs;
      const now = new Map<number, KnownPack>();
      for (const name of readdirSync(folder)) {
        const number = numberIn(name, "index");
        if (number === undefined) continue;
        const version = versionOf(join(folder, name));
        if (version === undefined) continue;
        const known = before.get(number);
        const pack = known?.version === version ? known : load(folder, number, version);
        if (pack) now.set(number, pack);
      }
      packs = now;
      for (const [number, known] of before) {
        if (now.get(number) === known) continue;
        known.index.close();
        known.pack.close();
      }
      return now.size !== before.size || [...now].some(([number, pack]) => before.get(number) !== pack);
    },

    hasBlock(digest, bytes) {
      const head = headOf(digest);
      for (const { heads, index, pack } of packs.values()) {
        for (let entry = firstFrom(heads, head); heads[entry] === head; entry++) {
          const found = index.readSync(entryPlace(entry));
          if (!found || Buffer.compare(digestIn(found), digest) !== 0) continue;
          const place = placeIn(found);
          const stored = place.length === bytes.length ? pack.readSync(place) : undefined;
          if (stored && Buffer.compare(stored, bytes) === 0) return true;
        }
      }
      return false;
    },
  };
}

function versionOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : undefined;
}

/** `undefined` for a pack whose index is damaged, or that lost committed bytes: none of its blocks count as stored. */
function load(folder: string, number: number, version: string): KnownPack | undefined {
  const [indexPath, packPath] = [join(folder, indexName(number)), join(folder, packName(number))];
  const index = readIndex(readFileSync(indexPath));
  const size = lstatSync(packPath, { throwIfNoEntry: false })?.size ?? 0;
  if (!index || size < index.covered) return undefined;
  const heads = Uint32Array.from({ length: index.count }, (_, entry) => headOf(digestAt(index, entry)));
  return { version, heads, index: packFile(indexPath), pack: packFile(packPath) };
}

function headOf(digest: Uint8Array): number {
  return ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0;
}

/** The first entry whose head is not below this one. */
function firstFrom(heads: Uint32Array, head: number): number {
  let [from, to] = [0, heads.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (heads[middle]! < head) from = middle + 1;
    else to = middle;
  }
  return from;
}
