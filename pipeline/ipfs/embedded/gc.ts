/**
 * Garbage collection: removes from the packs every block that no pin needs.
 *
 * The needed blocks of a pack are copied to a pack that stays, committed there and verified; only then is the old pack
 * removed, its index first. A crash in between leaves blocks stored twice, which the next collection removes; no block is lost.
 * Blocks in place are not copied: those that are needed stay in their lists.
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { cidOfDigest, codecs, type Get, hasLinks } from "../../dag/block.ts";
import { type CidSet, cidSet } from "../../dag/cid-set.ts";
import { digestHeads } from "../../dag/digest-heads.ts";
import { digestSet } from "../../dag/digest-set.ts";
import { sha256 } from "../../dag/hash.ts";
import { walk } from "../../dag/read/read.ts";
import { syncFolder } from "../../disk/write.ts";
import { limitYoungHeap } from "../../disk/young-heap.ts";
import type { Collected } from "../node.ts";
import { collectPlaces, type Needed } from "./in-place/collect-places.ts";
import type { InPlace } from "./in-place/in-place.ts";
import { appendingTo, mostLeaving } from "./packs/append.ts";
import { headLength, longestHead, writeHead } from "./packs/pack.ts";
import { digestAt, placeAt } from "./packs/pack-index.ts";
import { indexName, nextNumber, noteNumbers } from "./packs/pack-numbers.ts";
import { isIntact, type Pack, type Packs, type PlaceInPack } from "./packs/packs.ts";
import { prove, proveAll } from "./packs/verify-stored.ts";
import type { Pins } from "./pins.ts";
import type { Writing } from "./write-lock.ts";

export interface Collecting {
  readonly folder: string;
  readonly packs: Packs;
  readonly inPlace: InPlace;
  readonly writing: Writing;
  readonly pins: Pins;
  /** Labels of pins that lack blocks. */
  readonly incomplete: ReadonlySet<string>;
  /** The digest under which a block is stored; `undefined` where it is not. */
  readonly digestOf: (cid: CID) => Uint8Array | undefined;
  readonly get: Get;
}

/** A pack stays as it is while less than this part of it is garbage: copying gigabytes to free kilobytes isn't worth it… */
const worthCopying = 1 / 64;
/** … unless there is little to copy. Bytes. */
const copiedAnyway = 64 * 1024 * 1024;

/**
 * The caller has the lock.
 *
 * @throws Failure `corrupt` where a pinned DAG is incomplete or a block is damaged; then nothing more is removed.
 */
export async function collect(collecting: Collecting, world: World): Promise<Collected> {
  const { folder, packs, inPlace, writing } = collecting;
  limitYoungHeap();
  await writing.rest();
  const needed = await neededBy(collecting, world);
  const kept = { blocks: 0, bytes: 0 };
  const removed = { blocks: 0, bytes: 0 };
  // Packs that were processed and stay. Packs written here have higher numbers than all that existed before.
  const staying = new Set<number>();
  const lastBefore = writing.counter[0]!;
  const stays = ({ number }: Pack): boolean => number > lastBefore || staying.has(number);
  const { counter, limits } = writing;
  const into = appendingTo({ folder, packs, counter, limits }, () => ({ number: nextNumber(counter) }));

  try {
    for (const pack of [...packs.list()]) {
      world.signal.throwIfAborted();
      const size = statSync(pack.path).size;
      const entries = entriesOf(pack).filter((entry) => {
        const digest = digestAt(pack.index, entry);
        return needed.stored.has(digest) && !into.appended(digest) && belongsHere(digest, pack, packs, stays);
      });
      const stayingBytes = entries.reduce((sum, entry) => sum + placeAt(pack.index, entry).length, 0);
      const going = pack.index.count - entries.length;
      const small = size - stayingBytes < size * worthCopying && size > copiedAnyway;
      if (going === 0 || small) {
        staying.add(pack.number);
        kept.blocks += pack.index.count;
        kept.bytes += size;
        continue;
      }
      entries.sort((a, b) => placeAt(pack.index, a).offset - placeAt(pack.index, b).offset);
      for (const entry of entries) {
        into.writer().append(...recordAt(pack, entry, packs));
        await into.settle(mostLeaving);
      }
      await into.commit();
      await prove(
        entries.map((entry) => digestAt(pack.index, entry)),
        packs,
        { among: stays },
      );
      await noteNumbers(folder);
      rmSync(join(folder, indexName(pack.number)), { force: true });
      rmSync(pack.path, { force: true });
      await syncFolder(folder);
      packs.refresh("all");
      kept.blocks += entries.length;
      kept.bytes += stayingBytes;
      removed.blocks += going;
      removed.bytes += size - stayingBytes;
      world.progress({ task: "collecting", done: kept.blocks + removed.blocks, unit: "blocks" });
    }
    const number = await into.finish();
    if (number !== undefined) writing.returned(number);
  } catch (error) {
    await into.discard();
    throw error;
  }
  const places = await collectPlaces(needed, { packs, inPlace }, world);
  kept.blocks += places.kept;
  removed.blocks += places.removed;
  await proveAll(needed.stored, packs, inPlace);
  return { removed, kept };
}

