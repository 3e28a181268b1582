/**
 * Directories: one block of links, or a HAMT of shards where one block would grow too large.
 *
 * A directory is kept as a value that can be changed and made again: only shards on the way to a changed name are made
 * anew, so that one dataset more in a folder of 100 000 costs two blocks, not a thousand. What is made never depends on
 * the way it came about.
 *
 * @see https://specs.ipfs.tech/unixfs/#dag-pb-directory and #dag-pb-hamtdirectory
 */
import { murmur364 } from "@multiformats/murmur3";
import { Failure } from "../core/failure.ts";
import { byBytes } from "../core/order.ts";
import type { Link, Put } from "./block.ts";
import { type NamedLink, pbBlock, pbLinkLength } from "./pb.ts";
import { type Profile, shardThreshold } from "./profile.ts";
import { encodeUnixFs } from "./unixfs.ts";

export interface DirectoryEntry extends Link {
  readonly name: string;
}

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
  let estimate = profile.estimate === "block" ? dataFieldLength : 0;

  const forget = (entry: Entry): void => {
    estimate -= estimateOf(entry, profile);
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
      estimate += estimateOf(entry, profile);
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
        made = makeBasic(
          [...entries.values()].sort((a, b) => byBytes(a.name, b.name)),
          profile,
          put,
        );
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

/** Slot of a name at each depth of a HAMT 256 wide, uint8[8]: the first 64 bits of murmur3-x64-128. */
export function hamtHash(name: string): Uint8Array {
  return murmur364.encode(new TextEncoder().encode(name)) as Uint8Array;
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

function estimateOf({ name, cid, tsize }: Entry, profile: Profile): number {
  const nameLength = Buffer.byteLength(name);
  const cidLength = cid.bytes.length;
  return profile.estimate === "block" ? pbLinkLength(nameLength, cidLength, tsize) : nameLength + cidLength;
}

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
    throw new Failure("input", `${JSON.stringify(entry.name)} shares all 64 bits of its hash with another name`, {
      hint: "a directory this large can't hold both: rename one",
    });
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

function makeBasic(links: readonly NamedLink[], profile: Profile, put: Put): Link {
  return seal(links, encodeUnixFs({ kind: "directory" }), profile, put);
}

function makeShard(shard: Shard, profile: Profile, put: Put): Link {
  if (shard.made) return shard.made;
  const bitfield = new Uint8Array(fanout / 8);
  const links: NamedLink[] = [];
  for (const index of [...shard.slots.keys()].sort((a, b) => a - b)) {
    const held = shard.slots.get(index)!;
    bitfield[bitfield.length - 1 - (index >> 3)]! |= 1 << (index & 7);
    const prefix = slotPrefix(index, fanout);
    if (isShard(held)) links.push({ name: prefix, ...makeShard(held, profile, put) });
    else links.push({ name: prefix + held.name, cid: held.cid, tsize: held.tsize });
  }
  const leadingZeros = bitfield.findIndex((byte) => byte !== 0);
  const data = encodeUnixFs({ kind: "shard", bitfield: bitfield.subarray(leadingZeros), hash: murmur3x64, fanout });
  shard.made = seal(links, data, profile, put);
  return shard.made;
}

function seal(links: readonly NamedLink[], data: Uint8Array, profile: Profile, put: Put): Link {
  const block = pbBlock({ links, data }, profile.cidVersion);
  put(block);
  let tsize = block.bytes.length;
  for (const link of links) tsize += link.tsize;
  return { cid: block.cid, tsize };
}
