/**
 * The packs in a folder, for readers: what was committed, by this process or another.
 *
 * Reading takes no lock. Whether anything is new is asked only when a block isn't found. If a collection removes a pack during a
 * read, the block can't be read at its place and is looked up again.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import { join } from "node:path";
import { digestLength } from "../../../dag/digest-set.ts";
import { sha256 } from "../../../dag/hash.ts";
import { smallRead } from "../../../disk/read-fully.ts";
import { folderContents } from "../folder-contents.ts";
import { readingThreads } from "../reading/reading-threads.ts";
import { packHeader, recordsIn } from "./pack.ts";
import { type PackFile, packFile } from "./pack-file.ts";
import { entryLength, makeIndex, type PackIndex, type Place, writeEntry } from "./pack-index.ts";
import { indexName, numberIn } from "./pack-numbers.ts";
import type { RecentPlaces } from "./recent-places.ts";
import { indexInMemory, type StoredIndex, storedIndex } from "./stored-index.ts";

export interface Packs {
  /** In the order of their numbers. */
  list(): readonly Pack[];
  /** Whether an index lists the block within the bytes that its pack has. */
  has(digest: Uint8Array): boolean;
  /** Whether a pack that has all of its committed bytes has exactly these bytes under the digest. */
  hasBlock(digest: Uint8Array, bytes: Uint8Array): boolean;
  /** Every place where an index lists the block, `among` these packs; usually one. */
  places(digest: Uint8Array, among?: (pack: Pack) => boolean): Generator<PlaceInPack>;
  /**
   * The bytes there, not verified; `undefined` where the pack is gone or ends before them. `into`: memory of the block's length
   * to read them to; absent: they get memory of their own.
   */
  read(place: PlaceInPack, into?: Buffer): Promise<Uint8Array | undefined>;
  readSync(place: PlaceInPack): Uint8Array | undefined;
  /** Fills `memory` from byte `position` of the pack; see `ReadingThreads`. `undefined` where the pack is gone or ends before. */
  readHashed(
    pack: Pack,
    reading: { readonly position: number; readonly memory: Buffer; readonly parts: readonly number[] },
  ): Promise<Uint8Array | undefined>;
  /** Read what was committed or collected since the last call; `true` where anything was. See `folder-contents.ts`. */
  refresh(which?: "all"): boolean;
  close(): void;
}

export interface Pack {
  readonly number: number;
  readonly path: string;
  readonly index: StoredIndex;
  /** Bytes of the file, which may extend beyond what is committed. */
  readonly size: number;
  /** Why the index had to be rebuilt from the pack: its file is `missing` or `damaged`. */
  readonly flaw?: "missing" | "damaged";
}

export interface PlaceInPack extends Place {
  readonly pack: Pack;
}

/** `recent`: places of blocks that this process appended and no index has yet. */
export function openPacks(folder: string, recent: Pick<RecentPlaces, "find"> = { find: () => undefined }): Packs {
  const { list, refresh, clear } = folderContents<LoadedPack>(folder, (names, before) => {
    const packs = loadAll(folder, names, new Map(before.map((pack) => [pack.number, pack])));
    for (const pack of before) if (!packs.includes(pack)) closePack(pack);
    return packs;
  });

  const places = function* (digest: Uint8Array, among?: (pack: Pack) => boolean): Generator<PlaceInPack> {
    for (const pack of list()) {
      if (among && !among(pack)) continue;
      const place = pack.index.find(digest);
      if (place) yield { ...place, pack };
    }
    const found = recent.find(digest);
    const pack = found && packOf(found.number);
    if (found && pack && !(among && !among(pack))) yield { offset: found.offset, length: found.length, pack };
  };
  const packOf = (number: number): LoadedPack | undefined => {
    const loaded = () => list().find((pack) => pack.number === number);
    const pack = loaded();
    if (pack) return pack;
    // Created since the folder was read.
    refresh("all");
    return loaded();
  };

  const fileOf = ({ pack }: { readonly pack: Pack }): PackFile | undefined =>
    list().find((each) => each === pack)?.file;
  const threads = readingThreads();

  return {
    list,
    has: (digest) =>
      recent.find(digest) !== undefined || list().some((pack) => isWithin(pack, pack.index.find(digest))),
    hasBlock(digest, bytes) {
      for (const place of places(digest)) {
        if (place.length !== bytes.length || isShort(place.pack)) continue;
        const stored = fileOf(place)?.readSync(place);
        if (stored && Buffer.compare(stored, bytes) === 0) return true;
      }
      return false;
    },
    places,
    refresh,
    readSync: (place) => fileOf(place)?.readSync(place),
    async read(place, into) {
      const file = fileOf(place);
      return place.length <= smallRead ? file?.readSync(place, into) : file?.read(place, into);
    },
    readHashed: async (pack, reading) => fileOf({ pack })?.readHashed(threads, reading),
    close() {
      for (const pack of list()) closePack(pack);
      clear();
      threads.close();
    },
  };
}

