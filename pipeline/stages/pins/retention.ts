/**
 * Retention: which pins of old releases `keep:` in campaign.yaml no longer asks for.
 *
 * Nothing that a retained release has is among them, nor a release that a name points to, nor what campaign.yaml has pinned
 * in addition; and nothing at all where campaign.yaml has no `keep`: old releases are citable for as long as they are pinned.
 */

import { CID } from "multiformats/cid";
import { identity } from "../../core/cid.ts";
import { isFailure } from "../../core/failure.ts";
import { dataLeaves } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { releaseAt } from "../names/target.ts";
import type { Parts } from "../parts.ts";
import { type Past, treeOf } from "../tree/past.ts";
import { isAdded, label, leafLabel } from "./label.ts";

/** A release whose pins the policy does not require. */
export interface OldRelease {
  readonly head: Head;
  /** What only it and other old releases have: its root, its portal, leaves. */
  readonly cids: readonly CID[];
}

/** What deciding on old releases needs of a campaign: its past, its rules, and the names that lead to old releases. */
export type RetentionParts = Past & Pick<Parts, "pins" | "names">;

export function retainsAll({ pins: { keep } }: Pick<Parts, "pins">): boolean {
  return keep.releases === undefined && keep.younger === undefined;
}

/**
 * Releases that the rules don't retain, the newest first. `needed`: what else stays pinned.
 *
 * @throws Failure `unavailable` where the tree of a release that is retained can't be read: what it needs is not known then.
 */
export async function* oldReleases(
  head: Head,
  campaign: RetentionParts,
  needed: Iterable<CID>,
  world: World,
): AsyncGenerator<OldRelease> {
  if (retainsAll(campaign)) return;
  const named = numbersIn(campaign);
  // Of the same data in another spelling some services unpin together.
  const retained = new Set([...campaign.pins.extra.map(({ cid }) => CID.parse(cid)), ...needed].map(identity));
  for (const number of named) {
    const pointedAt = await releaseAt(number, head, campaign.log, world);
    for (const cid of await rootsOf(pointedAt, campaign, world)) retained.add(identity(cid));
  }
  for await (const { at, stays } of byRule(head, named, campaign, world)) {
    const cids = stays ? await rootsOf(at, campaign, world) : await rootsKnown(at, campaign, world);
    if (stays) for (const cid of cids) retained.add(identity(cid));
    else yield { head: at, cids: cids.filter((cid) => !retained.has(identity(cid))) };
  }
}

/** Returns the numbers of the releases that the policy does not retain. */
export async function oldNumbers(head: Head, campaign: RetentionParts, world: World): Promise<ReadonlySet<number>> {
  const numbers = new Set<number>();
  if (retainsAll(campaign)) return numbers;
  for await (const { at, stays } of byRule(head, numbersIn(campaign), campaign, world))
    if (!stays) numbers.add(at.release.number);
  return numbers;
}

/** Labels on the campaign's own node that pin what only this release needed. */
export function labelsOf(
  { head: { release }, cids }: OldRelease,
  pins: ReadonlyMap<string, CID>,
  { facts: { campaign } }: Pick<Parts, "facts">,
): string[] {
  const own = [label(campaign, "tree", release.number), label(campaign, "portal", release.number)];
  const gone = new Set(cids.map(identity));
  // A leaf that the node fetched, or that was added here, has a pin of its own, which outlives its line in tree.yaml.
  const isOfLeaf = (name: string) => name.startsWith(leafLabel(campaign, "")) || isAdded(name);
  return [...pins]
    .filter(([name, cid]) => own.includes(name) || (isOfLeaf(name) && gone.has(identity(cid))))
    .map(([name]) => name);
}

async function* byRule(
  head: Head,
  named: ReadonlySet<number>,
  { pins: { keep }, log }: RetentionParts,
  world: World,
): AsyncGenerator<{ readonly at: Head; readonly stays: boolean }> {
  const oldest = world.now().getTime() - (keep.younger ?? 0);
  let count = 0;
  for await (const at of releasesFrom(head, log, world)) {
    const young = keep.releases ? count < keep.releases : Date.parse(at.release.made) >= oldest;
    yield { at, stays: count++ === 0 || young || named.has(at.release.number) };
  }
}

/** Numbers of the old releases that names point to. */
function numbersIn({ names }: RetentionParts): ReadonlySet<number> {
  return new Set(names.flatMap(({ to }) => to.release ?? []));
}

/** Everything that was pinned for a release. */
async function rootsOf({ release }: Head, campaign: Past, world: World): Promise<CID[]> {
  const tree = await treeOf(release, campaign, world);
  return [release.root, release.portal, ...dataLeaves(tree).map(({ cid }) => cid)];
}

/** The same, of a release whose tree.yaml may have been collected already. */
async function rootsKnown(at: Head, campaign: Past, world: World): Promise<CID[]> {
  try {
    return await rootsOf(at, campaign, world);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    return [at.release.root, at.release.portal];
  }
}
