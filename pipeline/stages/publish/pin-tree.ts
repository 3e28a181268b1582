/** Pin the tree: store the directories above the leaves, pin the root, and link it where people find it. */
import type { CID } from "multiformats/cid";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import type { Parts } from "../parts.ts";
import { label } from "../pins/label.ts";

/** `blocks`: the directories above the leaves. `release`: the number of the release that has this root. */
export async function pinTree(
  root: CID,
  blocks: readonly Block[],
  release: number,
  { home, facts, fetchTogether }: Pick<Parts, "home" | "facts" | "fetchTogether">,
  world: World,
): Promise<void> {
  await home.put(blocks, world);
  await home.pin(root, label(facts.campaign, "tree", release), world);
  // A crash before this leaves a pin of leaves, which the next one replaces.
  await fetchTogether?.unpin(world);
  await home.show?.(root, facts.campaign, world);
}
