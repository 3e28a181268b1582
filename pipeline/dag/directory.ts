/**
 * Directories: one block of links, or a HAMT of shards where one block would grow too large.
 *
 * A directory is a value that can be changed and built again: only shards on the path to a changed name are
 * rebuilt, so that one dataset more in a folder of 100 000 costs two blocks, not a thousand. The result never depends on
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
  /** The directory as it is now. `put` is given the blocks that changed since the last call. */
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

/** A UnixFS symlink. `target` is stored as given and need not exist. */
export function makeSymlink(target: string, profile: Profile, put: Put): Link {
  const block = pbBlock({ links: [], data: encodeUnixFs({ kind: "symlink", target }) }, profile.cidVersion);
  put(block);
  return { cid: block.cid, tsize: block.bytes.length };
}

export function emptyDirectory(profile: Profile): Directory {
  const entries = new Map<string, Entry>();
  // Present while the directory is large enough to be sharded.
  let shards: Shard | undefined;
  let built: Link | undefined;
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
      built = undefined;
    },

    remove(name) {
      const entry = entries.get(name);
      if (!entry) return;
      entries.delete(name);
      forget(entry);
      built = undefined;
    },

    make(put) {
      if (built) return built;
      if (estimate > shardThreshold) {
        if (!shards) {
          shards = emptyShard();
          for (const entry of entries.values()) addTo(shards, entry, 0);
        }
        built = buildShard(shards, profile, put);
      } else {
        shards = undefined;
        built = basicBlock(entries.values(), profile, put);
      }
      return built;
    },
  };
}

/** Why `name` is not allowed in a directory ("is empty", "contains a slash"); `undefined` where it is. */
export function badName(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name === "." || name === "..") return `is ${name}`;
  if (name.includes("/")) return "contains a slash";
  if (name.includes("\0")) return "contains a NUL";
  if (!name.isWellFormed()) return "isn't Unicode";
  return undefined;
}

/** The failure for two names with the same hash, which no depth of shards separates. */
export function sharesItsHash(name: string): Failure {
  return new Failure("input", `${JSON.stringify(name)} shares all 64 bits of its hash with another name`, {
    hint: "a directory this large can't contain both: rename one",
  });
}

/** The block of a shard: the slots that are taken, in order, with the link in each. */
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
  return dagPbLink(links, data, profile, put);
}

/** The block of a directory that is not sharded. */
export function basicBlock(entries: Iterable<DirectoryEntry>, profile: Profile, put: Put): Link {
  const links = [...entries].sort((a, b) => byBytes(a.name, b.name));
  return dagPbLink(links, encodeUnixFs({ kind: "directory" }), profile, put);
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
  built: Link | undefined;
}

/** Bytes of the node's `Data` field, which the `block` estimate counts: tag, length and the two bytes of a directory. */
const dataFieldLength = 4;

function isShard(slot: Entry | Shard): slot is Shard {
  return "slots" in slot;
}

function emptyShard(): Shard {
  return { slots: new Map(), built: undefined };
}

function addTo(shard: Shard, entry: Entry, depth: number): void {
  shard.built = undefined;
  entry.hash ??= hamtHash(entry.name);
  const index = entry.hash[depth];
  if (index === undefined) {
    throw sharesItsHash(entry.name);
  }
  const inSlot = shard.slots.get(index);
  if (inSlot === undefined) {
    shard.slots.set(index, entry);
  } else if (isShard(inSlot)) {
    addTo(inSlot, entry, depth + 1);
  } else {
    const deeper = emptyShard();
    shard.slots.set(index, deeper);
    addTo(deeper, inSlot, depth + 1);
    addTo(deeper, entry, depth + 1);
  }
}

/** Take the entry out, and fold a shard that is left with one entry into its parent's slot. */
function removeFrom(shard: Shard, entry: Entry, depth = 0): void {
  shard.built = undefined;
  const index = entry.hash![depth]!;
  const inSlot = shard.slots.get(index)!;
  if (!isShard(inSlot)) {
    shard.slots.delete(index);
    return;
  }
  removeFrom(inSlot, entry, depth + 1);
  const [only, ...others] = inSlot.slots.values();
  if (only && others.length === 0 && !isShard(only)) shard.slots.set(index, only);
}

function buildShard(shard: Shard, profile: Profile, put: Put): Link {
  if (shard.built) return shard.built;
  const taken = [...shard.slots.keys()]
    .sort((a, b) => a - b)
    .map((slot) => {
      const inSlot = shard.slots.get(slot)!;
      return isShard(inSlot)
        ? { slot, link: buildShard(inSlot, profile, put) }
        : { slot, name: inSlot.name, link: { cid: inSlot.cid, tsize: inSlot.tsize } };
    });
  shard.built = shardBlock(taken, profile, put);
  return shard.built;
}

function dagPbLink(links: readonly NamedLink[], data: Uint8Array, profile: Profile, put: Put): Link {
  const block = pbBlock({ links, data }, profile.cidVersion);
  put(block);
  let tsize = block.bytes.length;
  for (const link of links) tsize += link.tsize;
  return { cid: block.cid, tsize };
}
