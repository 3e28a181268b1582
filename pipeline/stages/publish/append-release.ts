/**
 * Append the release: pin its block, then move the head to it.
 *
 * The block is pinned as raw bytes, which has the same multihash: pinned as dag-cbor, its links would pin every tree
 * there ever was. Earlier releases' blocks are files of the portal, so one pin of the newest is enough. The portal is pinned
 * by now, so the previous release is unpinned first: were it unpinned last, a lost answer would leave the pin for good.
 */
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import type { World } from "../../core/world.ts";
import { allReleasesFrom, releasesApart } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { type Release, releaseBlock } from "../../log/release.ts";
import type { Parts } from "../parts.ts";
import { label } from "../pins/label.ts";
import { lackingSources, type Past, sourceFrom, sourcesOf } from "../tree/past.ts";

/** `text`: its tree.yaml, which the log carries for machines that have no blocks of it. */
export async function appendRelease(
  unsigned: Release,
  text: Uint8Array,
  head: Head | undefined,
  campaign: Past & Pick<Parts, "home" | "facts" | "signer">,
  world: World,
): Promise<Head> {
  const { home, log, facts, signer, sizes } = campaign;
  const release = signer ? await (await signer())(unsigned) : unsigned;
  await pinRelease(release, campaign, world);
  if (head) await home.unpin(label(facts.campaign, "release", head.release.number), world);
  const merged = await mergedReleases(release, head, log, world);
  const sources = [
    { tree: release.tree, ...sourceFrom(text, sizes) },
    ...(await lackingSources(head, campaign, world)),
    ...(await sourcesOf(merged, campaign, world)),
  ];
  return log.append(release, head, world, { sources, releases: merged });
}

/** The releases that only what `release` merges leads to, for machines that share the log and no blocks. */
async function mergedReleases(
  { merged = [] }: Release,
  head: Head | undefined,
  log: Pick<Parts["log"], "read">,
  world: World,
): Promise<readonly Release[]> {
  if (merged.length === 0) return [];
  const heads = await Promise.all(merged.map(async (cid) => ({ cid, release: await log.read(cid, world) })));
  const apart = await releasesApart(heads, allReleasesFrom(head, log, world), log, world);
  return apart.map(({ release }) => release);
}

/** The block of a release on the campaign's own node, pinned as raw bytes. */
async function pinRelease(
  release: Release,
  { home, facts }: Pick<Parts, "home" | "facts">,
  world: World,
): Promise<void> {
  const block = releaseBlock(release);
  await home.put([block], world);
  await home.pin(CID.createV1(raw.code, block.cid.multihash), label(facts.campaign, "release", release.number), world);
}

/** The same for a release that another machine appended, or whose block was lost here; nothing where it is pinned. */
export async function ensureReleasePinned(
  { release }: Head,
  campaign: Pick<Parts, "home" | "facts">,
  world: World,
): Promise<void> {
  const { home, facts } = campaign;
  const pins = await home.pins(world);
  if (!pins.has(label(facts.campaign, "release", release.number))) await pinRelease(release, campaign, world);
}
