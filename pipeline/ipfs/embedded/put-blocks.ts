/** Stores blocks given one by one, and verifies on the disk that they are there. */
import type { World } from "../../core/world.ts";
import { type Block, hashes, isInline } from "../../dag/block.ts";
import { digestSet } from "../../dag/digest-set.ts";
import { VerifiedBlock } from "../../dag/verified-block.ts";
import { verified } from "../verify.ts";
import type { AliasedBlock, OtherHashes } from "./other-hashes.ts";
import type { RecentPlaces } from "./packs/recent-places.ts";
import { refuseUnknown, storedAs } from "./stored-block.ts";
import type { Writing } from "./write-lock.ts";

/** Blocks stored before they are verified on the disk together: bounds the memory that a large CAR needs. */
const provenTogether = 65_536;

export async function putBlocks(
  blocks: Iterable<Block> | AsyncIterable<Block>,
  { writing, others }: { readonly writing: Writing; readonly others: OtherHashes },
  world: World,
): Promise<void> {
  let claimed = digestSet();
  let aliased: AliasedBlock[] = [];
  const finish = async (): Promise<void> => {
    await writing.commit();
    await writing.prove(claimed);
    // Only now: a line leads to a block that is on the disk.
    await others.add(aliased);
    claimed = digestSet();
    aliased = [];
  };
  try {
    for await (const block of blocks) {
      world.signal.throwIfAborted();
      refuseUnknown(block);
      if (!(block instanceof VerifiedBlock)) await verified(block.cid, block.bytes, "the caller");
      if (isInline(block.cid)) continue;
      const stored = storedAs(block);
      writing.append(stored);
      const { digest } = stored.cid.multihash;
      if (block.cid.multihash.code !== hashes.sha256) aliased.push({ cid: block.cid, digest });
      claimed.add(digest);
      await writing.settle();
      if (claimed.size >= provenTogether) await finish();
    }
  } finally {
    // Blocks that arrived before the failure are valid, and fetching them may have been slow: store them.
    await finish();
  }
}

/** See `HomeNode.putBuilt`. */
export async function putBuilt(
  blocks: Iterable<Block> | AsyncIterable<Block>,
  { writing, recent }: { readonly writing: Writing; readonly recent: RecentPlaces },
  world: World,
): Promise<void> {
  for await (const block of blocks) {
    world.signal.throwIfAborted();
    refuseUnknown(block);
    const place = writing.append(block);
    if (place) recent.add(block.cid.multihash.digest, place);
    await writing.settle();
  }
  await writing.sync();
}
