/**
 * Nothing is released whose blocks the campaign's node lost: a node that lists pins without checking what is stored, as
 * Kubo does, is asked for that before.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { dataLeaves, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { MissingBlock } from "../../ipfs/node.ts";
import type { Parts } from "../parts.ts";
import { outOfReach, type Sizes } from "../tree/sizes.ts";

/** @throws Failure `unavailable` naming the leaves, with their lines, of which the campaign's node lacks blocks though it has pins. */
export async function assertComplete(
  roots: readonly CID[],
  tree: Tree,
  { home }: Pick<Parts, "home">,
  world: World,
): Promise<void> {
  const missingBelow = await home.belowPins?.({}, world);
  if (!missingBelow) return;
  let missing: MissingBlock | undefined;
  for (const root of roots) missing ??= (await missingBelow(root))?.first[0];
  if (!missing) return;
  const named: Sizes["missing"][number][] = [];
  for (const leaf of dataLeaves(tree)) {
    const lost = (await missingBelow(leaf.cid))?.first[0];
    if (lost) named.push({ leaf, why: `it is pinned on ${home.name}, which lacks block ${lost.cid}` });
  }
  if (named.length > 0) throw outOfReach(named);
  const hint = `\`ipfs pin rm\` of ${roots.join(" and ")}, then publish again, makes directories and portal anew`;
  throw new Failure("unavailable", `${home.name} lacks block ${missing.cid}, below what it has pinned`, { hint });
}
