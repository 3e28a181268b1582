/**
 * Repin: request every desired pin of the newest release that does not count, at optional services too.
 *
 * The log doesn't change: which services pin a release is not part of it. Each pin is checked, not only the tree.
 */

import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { publishedHead } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";
import { type Past, sourceOf, treeOf } from "../tree/past.ts";
import { sizesOf } from "../tree/sizes.ts";
import { type DesiredPin, desiredPins, hasCid } from "./desired-pins.ts";
import { connectPeers } from "./peers.ts";
import { type PinningParts, pinAll } from "./pin.ts";
import { observePins, type PinObservation } from "./pin-status.ts";

/** What repinning needs of a campaign. */
export type RepinParts = Past & PinningParts & Pick<Parts, "home" | "pinServices" | "peering">;

/** Returns an observation for each desired pin, those that counted before included. */
export async function repin(campaign: RepinParts, world: World): Promise<PinObservation[]> {
  const head = await publishedHead(campaign.log, world);
  for (const service of campaign.pinServices) service.open();
  await campaign.home.recheck?.(world);
  await connectPeers(campaign.peering, world);
  const { previous } = head.release;
  const earlier = previous && (await treeOf(await campaign.log.read(previous, world), campaign, world));
  const pins = await desiredPinsOf(head, earlier ?? new Map(), campaign, world);
  const observed = await observePins(pins, campaign, { thorough: true, timeoutMs: campaign.pins.deadline }, world);
  const known = observed.filter(({ counts }) => counts);
  const missing = observed.flatMap(({ desired, counts }) => (!counts && hasCid(desired) ? [desired] : []));
  return [...known, ...(await pinAll(missing, campaign, { known, waitForOptional: true }, world))];
}

/** The desired pins of a release in the log. `earlier`: the tree before it, which services may have pinned. */
export async function desiredPinsOf(
  { release }: Head,
  earlier: Tree,
  campaign: Past & Pick<Parts, "pins" | "facts" | "pinServices">,
  world: World,
): Promise<DesiredPin[]> {
  const text = await sourceOf(release, campaign, world);
  const { tree } = readTree(text);
  const sizes = await sizesOf(tree, campaign.get, campaign.sizes, world);
  return desiredPins(
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
