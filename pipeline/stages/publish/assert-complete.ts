/**
 * Nothing is released whose blocks the campaign's node lost: a node that lists pins without looking at what is stored, as
 * Kubo does, is asked for that before.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { dataLeaves, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Parts } from "../parts.ts";
import { outOfReach } from "../tree/sizes.ts";

/** @throws Failure `unavailable` naming the leaves, with their lines, of which the campaign's node lacks blocks though it has pins. */
export async function assertComplete(
  roots: readonly CID[],
  tree: Tree,
  { home }: Pick<Parts, "home">,
  world: World,
): Promise<void> {
  const [missing] = (await home.firstMissing?.(roots, world))?.filter((cid) => cid !== undefined) ?? [];
  if (!home.firstMissing || !missing) return;
  const leaves = dataLeaves(tree);
  const lacking = await home.firstMissing(
    leaves.map(({ cid }) => cid),
    world,
  );
  const named = leaves.flatMap((leaf, i) =>
    lacking[i] ? [{ leaf, why: `it is pinned on ${home.name}, which lacks block ${lacking[i].cid}` }] : [],
  );
  if (named.length > 0) throw outOfReach(named);
  const hint = `\`ipfs pin rm\` of ${roots.join(" and ")}, then publish again, makes directories and portal anew`;
  throw new Failure("unavailable", `${home.name} lacks block ${missing.cid}, below what it has pinned`, { hint });
}
