/** Which DAGs depend on files outside the node: a block of theirs is in place, and in no pack. */
import type { CID } from "multiformats/cid";
import { isFailure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import { type Get, hasLinks } from "../../../dag/block.ts";
import { walk } from "../../../dag/read/read.ts";
import type { InPlaceRoot } from "../../node.ts";
import type { Packs } from "../packs/packs.ts";
import type { InPlace } from "./in-place.ts";

export interface Having {
  readonly packs: Packs;
  readonly inPlace: InPlace;
  readonly digestOf: (cid: CID) => Uint8Array | undefined;
  readonly get: Get;
}

/** Walks each DAG up to its first such block. Nodes are read, raw blocks only looked up; nothing at all without lists. */
export async function inPlaceOnly(
  roots: readonly CID[],
  { packs, inPlace, digestOf, get }: Having,
  world: World,
): Promise<InPlaceRoot[]> {
  packs.refresh();
  inPlace.refresh();
  if (inPlace.list().length === 0) return [];
  const found: InPlaceRoot[] = [];
  for (const root of roots) {
    let added: string | undefined;
    const shouldVisit = (cid: CID): boolean => {
      world.signal.throwIfAborted();
      if (added !== undefined) return false;
      if (hasLinks(cid)) return true;
      const digest = digestOf(cid);
      if (digest && !packs.has(digest)) for (const { list } of inPlace.places(digest)) added ??= list.added;
      return false;
    };
    try {
      for await (const _ of walk(root, get, { scope: "all", shouldVisit })) if (added !== undefined) break;
    } catch (error) {
      // A node that is missing is reported with the pin that lacks it.
      if (!isFailure(error, "corrupt", "input", "unavailable")) throw error;
      continue;
    }
    if (added !== undefined) found.push({ root, added });
  }
  return found;
}