/** Whether the bytes at a place are those of the block. */
export function isIntact(place: PlaceInPack, digest: Uint8Array, packs: Packs): boolean {
  const bytes = packs.readSync(place);
  return bytes !== undefined && Buffer.compare(sha256(bytes), digest) === 0;
}

/** Whether the pack is long enough to have the block: it may have been truncated. */
function isWithin({ size }: Pack, place: Place | undefined): boolean {
  return place !== undefined && place.offset + place.length <= size;
}

/** Whether the pack ends before what its index covers: committed blocks are lost. */
export function isShort({ index, size }: Pick<Pack, "index" | "size">): boolean {
  return size < index.covered;
}

interface LoadedPack extends Pack {
  readonly file: PackFile;
  /** Changes whenever the files do. */
  readonly version: string;
}

function closePack({ file, index }: LoadedPack): void {
  file.close();
  index.close();
}

function loadAll(folder: string, names: readonly string[], known: ReadonlyMap<number, LoadedPack>): LoadedPack[] {
  const packs: LoadedPack[] = [];
  for (const name of names) {
    const number = numberIn(name, "car");
    if (number === undefined) continue;
    const path = join(folder, name);
    const car = regularFile(path);
    if (!car) continue;
    const index = regularFile(join(folder, indexName(number)));
    // With an index, the pack only grows beyond what the index covers; without one, the pack's own modification time counts.
    const version = index ? `${index.ino} ${index.mtimeMs} ${index.size}` : `${car.ino} ${car.mtimeMs} ${car.size}`;
    const before = known.get(number);
    const whatIsThere = (size: number): number => Math.min(size, before?.index.covered ?? 0);
    if (before?.version === version && whatIsThere(before.size) === whatIsThere(car.size)) {
      packs.push(before);
      continue;
    }
    const file = packFile(path);
    const read = index && storedIndex(join(folder, indexName(number)));
    if (read) packs.push({ number, path, index: read, size: car.size, file, version });
    else
      packs.push({
        number,
        path,
        index: indexInMemory(indexFrom(path)),
        size: car.size,
        file,
        version,
        flaw: index ? "damaged" : "missing",
      });
  }
  return packs;
}

/** An index rebuilt from the pack: `entries` known to be before byte `from`, and every valid record after it. */
export function indexFrom(path: string, from = packHeader.length, entries: Buffer = Buffer.alloc(0)): PackIndex {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const parts = [entries];
    let covered = from;
    for (const { digest, offset, length, end, valid } of recordsIn(fd, from, fstatSync(fd).size)) {
      if (!valid) continue;
      const entry = Buffer.alloc(entryLength);
      writeEntry(entry, 0, digest.subarray(0, digestLength), { offset, length });
      parts.push(entry);
      covered = end;
    }
    return makeIndex(Buffer.concat(parts), covered);
  } finally {
    closeSync(fd);
  }
}

/** Only regular files count: a link, a pipe or a folder was put there by another program and is not opened. */
function regularFile(path: string): Stats | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat : undefined;
}
