/**
 * A directory that is built in one pass, however many entries it has.
 *
 * Entries are stored as bytes, some seventy for each with its hash instead of the kilobyte that objects take. Where they are more than one
 * block may list, shards are built from the bottom up, of which one path at a time is in memory. What is made is what
 * `makeDirectory` makes of the same entries.
 */
import { Failure } from "../../core/failure.ts";
import type { Link, Put } from "../block.ts";
import { type CompactEntries, compactEntries } from "../compact-entries.ts";
import { badName, basicBlock, emptyEstimate, estimateOf, shardBlock, sharesItsHash } from "../directory.ts";
import { hamtHash } from "../directory-entry.ts";
import { pause } from "../event-loop.ts";
import { type Profile, shardThreshold } from "../profile.ts";

export interface DirectoryBuilder {
  /**
   * An entry, its CID as bytes, which are copied: objects for each of a million leaves are a second of collecting garbage.
   *
   * @throws Failure `input` for a name that can't be one.
   */
  add(name: string, cid: Uint8Array, tsize: number): void;
  /** The directory, its blocks given to `put`. @throws Failure `input` for a name given twice. Called once. */
  finish(put: Put): Promise<Link>;
}

export function directoryBuilder(profile: Profile): DirectoryBuilder {
  const entries = compactEntries();
  let estimate = emptyEstimate(profile);

  return {
    add(name, cid, tsize) {
      const bad = badName(name);
      if (bad) throw new Failure("input", `a name in a directory ${bad}: ${JSON.stringify(name)}`);
      estimate += estimateOf(name, cid.length, tsize, profile);
      entries.add(name, cid, tsize);
    },

    async finish(put) {
      if (estimate > shardThreshold) return sharded(entries, profile, put);
      const listed = Array.from({ length: entries.count }, (_, entry) => entries.at(entry));
      const names = new Set<string>();
      for (const { name } of listed) {
        if (names.size === names.add(name).size) throw twice(name);
      }
      return basicBlock(listed, profile, put);
    },
  };
}

function twice(name: string): Failure {
  return new Failure("input", `${JSON.stringify(name)} is twice in one directory`);
}

/** Bytes of a name's hash, and so depths of shards. */
const hashLength = 8;

async function sharded(entries: CompactEntries, profile: Profile, put: Put): Promise<Link> {
  const hashes = new Uint8Array(entries.count * hashLength);
  for (let entry = 0; entry < entries.count; entry++) {
    hashes.set(hamtHash(entries.nameOf(entry)), entry * hashLength);
    await pause();
  }
  const order = Uint32Array.from({ length: entries.count }, (_, entry) => entry);
  const scratch = new Uint32Array(order.length);

  /** The shard of the entries that `order` has from `from` to `to`, whose hashes are the same up to `depth`. */
  const shard = async (from: number, to: number, depth: number): Promise<Link> => {
    await pause();
    if (depth === hashLength) {
      const names = Array.from(order.subarray(from, to), (entry) => entries.nameOf(entry)).sort();
      const repeated = names.find((name, i) => name === names[i + 1]);
      throw repeated === undefined ? sharesItsHash(names[0]!) : twice(repeated);
    }
    const ends = sortBySlot(order, scratch, from, to, (entry) => hashes[entry * hashLength + depth]!);
    const taken = [];
    for (let slot = 0, start = from; slot < ends.length; start = ends[slot++]!) {
      const entriesInSlot = ends[slot]! - start;
      if (entriesInSlot === 0) continue;
      if (entriesInSlot > 1) taken.push({ slot, link: await shard(start, ends[slot]!, depth + 1) });
      else {
        const { name, ...link } = entries.at(order[start]!);
        taken.push({ slot, name, link });
      }
    }
    return shardBlock(taken, profile, put);
  };
  return shard(0, order.length, 0);
}

/** Sort a part of `order` by slot. Returns where in it each slot ends, uint32[256]. */
function sortBySlot(
  order: Uint32Array,
  scratch: Uint32Array,
  from: number,
  to: number,
  slotOf: (entry: number) => number,
): Uint32Array {
  const ends = new Uint32Array(256);
  for (let i = from; i < to; i++) ends[slotOf(order[i]!)]!++;
  for (let slot = 0, end = from; slot < ends.length; slot++) {
    end += ends[slot]!;
    ends[slot] = end;
  }
  scratch.set(order.subarray(from, to), from);
  const places = Uint32Array.from(ends);
  for (let i = to - 1; i >= from; i--) order[--places[slotOf(scratch[i]!)]!] = scratch[i]!;
  return ends;
}
