/**
 * Directories: one block of links, or a HAMT of shards where one block would grow too large.
 *
 * A directory is kept as a value that can be changed and made again: only shards on the way to a changed name are made
 * anew, so that one dataset more in a folder of 100 000 costs two blocks, not a thousand. What is made never depends on
 * the way it came about.
 *
 * @see https://specs.ipfs.tech/unixfs/#dag-pb-directory and #dag-pb-hamtdirectory
 */
import { Failure } from "../core/failure.ts";
import { byBytes } from "../core/text/order.ts";
import type { Link, Put } from "./block.ts";
import { type NamedLink, pbLinkLength } from "./codec/dag-pb.ts";
import { encodeUnixFs } from "./codec/unixfs.ts";
import { utf8Length } from "./codec/utf8.ts";
import { type DirectoryEntry, hamtHash } from "./directory-entry.ts";
import { pbBlock } from "./hash.ts";
import { type Profile, shardThreshold } from "./profile.ts";

export interface Directory {
  /** Number of entries. */
  readonly size: number;
  has(name: string): boolean;
  /** Add an entry, or replace the one of that name. @throws Failure `input` for a name that can't be one. */
  set(entry: DirectoryEntry): void;
  /** Take an entry away; nothing happens where there is none. */
  remove(name: string): void;
  /** The directory as it is now. `put` is given the blocks that weren't made before. */
  make(put: Put): Link;
}

/** Slots of a shard. One byte of a name's hash chooses one of them. */
const fanout = 256;

const murmur3x64 = 0x22;

/**
 * The directory of these entries: sharded exactly where Kubo shards it.
 *
 * @throws Failure `input` for a name given twice, an empty one, one with a `/` or NUL, or one that isn't Unicode.
 */
export function makeDirectory(entries: Iterable<DirectoryEntry>, profile: Profile, put: Put): Link {
  const directory = emptyDirectory(profile);
  let count = 0;
  for (const entry of entries) {
    directory.set(entry);
    count++;
    if (directory.size < count) throw new Failure("input", `${JSON.stringify(entry.name)} is twice in one directory`);
  }
  return directory.make(put);
}

/** A UnixFS symlink. `target` is kept as it is, it need not exist. */
export function makeSymlink(target: string, profile: Profile, put: Put): Link {
  const block = pbBlock({ links: [], data: encodeUnixFs({ kind: "symlink", target }) }, profile.cidVersion);
  put(block);
  return { cid: block.cid, tsize: block.bytes.length };
}

export function emptyDirectory(profile: Profile): Directory {
  const entries = new Map<string, Entry>();
  // Present while the directory is large enough to be sharded.
  let shards: Shard | undefined;
  let made: Link | undefined;
  let estimate = emptyEstimate(profile);

  const forget = (entry: Entry): void => {
    estimate -= estimateOf(entry.name, entry.cid.bytes.length, entry.tsize, profile);
    if (shards) removeFrom(shards, entry);
  };

  return {
    get size() {
      return entries.size;
    },

    has: (name) => entries.has(name),

    set({ name, cid, tsize }) {
      const before = entries.get(name);
      if (before) forget(before);
      else if (badName(name))
        throw new Failure("input", `a name in a directory ${badName(name)}: ${JSON.stringify(name)}`);
      const entry: Entry = { name, cid, tsize, hash: before?.hash };
      entries.set(name, entry);
      estimate += estimateOf(name, cid.bytes.length, tsize, profile);
      if (shards) addTo(shards, entry, 0);
      made = undefined;
    },

    remove(name) {
      const entry = entries.get(name);
      if (!entry) return;
      entries.delete(name);
      forget(entry);
      made = undefined;
    },

    make(put) {
      if (made) return made;
      if (estimate > shardThreshold) {
        if (!shards) {
          shards = emptyShard();
          for (const entry of entries.values()) addTo(shards, entry, 0);
        }
        made = makeShard(shards, profile, put);
      } else {
        shards = undefined;
        made = basicBlock(entries.values(), profile, put);
      }
      return made;
    },
  };
}

/** What keeps a name from being one in a directory: "is empty", "holds a slash". */
export function badName(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return `is ${name}`;
  if (name.includes("/")) return "holds a slash";
  if (name.includes("\0")) return "holds a NUL";
  if (!name.isWellFormed()) return "isn't Unicode";
  return undefined;
}

/** What is said of a name that no shard can tell from another. */
export function sharesItsHash(name: string): Failure {
  return new Failure("input", `${JSON.stringify(name)} shares all 64 bits of its hash with another name`, {
    hint: "a directory this large can't hold both: rename one",
  });
}

