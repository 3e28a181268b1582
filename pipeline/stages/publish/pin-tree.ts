/** Keep the tree: the directories above the leaves stored, the root pinned, and shown where people look for it. */
import type { CID } from "multiformats/cid";
import type { World } from "../../core/world.ts";
import type { Parts } from "../parts.ts";
import { label } from "../pins/label.ts";
import type { Observation } from "./observe.ts";

export async function pinTree(
  root: CID,
  { blocks, head, steps }: Observation,
  { home, facts }: Parts,
  world: World,
): Promise<void> {
  await home.put(blocks, world);
  // Where the newest release only has to be made complete again, its own pin is.
  const isNext = steps.some((step) => step.do === "release");
  await home.pin(root, label(facts.campaign, "tree", (head?.release.number ?? 0) + (isNext ? 1 : 0)), world);
  await home.show?.(root, facts.campaign, world);
}
