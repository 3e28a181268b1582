/** Reads blocks wherever the node has them, each hashed before it is returned. Takes no lock. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { codecs, type Get, hashes, isInline } from "../../dag/block.ts";
import { digestLength } from "../../dag/digest-set.ts";
import { sha256Apart } from "../../dag/hash.ts";
import { matchesHash } from "../../dag/matches-hash.ts";
import { otherBytes } from "./in-place/file-state.ts";
import type { InPlace, PlaceInFile } from "./in-place/in-place.ts";
import type { OtherHashes } from "./other-hashes.ts";
import type { Packs, PlaceInPack } from "./packs/packs.ts";
import { type DamageNotes, noteOf } from "./repair/damage-notes.ts";

export interface BlockReader {
  has(cid: CID): boolean;
  /** @throws Failure `corrupt` where every copy of the block is damaged. */
  get(cid: CID): Promise<Uint8Array | undefined>;
  /** See `Node.getInto`. */
  getInto(cid: CID, memory: Uint8Array): Promise<Uint8Array | undefined>;
  /** As `get`; @throws Failure `unavailable`, too, where the block is not here. */
  readonly getOrFail: Get;
}

export interface ReadingFrom {
  readonly packs: Packs;
  readonly others: OtherHashes;
  readonly inPlace: InPlace;
  readonly notes: DamageNotes;
  /** Of files with blocks in place. */
  readonly notedFiles: DamageNotes<string>;
}

/**
 * Packs first: where a block was added again, its copy does not depend on a file that may change. Lists of blocks in place are
 * loaded, each with the names of all its files, only for a block that no pack has.
 */
export function blockReader({ packs, inPlace, notedFiles, others: { digestOf }, notes }: ReadingFrom): BlockReader {
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    if (isInline(cid)) return cid.multihash.digest;
    const digest = digestOf(cid);
    if (!digest) return undefined;
    const bytes = await stored(cid, digest);
    if (!bytes || cid.multihash.code === hashes.sha256) return bytes;
    // A damaged line of the other hashes' file leads to another block.
    return (await matchesHash(cid, bytes)) ? bytes : undefined;
  };
  const stored = async (cid: CID, digest: Uint8Array): Promise<Uint8Array | undefined> => {
    let damaged: Failure | undefined;
    do {
      damaged = undefined;
      for (const place of packs.places(digest)) {
        const bytes = await packs.read(place);
        if (bytes && Buffer.compare(await sha256Apart(bytes), digest) === 0) return bytes;
        if (bytes) notes.add([noteOf(place)]);
        damaged = damagedInPack(cid, place);
      }
      for (const place of inPlace.places(digest)) {
        const read = await inPlace.read(place);
        if (!("problem" in read) && Buffer.compare(await sha256Apart(read), digest) === 0) return read;
        if (!("problem" in read)) notedFiles.add([place.file.path]);
        damaged ??= damagedInPlace(cid, place, "problem" in read ? read.problem : otherBytes);
      }
      // Not where the packs and lists, as last read, have it. Another process may have committed or collected since then.
    } while (packs.refresh() || inPlace.refresh());
    if (damaged) throw damaged;
    return undefined;
  };

  return {
    get,

    async getInto(cid, memory) {
      const { code, digest } = cid.multihash;
      if (cid.code !== codecs.raw || code !== hashes.sha256 || digest.length !== digestLength) return undefined;
      for (const place of packs.places(digest)) {
        if (place.length > memory.length) return undefined;
        const bytes = Buffer.from(memory.buffer, memory.byteOffset, place.length);
        const found = await packs.readHashed(place.pack, {
          ...{ position: place.offset, memory: bytes },
          parts: [0, place.length],
        });
        if (found && Buffer.compare(found, digest) === 0) return bytes;
      }
      return undefined;
    },

    has(cid) {
      const digest = digestOf(cid);
      if (digest === undefined) return false;
      const isHere = (): boolean => packs.has(digest) || inPlace.state().has(digest);
      return isHere() || (packs.refresh() && isHere()) || (inPlace.refresh() && isHere());
    },

    async getOrFail(cid) {
      const bytes = await get(cid);
      if (!bytes) throw new Failure("unavailable", `the embedded node does not have ${cid}`);
      return bytes;
    },
  };
}

function damagedInPack(cid: CID, { pack, offset }: PlaceInPack): Failure {
  return new Failure("corrupt", `${pack.path} at byte ${offset} should contain ${cid} and contains other bytes`, {
    hint: "`fieldtree publish` fetches it from a node or gateway that has it, or names what to add again; `fieldtree fsck` searches for more",
  });
}

function damagedInPlace(cid: CID, { file, list }: PlaceInFile, problem: string): Failure {
  const whole = list.added === file.path ? "" : ` as a part of ${list.added}`;
  return new Failure("corrupt", `${file.path} ${problem}: block ${cid} was in it; it was added in place${whole}`, {
    hint: "put it back as it was, or add it again where it is now; `fieldtree fsck` names every dataset that lacks something",
  });
}
