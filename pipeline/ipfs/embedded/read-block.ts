/** Reads blocks wherever the node has them, each hashed before it is returned. Takes no lock. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Get, hashes, isInline } from "../../dag/block.ts";
import { sha256Apart } from "../../dag/hash.ts";
import { matchesHash } from "../../dag/matches-hash.ts";
import type { OtherHashes } from "./other-hashes.ts";
import type { Packs } from "./packs/packs.ts";
import { type DamageNotes, noteOf } from "./repair/damage-notes.ts";

export interface BlockReader {
  has(cid: CID): boolean;
  /** @throws Failure `corrupt` where every copy of the block is damaged. */
  get(cid: CID): Promise<Uint8Array | undefined>;
  /** As `get`; @throws Failure `unavailable`, too, where the block is not here. */
  readonly getOrFail: Get;
}

export interface ReadingFrom {
  readonly packs: Packs;
  readonly others: OtherHashes;
  readonly notes: DamageNotes;
}

export function blockReader({ packs, others: { digestOf }, notes }: ReadingFrom): BlockReader {
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
    let damaged: string | undefined;
    do {
      damaged = undefined;
      for (const place of packs.places(digest)) {
        const bytes = await packs.read(place);
        if (bytes && Buffer.compare(await sha256Apart(bytes), digest) === 0) return bytes;
        if (bytes) notes.add([noteOf(place)]);
        damaged = `${place.pack.path} at byte ${place.offset}`;
      }
      // Not in the packs as last read. Another process may have committed or collected since then.
    } while (packs.refresh());
    if (damaged === undefined) return undefined;
    throw new Failure("corrupt", `${damaged} should hold ${cid} and holds other bytes`, {
      hint: "`fieldtree publish` fetches it from whoever has it, or names what to add again; `fieldtree fsck` looks for more",
    });
  };

  return {
    get,

    has(cid) {
      const digest = digestOf(cid);
      return digest !== undefined && (packs.has(digest) || (packs.refresh() && packs.has(digest)));
    },

    async getOrFail(cid) {
      const bytes = await get(cid);
      if (!bytes) throw new Failure("unavailable", `the embedded node does not hold ${cid}`);
      return bytes;
    },
  };
}
