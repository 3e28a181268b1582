/** A directory of this machine as a {@link Folder}, so that datasets can be described before they are added. */
import { lstatSync } from "node:fs";
import { open, opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Folder, type FolderEntry, mostNames, splitFirst, TooManyNames } from "../core/dataset/dataset.ts";
import type { RangeSource } from "../core/dataset/range-source.ts";
import { byBytes } from "../core/text/order.ts";

/** Bytes of a CIDv1, and of names and CIDs together beyond which a directory is split by default: see `dag/profile.ts`. */
const cidLength = 36;
const splitFrom = 262_144;

/**
 * The directory at `path`; `undefined` where there is none.
 *
 * Its CIDs are unknown and therefore empty; sizes are those of files, and 0 for directories. A symbolic link is an entry
 * that is neither file nor folder, as it is after being added.
 *
 * @throws TooManyNames for a directory of more than `most` entries; the methods of the returned folder throw it as well.
 */
export async function localFolder(path: string, most: number = mostNames): Promise<Folder | undefined> {
  const entries = await list(path, most);
  if (!entries) return undefined;
  const inner = async (name: string) =>
    entries.get(name)?.kind === "folder" ? localFolder(join(path, name), most) : undefined;

  const self: Folder = {
    cid: path,
    entries,

    isFolder: async (name) => entries.get(name)?.kind === "folder",

    async folder(below, world) {
      const [name, rest] = splitFirst(below);
      const folder = await inner(name);
      return rest === undefined ? folder : folder?.folder(rest, world);
    },

    async read(below, world, range) {
      const [name, rest] = splitFirst(below);
      if (rest !== undefined) return (await inner(name))?.read(rest, world, range);
      return entries.get(name)?.kind === "file" ? readFile(join(path, name), range) : undefined;
    },

    async file(below, world) {
      const [name, rest] = splitFirst(below);
      if (rest !== undefined) return (await inner(name))?.file(rest, world);
      return entries.get(name)?.kind === "file" ? localFile(join(path, name)) : undefined;
    },

    async sample(below, world) {
      const folder = below === "" ? entries : (await self.folder(below, world))?.entries;
      if (!folder) return undefined;
      let bytes = 0;
      for (const name of folder.keys()) bytes += Buffer.byteLength(name) + cidLength;
      return { entries: folder, isWhole: true, isSplit: bytes > splitFrom };
    },
  };
  return self;
}

/** In byte order of the names. Of a file, which nearly all entries are, no more than its name is in memory. */
async function list(path: string, most: number): Promise<ReadonlyMap<string, LocalEntry> | undefined> {
  const names: string[] = [];
  const kinds = new Map<string, "folder" | "other">();
  try {
    for await (const entry of await opendir(path, { bufferSize: 1024 })) {
      names.push(entry.name);
      if (!entry.isFile()) kinds.set(entry.name, entry.isDirectory() ? "folder" : "other");
      if (names.length > most) throw new TooManyNames(path, most);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
  return entriesOf(names.sort(byBytes), (name) => localEntry(join(path, name), kinds.get(name) ?? "file"));
}

interface LocalEntry extends FolderEntry {
  readonly kind: "file" | "folder" | "other";
}

/** Reads its size when it is first used: of two hundred thousand files, few are needed for a description. */
function localEntry(path: string, kind: LocalEntry["kind"]): LocalEntry {
  return {
    kind,
    cid: "",
    get size() {
      return kind === "file" ? (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
    },
  };
}

/** Entries by name, computed when they are requested. `names`: in byte order. */
function entriesOf(names: readonly string[], entryOf: (name: string) => LocalEntry): ReadonlyMap<string, LocalEntry> {
  const has = (name: string): boolean => {
    let [from, to] = [0, names.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = byBytes(names[middle]!, name);
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  };
  const entries: ReadonlyMap<string, LocalEntry> = {
    size: names.length,
    has,
    get: (name) => (has(name) ? entryOf(name) : undefined),
    keys: () => names.values(),
    *values() {
      for (const name of names) yield entryOf(name);
      return undefined;
    },
    *entries() {
      for (const name of names) yield [name, entryOf(name)];
      return undefined;
    },
    forEach(visit) {
      for (const name of names) visit(entryOf(name), name, entries);
    },
    [Symbol.iterator]: () => entries.entries(),
  };
  return entries;
}

/** A file of this machine, to be read by ranges. It is opened for each range, so the caller has nothing to close. */
export async function localFile(path: string): Promise<RangeSource> {
  const { size } = await stat(path);
  return { size, read: (offset, length) => readFile(path, { offset, length }) };
}

async function readFile(path: string, range: Parameters<Folder["read"]>[2]): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const offset = range === undefined ? 0 : "offset" in range ? range.offset : Math.max(0, size - range.suffixLength);
    const length = Math.max(0, Math.min(size - offset, range && "length" in range ? range.length : size));
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
