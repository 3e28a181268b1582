/**
 * Verifies that blocks are on the disk, from the indexes as read again and not from memory.
 *
 * Every operation that stores blocks ends with this check. If a block was lost between being appended and the last index, the
 * operation fails here, before anything is pinned or released that needs the block.
 */
import { statSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Failure } from "../../../core/failure.ts";
import { cidOfDigest, codecs } from "../../../dag/block.ts";
import type { DigestHeads } from "../../../dag/digest-heads.ts";
import { type InPlace, placeOfEntry } from "../in-place/in-place.ts";
import { digestAt, placeAt } from "./pack-index.ts";
import type { Pack, Packs } from "./packs.ts";

/** Blocks looked up before the event loop runs again. */
const atOnce = 4096;

/**
 * Require that each of these blocks is in an index, as read again, of a pack that has all its committed bytes, `among` these,
 * or `inPlace`: in a list, as read again, with its file as it was listed.
 *
 * @throws Failure `corrupt` naming the pack, or the block that is in none.
 */
export async function prove(
  digests: Iterable<Uint8Array>,
  packs: Packs,
  { among, inPlace }: { readonly among?: (pack: Pack) => boolean; readonly inPlace?: InPlace } = {},
): Promise<void> {
  packs.refresh("all");
  inPlace?.refresh("all");
  const files = inPlace?.state();
  const sizes = new Map<Pack, number>();
  const isWhole = (pack: Pack): boolean => {
    const size = sizes.get(pack) ?? sizeNow(pack);
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
    if (!found && !files?.has(digest)) {
      if (broken) throw cutOff(broken, sizes.get(broken) ?? 0);
      throw lost(digest, files?.whyNot(digest));
    }
    if (++proven % atOnce === 0) await setImmediate();
  }
}

/**
 * Require the same of very many blocks, of which only the heads of their digests are known: the indexes are gone through.
 *
 * @throws Failure `corrupt` naming the pack that is short, or how many blocks are in none.
 */
export async function proveAll(needed: DigestHeads, packs: Packs, inPlace: InPlace): Promise<void> {
  packs.refresh("all");
  inPlace.refresh("all");
  const checklist = needed.checklist();
  let short: Pack | undefined;
  for (const pack of packs.list()) {
    if (sizeNow(pack) < pack.index.covered) {
      short = pack;
      continue;
    }
    for (let entry = 0; entry < pack.index.count; entry++) {
      const { offset, length } = placeAt(pack.index, entry);
      if (offset + length <= pack.index.covered) checklist.tick(digestAt(pack.index, entry));
      if (entry % atOnce === 0) await setImmediate();
    }
  }
  const files = inPlace.state();
  for (const list of inPlace.list()) {
    for (let entry = 0; entry < list.index.count; entry++) {
      const isAsListed = files.problem(placeOfEntry(list, entry).file) === undefined;
      if (isAsListed) checklist.tick(digestAt(list.index, entry));
      if (entry % atOnce === 0) await setImmediate();
    }
  }
  if (checklist.left === 0) return;
  if (short) throw cutOff(short, sizeNow(short));
  throw new Failure("corrupt", `${checklist.left} blocks were stored, and are in no pack's index now`, { hint });
}

const sizeNow = ({ path }: Pack): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function cutOff({ path, index }: Pack, size: number): Failure {
  return new Failure("corrupt", `${path} has ${size} bytes and ${index.covered} were committed`, { hint });
}

/** `why`: what is wrong with the file that has it in place, where one has. */
function lost(digest: Uint8Array, why: string | undefined): Failure {
  const cid = cidOfDigest(codecs.raw, digest);
  if (why !== undefined) return new Failure("corrupt", `${why}: block ${cid} was added in place there`, { hint });
  return new Failure("corrupt", `block ${cid} was stored, and is in no pack's index now`, { hint });
}

const hint = "`fieldtree fsck` lists what is lost, `fieldtree fsck --repair` takes it out; then run this again";
