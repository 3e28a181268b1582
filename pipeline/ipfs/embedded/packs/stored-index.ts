/**
 * The index of a pack for lookups, with four bytes a block in memory; the rest is read from its file when it is needed.
 *
 * A complete index takes 42 bytes a block, and a store has millions of blocks. In memory are only the first four bytes of each
 * digest, in the order of the index. They give the entry to read from the file, which decides. Work on a whole pack, one entry
 * after another, reads the file once: the bytes of the few indexes that were used last stay in memory.
 */
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { Failure } from "../../../core/failure.ts";
import { type PackFile, packFile } from "./pack-file.ts";
import { digestIn, entryPlace, findIn, type PackIndex, type Place, placeIn, readIndex } from "./pack-index.ts";

export interface StoredIndex extends PackIndex {
  /** Where the block of that digest is. */
  find(digest: Uint8Array): Place | undefined;
  close(): void;
}

/** The index in that file; `undefined` where it is not a complete one. */
export function storedIndex(path: string): StoredIndex | undefined {
  // It stays open: a later commit gives the name to another file, and the entries to read are those of this one.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const read = readIndex(readFileSync(fd));
  if (!read) {
    closeSync(fd);
    return undefined;
  }
  const { covered, count } = read;
  const file = packFile(path, fd);
  const heads = new Uint32Array(count);
  for (let entry = 0; entry < count; entry++) heads[entry] = read.bytes.readUInt32BE(entryPlace(entry).offset);

  return {
    covered,
    count,
    get bytes() {
      return wholeFile(path, file, entryPlace(count).offset);
    },
    find(digest) {
      const head = headOf(digest);
      for (let entry = firstFrom(heads, head); heads[entry] === head; entry++) {
        const found = file.readSync(entryPlace(entry));
        if (found && Buffer.compare(digestIn(found), digest) === 0) return placeIn(found);
      }
      return undefined;
    },
    close: file.close,
  };
}

/** An index that has no file of its own: it was made from the pack. */
export function indexInMemory(index: PackIndex): StoredIndex {
  return { ...index, find: (digest) => findIn(index, digest), close: () => {} };
}

/** Indexes whose bytes stay in memory, the last used first. */
let recent: { readonly file: PackFile; readonly bytes: Buffer }[] = [];
const mostRecent = 4;

function wholeFile(path: string, file: PackFile, length: number): Buffer {
  if (recent[0]?.file === file) return recent[0].bytes;
  const bytes = recent.find((each) => each.file === file)?.bytes ?? file.readSync({ offset: 0, length });
  if (!bytes)
    throw new Failure("corrupt", `${path} lost bytes while it was used`, {
      hint: "`fieldtree fsck` reads the pack instead",
    });
  recent = [{ file, bytes }, ...recent.filter((each) => each.file !== file)].slice(0, mostRecent);
  return bytes;
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
