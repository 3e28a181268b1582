/** Removes from the lists the blocks that no pin needs, and those of which a pack has a valid copy. The caller has the lock. */
import { setImmediate } from "node:timers/promises";
import type { World } from "../../../core/world.ts";
import type { DigestHeads } from "../../../dag/digest-heads.ts";
import type { DigestSet } from "../../../dag/digest-set.ts";
import { digestAt } from "../packs/pack-index.ts";
import { isIntact, type Packs } from "../packs/packs.ts";
import { type InPlace, type LoadedList, placeOfEntry } from "./in-place.ts";
import { rewriteList } from "./rewrite-list.ts";

/** Digests of blocks that pins need. */
export interface Needed {
  /** Those that are stored. It may find a block that no pin needs, which then stays. */
  readonly stored: DigestHeads;
  /** Those of incomplete pins that are in a list though their file changed: it may be put back. */
  readonly lost: DigestSet;
}

/** @returns how many blocks were removed from lists, and how many stay. */
export async function collectPlaces(
  needed: Needed,
  { packs, inPlace }: { readonly packs: Packs; readonly inPlace: InPlace },
  world: World,
): Promise<{ removed: number; kept: number }> {
  const isCopied = (digest: Uint8Array): boolean => {
    for (const place of packs.places(digest)) if (isIntact(place, digest, packs)) return true;
    return false;
  };
  let removed = 0;
  let retained = 0;
  // Of a block that several lists have, the first place that can be read stays.
  const placed = new Set<string>();
  const files = inPlace.state();
  for (const list of [...inPlace.list()]) {
    const staying = new Uint8Array(list.index.count);
    for (let entry = 0; entry < list.index.count; entry++) {
      if (entry % 4096 === 0) await setImmediate();
      world.signal.throwIfAborted();
      const digest = digestAt(list.index, entry);
      if (!needed.stored.has(digest) && !needed.lost.has(digest)) continue;
      if (needed.stored.has(digest) && (isElsewhere(digest, list, entry) || isCopied(digest))) continue;
      staying[entry] = 1;
    }
    const count = staying.reduce((sum, stays) => sum + stays, 0);
    retained += count;
    removed += list.index.count - count;
    if (count < list.index.count) await rewriteList(inPlace, list, { isRetained: (entry) => staying[entry] === 1 });
  }
  inPlace.refresh("all");
  return { removed, kept: retained };

  function isElsewhere(digest: Uint8Array, list: LoadedList, entry: number): boolean {
    const places = [...inPlace.places(digest)];
    if (places.length === 1) return false;
    const key = Buffer.from(digest).toString("latin1");
    if (placed.has(key)) return true;
    const isReadable = files.problem(placeOfEntry(list, entry).file) === undefined;
    if (isReadable) placed.add(key);
    return !isReadable && places.some(({ file }) => files.problem(file) === undefined);
  }
}
