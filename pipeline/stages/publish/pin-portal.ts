/** Keep the portal: describe the datasets, fold the views, store what comes out and pin it. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { Entry } from "../../core/stac/catalog-entry.ts";
import { byBytes } from "../../core/text/order.ts";
import type { World } from "../../core/world.ts";
import type { Block, Link } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { type Draft, releaseBlock } from "../../log/release.ts";
import type { PublishEvent } from "../event.ts";
import type { Parts } from "../parts.ts";
import { label } from "../pins/label.ts";
import { scan } from "../scan/scan.ts";
import { creationTime } from "../tree/created-at.ts";
import type { Observation } from "./observe.ts";
import { buildPortal, foldViews } from "./portal.ts";

/**
 * The portal of the release that is being made, or of the head where only its portal is missing.
 *
 * @throws Failure `unavailable` where a dataset can't be read because its bytes are out of reach; with `strict`,
 * `findings` where a dataset's content is bad.
 */
export async function* pinPortal(
  root: Link,
  text: Uint8Array,
  seen: Observation,
  { strict, rollback }: { readonly strict: boolean; readonly rollback?: Pick<Draft, "rollbackOf" | "why"> },
  campaign: Parts,
  world: World,
): AsyncGenerator<PublishEvent, { draft: Draft; portal: CID }> {
  const entries = yield* scanTree(seen, strict, campaign, world);

  const blocks: Block[] = [];
  const put = (block: Block) => void blocks.push(block);
  const source = fileOf(text, profiles["cid-v1"], put);
  const again = !seen.steps.some((step) => step.do === "release");
  const draft = again ? seen.head!.release : await draftOf(root, source, { ...seen, rollback }, campaign, world);
  const before = again ? await previousOf(seen.head!, campaign, world) : seen.head;

  const states = await foldViews(campaign.views, before, campaign.log, campaign.state, world);
  const content = { draft, tree: root, source, entries, campaign: campaign.facts };
  const portal = buildPortal(campaign.views, states, content, put);
  if (again && !portal.cid.equals(seen.head!.release.portal)) {
    throw new Failure(
      "corrupt",
      `the portal of release ${draft.number} comes out as ${portal.cid} and was published as ${seen.head!.release.portal}`,
    );
  }
  await campaign.home.put(blocks, world);
  await bringReleases(before, campaign, world);
  await campaign.home.pin(portal.cid, label(campaign.facts.campaign, "portal", draft.number), world);
  return { draft, portal: portal.cid };
}

/**
 * The releases up to `head`, which the portal links to, onto the campaign's node: those that another machine made are in
 * the log alone. Where the node has one it has all before it, for the portal of that one links to them.
 */
async function bringReleases(head: Head | undefined, { home, log }: Parts, world: World): Promise<void> {
  const lacking: Block[] = [];
  for await (const { cid, release } of releasesFrom(head, log, world)) {
    if (home.has ? await home.has(cid, world) : await home.get(cid, world)) break;
    lacking.push(releaseBlock(release));
  }
  if (lacking.length > 0) await home.put(lacking, world);
}

/**
 * What the whole tree contains. Failed datasets are told as events; one out of reach stops everything.
 *
 * @throws Failure as {@link pinPortal} does.
 */
export async function* scanTree(
  seen: Observation,
  strict: boolean,
  campaign: Parts,
  world: World,
): AsyncGenerator<PublishEvent, Entry[]> {
  const entries: Entry[] = [];
  const unreachable: string[] = [];
  const failed: string[] = [];
  for await (const leaf of scan([...seen.tree.values()], campaign, world)) {
    entries.push(...leaf.entries);
    if (leaf.unreachable)
      unreachable.push(`tree.yaml:${seen.tree.get(leaf.path)!.line}: ${leaf.path}: ${leaf.unreachable}`);
    for (const entry of leaf.entries) {
      const says = whyNotListed(entry);
      if (says === undefined) continue;
      failed.push(`${entry.path}: ${says}`);
      world.log(`warning: ${failed.at(-1)}`);
      yield { event: "failed", path: entry.path, cid: entry.cid, says };
    }
  }
  if (unreachable.length > 0)
    throw new Failure("unavailable", unreachable.join("\n"), { hint: "publish again when the data can be reached" });
  if (strict && failed.length > 0) {
    throw new Failure("findings", [`${failed.length} of the datasets failed`, ...failed].join("\n"), {
      hint: "mend them, or publish without --strict",
    });
  }
  return entries.sort((a, b) => byBytes(a.path, b.path));
}

/** Why a dataset is not in the portal, or not all that a leaf holds are. */
function whyNotListed(entry: Entry): string | undefined {
  if (entry.kind === "failed") return entry.failure.message;
  return entry.kind === "plain" ? entry.findings?.map(({ says }) => says).join("; ") : undefined;
}

async function draftOf(
  root: Link,
  source: Link,
  { head, changes, rollback }: Observation & { readonly rollback: Pick<Draft, "rollbackOf" | "why"> | undefined },
  campaign: Parts,
  world: World,
): Promise<Draft> {
  const draft = {
    campaign: campaign.facts.campaign,
    number: (head?.release.number ?? 0) + 1,
    previous: head?.cid ?? null,
    root: root.cid,
    tree: source.cid,
    changes,
    before: head ? { root: head.release.root, portal: head.release.portal } : null,
    madeWith: campaign.madeWith,
    ...rollback,
  };
  return { ...draft, made: await creationTime(draft, head, campaign, world) };
}

/** The release before `head`. */
export async function previousOf({ release }: Head, { log }: Parts, world: World): Promise<Head | undefined> {
  return release.previous ? { cid: release.previous, release: await log.read(release.previous, world) } : undefined;
}
