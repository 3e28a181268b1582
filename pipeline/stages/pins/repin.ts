/**
 * Repin: have every service keep what it should of the newest release, the optional ones too.
 *
 * The log doesn't change: who keeps a release is not part of it. Each pin is looked at, not only the tree.
 */

import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { publishedHead } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";
import { sourceOf, treeOf } from "../tree/past.ts";
import { sizesOf } from "../tree/sizes.ts";
import { type Wanted, wishesOf } from "./desired-pins.ts";
import { keepPeers } from "./peers.ts";
import { pinAll } from "./pin.ts";
import { lookAtPins, type PinSight } from "./pin-status.ts";

/** @returns a sight for each wish, those that counted already included. */
export async function repin(campaign: Parts, world: World): Promise<PinSight[]> {
  const head = await publishedHead(campaign.log, world);
  for (const keeper of campaign.keepers) keeper.service();
  await campaign.home.recheck?.(world);
  await keepPeers(campaign.peering, world);
  const { previous } = head.release;
  const earlier = previous && (await treeOf(await campaign.log.read(previous, world), campaign, world));
  const wishes = await wishesFor(head, earlier ?? new Map(), campaign, world);
  const seen = await lookAtPins(wishes, campaign, { thorough: true, patience: campaign.pins.deadline }, world);
  const known = seen.filter(({ counts }) => counts);
  const missing = seen.filter(({ counts }) => !counts).map(({ wanted }) => wanted);
  return [...known, ...(await pinAll(missing, campaign, { known, patient: true }, world))];
}

/** What should be kept of a release that exists. `earlier`: the tree before it, for services that have that already. */
export async function wishesFor({ release }: Head, earlier: Tree, campaign: Parts, world: World): Promise<Wanted[]> {
  const text = await sourceOf(release, campaign, world);
  const { tree } = readTree(text);
  const sizes = await sizesOf(tree, campaign.get, campaign.sizes, world);
  return wishesOf(
    {
      number: release.number,
      root: release.root,
      portal: release.portal,
      tree,
      text: new TextDecoder().decode(text),
      sizes: sizes.of,
      before: release.before,
      earlier,
    },
    campaign,
  );
}
