/**
 * A directory on IPFS as a {@link Folder}: what readers of datasets see of a DAG.
 *
 * A path is followed by name, so that a chunk directory of a million entries is never listed to read one file in it. Blocks
 * on the path are cached for a while, for all readers of the folder.
 */
import type { CID } from "multiformats/cid";
import { type Folder, type FolderSample, mostNames, splitFirst } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { codecs, type Get, keyOf } from "../block.ts";
import { shapeOf } from "../codec/decode.ts";
import { load } from "./directory-block.ts";
import { type Listing, listingOf } from "./listing.ts";
import { child as childByName, content, stat } from "./read.ts";
import { recently } from "./recent-blocks.ts";

/** Files are read whole into memory: what a description needs is small, and nothing else is read this way. */
const largestRead = 256 * 1024 * 1024;

/**
 * Bounds of the caches below one folder, the least recently read going first: bytes of blocks of directories (and what was read of them, ten times
 * as much), entries of listings, kinds.
 */
const cacheBounds = { bytes: 2 * 1024 * 1024, entries: 50_000, kinds: 10_000 } as const;

export interface OpenOptions {
  /** Entries of one folder beyond which it can't be opened. */
  readonly mostNames?: number;
}

/**
 * The directory at `cid`; `undefined` where it is a file or symlink.
 *
 * @throws TooManyNames where it has more entries than are listed; so does `folder` of what is given.
 */
export async function openFolder(cid: CID, get: Get, options: OpenOptions = {}): Promise<Folder | undefined> {
  return folderAt(cid, directories(recently(get, cacheBounds.bytes), options.mostNames ?? mostNames));
}

async function folderAt(cid: CID, below: Directories): Promise<Folder | undefined> {
  if (!(await below.isDirectory(cid))) return undefined;
  const listing = await below.list(cid);
  const resolve = (path: string) => {
    const [name, rest] = splitFirst(path);
    const link = listing.cidOf(name);
    return link && rest !== undefined ? below.resolve(link, rest) : Promise.resolve(link);
  };

  return {
    cid: cid.toString(),
    entries: listing,

    async isFolder(name) {
      const link = listing.cidOf(name);
      return link !== undefined && below.isDirectory(link);
    },

    async folder(path) {
      const at = await resolve(path);
      return at && folderAt(at, below);
    },

    async read(path, _, range) {
      const at = await resolve(path);
      return at && readFile(at, below.get, range);
    },

    async file(path) {
      const at = await resolve(path);
      return at && openFile(at, below.get);
    },

    async sample(path) {
      const at = path === "" ? cid : await resolve(path);
      return at && sampleOf(at, below.get);
    },
  };
}

/** Levels of a HAMT below its root that are read for a name. */
const mostLevels = 3;

/** The entries that the first block of a directory has. Of a HAMT whose first block has none: those of a block below it. */
async function sampleOf(cid: CID, get: Get): Promise<FolderSample | undefined> {
  let at = cid;
  for (let level = 0; ; level++) {
    if (at.code !== codecs.dagPb) return undefined;
    const shape = shapeOf(at, await load(at, get));
    if (shape.kind === "directory") {
      const entries = new Map(shape.entries.map(({ name, tsize }) => [name, { size: tsize }]));
      return { entries, isWhole: true, isSplit: false };
    }
    if (shape.kind !== "shard") return undefined;
    const named = shape.slots.flatMap(({ name, tsize }) =>
      name === undefined ? [] : [[name, { size: tsize }] as const],
    );
    const deeper = shape.slots.find(({ name }) => name === undefined);
    if (named.length > 0 || !deeper || level === mostLevels)
      return { entries: new Map(named), isWhole: level === 0 && !deeper, isSplit: true };
    at = deeper.cid;
  }
}

type Directories = ReturnType<typeof directories>;

/** Directories below one folder, and what was read of them last. */
function directories(get: Get, mostNames: number) {
  const kinds = new Map<string, boolean>();
  const listings = new Map<string, Listing>();
  let listed = 0;

  const remember = (key: string, listing: Listing): Listing => {
    if (listings.has(key)) return listing;
    listings.set(key, listing);
    listed += listing.size;
    for (const [oldest, { size }] of listings) {
      if (listed <= cacheBounds.entries) break;
      listings.delete(oldest);
      listed -= size;
    }
    return listing;
  };
  /** What is called `name` in the directory at `cid`; it is only listed where it is one block. */
  const child = async (cid: CID, name: string): Promise<CID | undefined> => {
    const known = listings.get(keyOf(cid));
    if (known) return known.cidOf(name);
    const { kind } = shapeOf(cid, await load(cid, get));
    if (kind === "shard") return childByName(cid, name, get);
    return kind === "directory" ? (await list(cid)).cidOf(name) : undefined;
  };
  const list = async (cid: CID): Promise<Listing> => {
    const key = keyOf(cid);
    return listings.get(key) ?? remember(key, await listingOf(cid, get, mostNames));
  };

  return {
    get,
    list,

    /** Whether `cid` is a directory. Reads one block, and none where the codec is raw. */
    async isDirectory(cid: CID): Promise<boolean> {
      if (cid.code !== codecs.dagPb) return false;
      const key = keyOf(cid);
      const known = kinds.get(key);
      if (known !== undefined) return known;
      const directory = (await stat(cid, get)).type === "directory";
      if (kinds.size >= cacheBounds.kinds) kinds.clear();
      kinds.set(key, directory);
      return directory;
    },

    async resolve(cid: CID, path: string): Promise<CID | undefined> {
      let at: CID | undefined = cid;
      for (const name of path.split("/")) {
        if (!at || at.code !== codecs.dagPb) return undefined;
        at = await child(at, name);
      }
      return at;
    },
  };
}

/** `get` that fetches the block of `root` once, for callers that first ask for its kind and then for its contents. */
export function cachingRoot(root: CID, get: Get): Get {
  let fetched: Promise<Uint8Array> | undefined;
  return (cid) => {
    if (!cid.equals(root)) return get(cid);
    fetched ??= get(root);
    return fetched;
  };
}

/** The file at `cid`, to be read by ranges; `undefined` where a directory or symlink is. Reads its root block. */
export async function openFile(cid: CID, get: Get): Promise<RangeSource | undefined> {
  const getCached = cachingRoot(cid, get);
  const { type, size } = await stat(cid, getCached);
  if (type !== "file") return undefined;
  return { size, read: (offset, length) => joined(content(cid, getCached, { offset, length }), length) };
}

async function joined(chunks: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of chunks) {
    // A whole leaf, which is what most reads ask for, is not copied.
    if (chunk.length === most) return chunk;
    bytes ??= new Uint8Array(most);
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes?.subarray(0, filled) ?? new Uint8Array(0);
}

async function readFile(cid: CID, get: Get, range: Parameters<Folder["read"]>[2]): Promise<Uint8Array | undefined> {
  const getCached = cachingRoot(cid, get);
  const { type, size } = await stat(cid, getCached);
  if (type !== "file") return undefined;
  const offset = range === undefined ? 0 : "offset" in range ? range.offset : Math.max(0, size - range.suffixLength);
  const length = Math.max(0, Math.min(size - offset, range && "length" in range ? range.length : size));
  if (length > largestRead) {
    throw new Failure(
      "input",
      `${cid} is ${size} bytes; more than ${largestRead} are not read into memory to describe a dataset`,
    );
  }
  return joined(content(cid, getCached, { offset, length }), length);
}
