/**
 * Repin: have every service keep what it should of the newest release, the optional ones too.
 *
 * The log doesn't change: who keeps a release is not part of it. Each pin is looked at, not only the tree.
 */
import { Failure } from "../core/failure.ts";
import { readTree } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Head } from "../log/log.ts";
import { sourceOf, treeOf } from "./observe.ts";
import type { Parts } from "./parts.ts";
import { pinAll } from "./pin.ts";
import { lookAtPins, type PinSight } from "./pins.ts";
import { sizesOf } from "./sizes.ts";
import { type Wanted, wishesOf } from "./wishes.ts";

/** @returns a sight for each wish, those that counted already included. */
export async function repin(campaign: Parts, world: World): Promise<PinSight[]> {
  const head = await campaign.log.head(world);
  if (!head) throw new Failure("input", "nothing has been published yet", { hint: "fieldtree publish" });
  for (const keeper of campaign.keepers) keeper.service();
  const wishes = await wishesFor(head, campaign, world);
  const seen = await lookAtPins(wishes, campaign, { thorough: true, patience: campaign.pins.deadline }, world);
  const known = seen.filter(({ counts }) => counts);
  const missing = seen.filter(({ counts }) => !counts).map(({ wanted }) => wanted);
  return [...known, ...(await pinAll(missing, campaign, { known, patient: true }, world))];
}

/** What should be kept of a release that exists. */
export async function wishesFor(head: Head, campaign: Parts, world: World): Promise<Wanted[]> {
  const { release } = head;
  const text = await sourceOf(release, campaign, world);
  const { tree } = readTree(text);
  const sizes = await sizesOf(tree, campaign.get, campaign.sizes, world);
  const previous = release.previous && (await campaign.log.read(release.previous, world));
  return wishesOf(
    {
      number: release.number,
      root: release.root,
      portal: release.portal,
      tree,
      text: new TextDecoder().decode(text),
      sizes: sizes.of,
      before: release.before,
      earlier: previous ? await treeOf(previous, campaign, world) : new Map(),
    },
    campaign,
  );
}
