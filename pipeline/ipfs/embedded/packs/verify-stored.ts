/**
 * Proof that blocks are where they were put, from the disk and not from memory.
 *
 * Whatever claims to have stored blocks ends with it: should anything between their being appended and the last index lose
 * one, the run fails here, and nothing that rests on those blocks is pinned or released.
 */
import { statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Failure } from "../../../core/failure.ts";
import { cidOfDigest, codecs } from "../../../dag/block.ts";
import type { Pack, Packs } from "./packs.ts";

/** Blocks looked up before others may speak. */
const atOnce = 4096;

/**
 * Each of these blocks is in an index, as read again, whose pack has all the bytes it covers, `among` these packs.
 *
 * @throws Failure `corrupt` naming the pack, or the block that is in none.
 */
export async function prove(
  digests: Iterable<Uint8Array>,
  packs: Packs,
  among?: (pack: Pack) => boolean,
): Promise<void> {
  packs.refresh("all");
  const sizes = new Map<Pack, number>();
  const isWhole = (pack: Pack): boolean => {
    const size = sizes.get(pack) ?? statSync(pack.path, { throwIfNoEntry: false })?.size ?? 0;
    sizes.set(pack, size);
    return size >= pack.index.covered;
  };

  let proven = 0;
  for (const digest of digests) {
    let broken: Pack | undefined;
    let found = false;
    for (const { pack, offset, length } of packs.places(digest, among)) {
      found = offset + length <= pack.index.covered && isWhole(pack);
      if (found) break;
      broken = pack;
    }
    if (!found) throw broken ? cutOff(broken, sizes.get(broken) ?? 0) : lost(digest);
    if (++proven % atOnce === 0) await setImmediate();
  }
}

function cutOff({ path, index }: Pack, size: number): Failure {
  return new Failure("corrupt", `${path} has ${size} bytes and ${index.covered} were committed`, { hint });
}

function lost(digest: Uint8Array): Failure {
  const cid = cidOfDigest(codecs.raw, digest);
  return new Failure("corrupt", `block ${cid} was stored, and is in no pack's index now`, { hint });
}

const hint = "`fieldtree fsck` tells what is lost, `fieldtree fsck --repair` takes it out; then run this again";