function entriesOf({ index }: Pack): number[] {
  return Array.from({ length: index.count }, (_, entry) => entry);
}

/** Of a block stored more than once, the valid copy stays that is in a pack that stays, else the first one. */
function belongsHere(digest: Uint8Array, here: Pack, packs: Packs, stays: (pack: Pack) => boolean): boolean {
  const places = [...packs.places(digest)];
  if (places.length === 1) return true;
  const isValid = (place: PlaceInPack): boolean => isIntact(place, digest, packs);
  if (places.some((place) => stays(place.pack) && isValid(place))) return false;
  const others = places.filter(({ pack }) => pack !== here && !stays(pack));
  return places.some((place) => place.pack === here && isValid(place)) || !others.some(isValid);
}

/** The block of an index entry, with the CID it was stored under. @throws Failure `corrupt` where it is damaged. */
function recordAt(pack: Pack, entry: number, packs: Packs): [cid: Uint8Array, digest: Uint8Array, bytes: Uint8Array] {
  const digest = digestAt(pack.index, entry);
  const { offset, length } = placeAt(pack.index, entry);
  const before = Math.min(offset, longestHead);
  const record = packs.readSync({ pack, offset: offset - before, length: before + length });
  const bytes = record?.subarray(before);
  if (!record || !bytes || Buffer.compare(sha256(bytes), digest) !== 0) {
    throw new Failure("corrupt", `a block in ${pack.path} at byte ${offset} is damaged`, {
      hint: "`fieldtree fsck` lists what is lost; nothing more is collected until then",
    });
  }
  return [cidBefore(record.subarray(0, before), digest, length), digest, bytes];
}

/** The CID that ends where its block begins: a v1 where the record's length fits one, else a v0, the bare multihash. */
function cidBefore(head: Uint8Array, digest: Uint8Array, length: number): Uint8Array {
  const v1 = head.subarray(-(digest.length + 4));
  const expected = Buffer.alloc(headLength(v1.length, length));
  writeHead(expected, 0, v1, length);
  const isV1 = v1[0] === 1 && Buffer.compare(expected, head.subarray(-expected.length)) === 0;
  const isOfBlock = Buffer.compare(v1.subarray(-digest.length), digest) === 0;
  if (isV1 && isOfBlock) return v1;
  // A damaged head must not be copied: after the loss of the index, reading from record to record would end there.
  const v0 = cidOfDigest(codecs.dagPb, digest, 0).bytes;
  const isV0 = Buffer.compare(v0, head.subarray(-v0.length)) === 0;
  return isV0 ? v0 : cidOfDigest(codecs.raw, digest).bytes;
}

/**
 * Every block that a pin needs.
 *
 * @throws Failure `corrupt` where a directory or a file's node is missing: the blocks below it are then unknown.
 */
async function neededBy(
  { pins, incomplete, packs, inPlace, digestOf, get }: Collecting,
  world: World,
): Promise<Needed> {
  const needed = digestHeads();
  const lost = digestSet();
  const files = inPlace.state();
  const isStored = (digest: Uint8Array): boolean => packs.has(digest) || files.has(digest);
  // Nodes of files and folders that were read, below any pin. Raw leaves, most of all blocks, are in `needed` alone, with the
  // beginnings of their digests.
  const opened = cidSet();
  for (const [label, root] of pins) {
    // Other nodes are recorded for each pin anew: what a release links to is needed only where the release itself is pinned.
    const here = cidSet();
    const visited: CidSet = {
      has: (cid) => (cid.code === codecs.dagPb ? opened : here).has(cid),
      add: (cid) => void (hasLinks(cid) && (cid.code === codecs.dagPb ? opened : here).add(cid)),
    };
    const shouldVisit = (cid: CID): boolean => {
      world.signal.throwIfAborted();
      const digest = digestOf(cid);
      if (incomplete.has(label) && !hasLinks(cid) && (!digest || !isStored(digest))) {
        if (digest) lost.add(digest);
        return false;
      }
      if (digest) needed.add(digest);
      return digest === undefined || hasLinks(cid);
    };
    try {
      for await (const _ of walk(root, get, { scope: "all", shouldVisit, visited }));
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      throw new Failure(
        "corrupt",
        `what is pinned as ${label} isn't whole, and nothing is collected: ${error.message}`,
        {
          hint: "`fieldtree fsck` names what to add again; `fieldtree prune` gives up what only old releases had",
          cause: error,
        },
      );
    }
  }
  return { stored: needed, lost };
}