/** The block of a shard: the slots that are taken, in order, with what stands in each. */
export function shardBlock(
  taken: readonly { readonly slot: number; readonly name?: string; readonly link: Link }[],
  profile: Profile,
  put: Put,
): Link {
  const bitfield = new Uint8Array(fanout / 8);
  const links = taken.map(({ slot, name = "", link: { cid, tsize } }): NamedLink => {
    bitfield[bitfield.length - 1 - (slot >> 3)]! |= 1 << (slot & 7);
    return { name: slotPrefix(slot, fanout) + name, cid, tsize };
  });
  const leadingZeros = bitfield.findIndex((byte) => byte !== 0);
  const data = encodeUnixFs({ kind: "shard", bitfield: bitfield.subarray(leadingZeros), hash: murmur3x64, fanout });
  return seal(links, data, profile, put);
}

/** The block of a directory that is not sharded. */
export function basicBlock(entries: Iterable<DirectoryEntry>, profile: Profile, put: Put): Link {
  const links = [...entries].sort((a, b) => byBytes(a.name, b.name));
  return seal(links, encodeUnixFs({ kind: "directory" }), profile, put);
}

/** Bytes that an entry adds to the estimate of a directory's size; see {@link shardThreshold}. */
export function estimateOf(name: string, cidLength: number, tsize: number, profile: Profile): number {
  const nameLength = utf8Length(name);
  return profile.estimate === "block" ? pbLinkLength(nameLength, cidLength, tsize) : nameLength + cidLength;
}

/** The estimate for a directory without entries. */
export function emptyEstimate(profile: Profile): number {
  return profile.estimate === "block" ? dataFieldLength : 0;
}

/** What a shard's link is called: the slot in hexadecimal, as wide as the widest slot needs, then the name if it is an entry's. */
function slotPrefix(slot: number, width: number): string {
  return slot
    .toString(16)
    .toUpperCase()
    .padStart((width - 1).toString(16).length, "0");
}

interface Entry extends DirectoryEntry {
  hash: Uint8Array | undefined;
}

interface Shard {
  readonly slots: Map<number, Entry | Shard>;
  made: Link | undefined;
}

/** Bytes of the node's `Data` field, which the `block` estimate counts: tag, length and the two bytes of a directory. */
const dataFieldLength = 4;

function isShard(slot: Entry | Shard): slot is Shard {
  return "slots" in slot;
}

function emptyShard(): Shard {
  return { slots: new Map(), made: undefined };
}

function addTo(shard: Shard, entry: Entry, depth: number): void {
  shard.made = undefined;
  entry.hash ??= hamtHash(entry.name);
  const index = entry.hash[depth];
  if (index === undefined) {
    throw sharesItsHash(entry.name);
  }
  const held = shard.slots.get(index);
  if (held === undefined) {
    shard.slots.set(index, entry);
  } else if (isShard(held)) {
    addTo(held, entry, depth + 1);
  } else {
    const deeper = emptyShard();
    shard.slots.set(index, deeper);
    addTo(deeper, held, depth + 1);
    addTo(deeper, entry, depth + 1);
  }
}

/** Take the entry out, and fold a shard that is left with one entry into its parent's slot. */
function removeFrom(shard: Shard, entry: Entry, depth = 0): void {
  shard.made = undefined;
  const index = entry.hash![depth]!;
  const held = shard.slots.get(index)!;
  if (!isShard(held)) {
    shard.slots.delete(index);
    return;
  }
  removeFrom(held, entry, depth + 1);
  const [only, ...others] = held.slots.values();
  if (only && others.length === 0 && !isShard(only)) shard.slots.set(index, only);
}

function makeShard(shard: Shard, profile: Profile, put: Put): Link {
  if (shard.made) return shard.made;
  const taken = [...shard.slots.keys()]
    .sort((a, b) => a - b)
    .map((slot) => {
      const held = shard.slots.get(slot)!;
      return isShard(held)
        ? { slot, link: makeShard(held, profile, put) }
        : { slot, name: held.name, link: { cid: held.cid, tsize: held.tsize } };
    });
  shard.made = shardBlock(taken, profile, put);
  return shard.made;
}

function seal(links: readonly NamedLink[], data: Uint8Array, profile: Profile, put: Put): Link {
  const block = pbBlock({ links, data }, profile.cidVersion);
  put(block);
  let tsize = block.bytes.length;
  for (const link of links) tsize += link.tsize;
  return { cid: block.cid, tsize };
}
