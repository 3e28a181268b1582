/**
 * Fetch the leaves: every block below every new leaf, to the campaign's own node; and below leaves of which it lost blocks.
 *
 * What a node that knows its blocks (the embedded one) lacks is fetched from the gateways, up to a limit. A node on a
 * network of its own (Kubo) is asked to pin the leaf, which fetches it; the gateways are its second source. A leaf that it
 * has pinned, and that lost blocks since, is fetched block by block. All leaves that stay out of reach are named in one failure, with their lines; nothing has been published by then.
 */
import { inOrder } from "../../core/concurrency.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { DataLeaf } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { isInline } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import type { Parts } from "../parts.ts";
import { outOfReach, type Sizes } from "../tree/sizes.ts";
import type { Observation } from "./observe.ts";

/** Many, because a node takes a minute to report that no peer has a block. */
const atOnce = 16;

/** Leaves that are fetched together first, where the node can. */
const worthTogether = 16;

/**
 * @param together tried first, where there are many.
 * @param fetchLeaf as in {@link Parts}, or its `restoreLeaf`.
 * @throws Failure `unavailable` that names every leaf of which a block stays out of reach.
 */
export async function fetchLeaves(
  leaves: readonly DataLeaf[],
  fetchLeaf: Parts["fetchLeaf"],
  world: World,
  together?: Parts["fetchTogether"],
): Promise<void> {
  if (leaves.length >= worthTogether && (await together?.fetch(leaves, world))) return;
  const missing: Sizes["missing"][number][] = [];
  let done = 0;
  const one = async (leaf: DataLeaf) => {
    try {
      await fetchLeaf(leaf, world);
      return undefined;
    } catch (error) {
      if (isFailure(error, "unavailable")) return { leaf, why: error.message };
      throw error;
    }
  };
  for await (const failed of inOrder(leaves, atOnce, one)) {
    await pause();
    world.signal.throwIfAborted();
    world.progress({ task: "fetching", done: ++done, total: leaves.length, unit: "leaves" });
    if (failed) missing.push(failed);
  }
  if (missing.length > 0) throw outOfReach(missing);
}

/**
 * Why a plan can't be applied from here: the leaves whose root block the node lacks, where campaign.yaml names neither a
 * gateway nor a service to fetch it from. `undefined` where there are none. A node with a network of its own is not asked,
 * because it would have to search.
 */
export async function whyNotFromHere(
  { steps }: Pick<Observation, "steps">,
  { home, facts, pinServices }: Pick<Parts, "home" | "facts" | "pinServices">,
  world: World,
): Promise<LeavesOutOfReach | undefined> {
  if (!home.has || facts.gateways.length > 0 || pinServices.some(({ retrieve: look }) => look)) return undefined;
  const leaves: DataLeaf[] = [];
  for (const leaf of steps.flatMap((step) => (step.do === "fetch-leaves" ? step.leaves : []))) {
    if (!isInline(leaf.cid) && !(await home.has(leaf.cid, world))) leaves.push(leaf);
  }
  if (leaves.length === 0) return undefined;
  return { leaves, failure: outOfReach(leaves.map((leaf) => ({ leaf, why: `it is not on ${home.name}` }))) };
}

export interface LeavesOutOfReach {
  readonly leaves: readonly DataLeaf[];
  readonly failure: Failure;
}

/** As they are printed for machines. */
export function outOfReachData({ leaves }: LeavesOutOfReach): { path: string; cid: string; line: number }[] {
  return leaves.map(({ path, cid, line }) => ({ path, cid: cid.toString(), line }));
}
