/**
 * Hold: every block below every new leaf, on the campaign's own node.
 *
 * A node that knows what it holds (the embedded one) is brought what it lacks from the gateways, up to a limit. A node
 * that has a network of its own (Kubo) is asked to pin the leaf, which fetches; the gateways are its second source.
 * Everything that stays out of reach is named at once, with its line; nothing has been published by then.
 */

import { inOrder } from "../core/concurrency.ts";
import { isFailure } from "../core/failure.ts";
import type { Leaf } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Parts } from "./parts.ts";
import { outOfReach, type Sizes } from "./sizes.ts";

/** Many, because a node that looks for something nobody has takes a minute to say so. */
const atOnce = 16;

/** @throws Failure `unavailable` that names every leaf of which a block stays out of reach. */
export async function hold(leaves: readonly Leaf[], campaign: Parts, world: World): Promise<void> {
  const missing: Sizes["missing"][number][] = [];
  let done = 0;
  const one = async (leaf: Leaf) => {
    try {
      await campaign.bring(leaf, world);
      return undefined;
    } catch (error) {
      if (isFailure(error, "unavailable")) return { leaf, why: error.message };
      throw error;
    }
  };
  for await (const failed of inOrder(leaves, atOnce, one)) {
    world.progress({ task: "holding", done: ++done, total: leaves.length, unit: "leaves" });
    if (failed) missing.push(failed);
  }
  if (missing.length > 0) throw outOfReach(missing);
}
