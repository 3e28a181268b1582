/**
 * A directory that is built in one pass, however many entries it has, in bounded memory.
 *
 * Entries that one block may list are stored as bytes, some seventy for each. Where they are more, they are sorted by the hash
 * that places them (on the disk, if they are many), and shards are built from the bottom up as entries come in that order: of
 * the shards, one path at a time is in memory. The result is that of `makeDirectory` for the same entries.
 */
import { tmpdir } from "node:os";
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { Block, Link } from "../block.ts";
import { compactEntries } from "../compact-entries.ts";
import { badName, basicBlock, emptyEstimate, estimateOf, shardBlock, sharesItsHash } from "../directory.ts";
import { type DirectoryEntry, hamtHash } from "../directory-entry.ts";
import { pause } from "../event-loop.ts";
import { type Profile, shardThreshold } from "../profile.ts";
import { type RecordSorter, recordSorter } from "./record-sorter.ts";

export interface DirectoryBuilder {
  /**
   * An entry, its CID as bytes, which are copied: objects for each of a million leaves are a second of collecting garbage.
   *
   * @throws Failure `input` for a name that can't be one.
   */
  add(name: string, cid: Uint8Array, tsize: number): void;
  /**
   * The blocks of the directory, one at a time so that the shards of millions of entries are not in memory together, and then
   * its link. Called once. @throws Failure `input` for a name given twice.
   */
  finish(): AsyncGenerator<Block, Link>;
  /** Frees what it has; to be called where it is not finished. */
  close(): void;
}

/** `scratch`: the folder for a file of entries, where they are very many. */
export function directoryBuilder(profile: Profile, scratch = tmpdir()): DirectoryBuilder {
  let few = compactEntries();
  let many: RecordSorter | undefined;
  let estimate = emptyEstimate(profile);

  /** From now on entries are sorted: they are more than one block may list. */
  const outgrow = (): RecordSorter => {
    const sorter = recordSorter(scratch);
    for (let entry = 0; entry < few.count; entry++) {
      const { name, cid, tsize } = few.at(entry);
      sorter.add(recordOf(name, cid.bytes, tsize));
    }
    few = compactEntries();
    return sorter;
  };

  return {
    add(name, cid, tsize) {
      const bad = badName(name);
      if (bad) throw new Failure("input", `a name in a directory ${bad}: ${JSON.stringify(name)}`);
      estimate += estimateOf(name, cid.length, tsize, profile);
      if (!many && estimate > shardThreshold) many = outgrow();
      if (many) many.add(recordOf(name, cid, tsize));
      else few.add(name, cid, tsize);
    },

    async *finish() {
      if (many) {
        try {
          return yield* sharded(many.sorted(), profile);
        } finally {
          many.close();
        }
      }
      const listed = Array.from({ length: few.count }, (_, entry) => few.at(entry));
      const names = new Set<string>();
      for (const { name } of listed) {
        if (names.size === names.add(name).size) throw twice(name);
      }
      const blocks: Block[] = [];
      const link = basicBlock(listed, profile, (block) => blocks.push(block));
      yield* blocks;
      return link;
    },

    close: () => many?.close(),
  };
}

function twice(name: string): Failure {
  return new Failure("input", `${JSON.stringify(name)} is twice in one directory`);
}

/** Bytes of a name's hash, and so depths of shards. */
const hashLength = 8;

interface HashedEntry extends DirectoryEntry {
  readonly hash: Uint8Array;
}

/** An entry as bytes that sort by the hash of its name: hash (8), size (8), length of the name (4), name, CID. */
function recordOf(name: string, cid: Uint8Array, tsize: number): Uint8Array {
  const nameBytes = Buffer.from(name);
  const record = Buffer.allocUnsafe(hashLength + 12 + nameBytes.length + cid.length);
  record.set(hamtHash(name));
  record.writeDoubleLE(tsize, hashLength);
  record.writeUInt32LE(nameBytes.length, hashLength + 8);
  record.set(nameBytes, hashLength + 12);
  record.set(cid, hashLength + 12 + nameBytes.length);
  return record;
}

function entryOf(record: Uint8Array): HashedEntry {
  // A copy: the record is overwritten, and the CID refers to its bytes.
  const bytes = Buffer.from(Uint8Array.from(record).buffer);
  const name = bytes.subarray(hashLength + 12, hashLength + 12 + bytes.readUInt32LE(hashLength + 8));
  return {
    hash: bytes.subarray(0, hashLength),
    name: name.toString(),
    tsize: bytes.readDoubleLE(hashLength),
    cid: CID.decode(Uint8Array.from(bytes.subarray(hashLength + 12 + name.length))),
  };
}

interface Slot {
  readonly slot: number;
  readonly name?: string;
  readonly link: Link;
}

/** The directory of records that come in the order of their hashes. An entry is in the first shard that separates it from its neighbours. */
async function* sharded(records: Iterator<Uint8Array>, profile: Profile): AsyncGenerator<Block, Link> {
  const blocks: Block[] = [];
  const shardOf = (slots: readonly Slot[]): Link => shardBlock(slots, profile, (block) => blocks.push(block));
  const next = (): HashedEntry | undefined => {
    const { done, value } = records.next();
    return done ? undefined : entryOf(value);
  };
  // The slots that are taken in each shard on the path to the present entry, from the root on.
  const open: Slot[][] = [[]];
  let before: HashedEntry | undefined;
  let entry = next();
  while (entry) {
    await pause();
    const { hash, name, cid, tsize } = entry;
    const after = next();
    const inCommon = [sharedBytes(before, entry), sharedBytes(entry, after)] as const;
    if (inCommon[1] === hashLength) throw inseparable(entry, after, next);
    const depth = Math.max(...inCommon);
    while (open.length <= depth) open.push([]);
    open.at(depth)?.push({ slot: hash[depth]!, name, link: { cid, tsize } });
    while (open.length - 1 > inCommon[1]) {
      const link = shardOf(open.pop()!);
      open.at(-1)?.push({ slot: hash[open.length - 1]!, link });
    }
    yield* blocks.splice(0);
    [before, entry] = [entry, after];
  }
  const root = shardOf(open[0]!);
  yield* blocks;
  return root;
}

/** How many bytes the hashes of both begin with alike. */
function sharedBytes(a: HashedEntry | undefined, b: HashedEntry | undefined): number {
  if (!a || !b) return 0;
  const differing = a.hash.findIndex((byte, at) => byte !== b.hash[at]);
  return differing < 0 ? hashLength : differing;
}

/** The failure for entries with one hash: the same name twice, or two names that no depth of shards separates. */
function inseparable(
  first: HashedEntry,
  second: HashedEntry | undefined,
  next: () => HashedEntry | undefined,
): Failure {
  const names = [first.name];
  for (let entry = second; sharedBytes(first, entry) === hashLength; entry = next()) names.push(entry!.name);
  names.sort();
  const repeated = names.find((name, i) => name === names[i + 1]);
  return repeated === undefined ? sharesItsHash(first.name) : twice(repeated);
}
