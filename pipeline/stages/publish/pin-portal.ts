/** Pin the portal: describe the datasets, fold the views, store the files and pin their folder. A preview of it is stored without a pin. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { Entry } from "../../core/stac/catalog-entry.ts";
import { byBytes } from "../../core/text/order.ts";
import type { Change } from "../../core/tree/changes.ts";
import type { Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Block, Link } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { hasBlock } from "../../ipfs/has-block.ts";
import { allReleasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { type Draft, fittingDraft, mergedLinks, releaseBlock } from "../../log/release.ts";
import type { PublishEvent } from "../event.ts";
import type { Parts } from "../parts.ts";
import { label } from "../pins/label.ts";
import { type Scanning, scan } from "../scan/scan.ts";
import { creationTime } from "../tree/created-at.ts";
import { type Past, sourceOf, treeOf } from "../tree/past.ts";
import type { Observation } from "./observe.ts";
import { packing } from "./packed-entries.ts";
import type { ReleaseOfPortal } from "./plan.ts";
import { buildPortal, foldViews, type PastReleases, sidesOf, treesOf } from "./portal.ts";
import { type ReferenceParts, withReferences } from "./references.ts";
import { type Memories, recall, remember } from "./view-memory.ts";

/** What building a portal needs of a campaign. */
export type PortalParts = Pick<
  Parts,
  "folder" | "state" | "facts" | "home" | "log" | "views" | "madeWith" | "sourceDateEpoch"
> &
  Past &
  Scanning &
  ReferenceParts;

/** What a release publishes, before it has a portal. */
export interface Source {
  /** tree.yaml. */
  readonly text: Uint8Array;
  readonly tree: Tree;
  readonly changes: readonly Change[];
}

export interface PortalOptions {
  readonly strict: boolean;
  readonly rollback?: Pick<Draft, "rollbackOf" | "why">;
  readonly merging?: readonly Head[];
}

/**
 * Build the portal of the next release, or of the newest one where only its portal is missing, and pin it.
 *
 * @throws Failure `unavailable` where a dataset can't be read because its bytes are out of reach; with `strict`,
 * `findings` where a dataset's content is bad.
 */
export async function* pinPortal(
  root: Link,
  of: ReleaseOfPortal,
  from: Source,
  options: PortalOptions,
  campaign: PortalParts,
  world: World,
): AsyncGenerator<PublishEvent, { draft: Draft; portal: CID }> {
  const { draft, past, portal, memories } = yield* storePortal(root, of, from, options, campaign, world);
  if (of.kind === "newest" && !portal.equals(of.head.release.portal)) {
    throw new Failure(
      "corrupt",
      `the portal of release ${draft.number} comes out as ${portal} and was published as ${of.head.release.portal}`,
    );
  }
  await storeReleases(past, of.kind === "newest", campaign, world);
  await campaign.home.pin(portal, label(campaign.facts.campaign, "portal", draft.number), world);
  await remember(memories, portal, campaign);
  return { draft, portal };
}

/**
 * The portal that a plan would publish, stored on the campaign's node without a pin: it can be read until blocks that belong to
 * nothing are removed. Its CID is the one that publishing gives. `undefined` where the plan publishes no portal.
 *
 * @throws Failure as {@link pinPortal} does.
 */
export async function previewPortal(
  text: Uint8Array,
  { steps, tree, changes, blocks }: Pick<Observation, "steps" | "tree" | "changes" | "blocks">,
  campaign: PortalParts,
  world: World,
): Promise<CID | undefined> {
  const step = steps.find((each) => each.do === "pin-portal");
  if (!step) return undefined;
  await campaign.home.put(blocks, world);
  const stored = storePortal(step.root, step.of, { text, tree, changes }, { strict: false }, campaign, world);
  // Of a dataset that failed there is a warning already.
  let next = await stored.next();
  while (!next.done) next = await stored.next();
  await storeReleases(next.value.past, false, campaign, world);
  return next.value.portal;
}

/** A portal whose files are on the node, with what making it found out. */
interface StoredPortal {
  readonly draft: Draft;
  readonly past: PastReleases;
  readonly portal: CID;
  readonly memories: Memories;
}

async function* storePortal(
  root: Link,
  of: ReleaseOfPortal,
  from: Source,
  { strict, rollback, merging = [] }: PortalOptions,
  campaign: PortalParts,
  world: World,
): AsyncGenerator<PublishEvent, StoredPortal> {
  const found = yield* scanTree(from.tree, strict, campaign, world);
  const entries = await withReferences(found, campaign, campaign.home, world);

  const { put, store } = batches(campaign.home, world);
  const source = fileOf(from.text, profiles["cid-v1"], put);
  const draft =
    of.kind === "newest"
      ? of.head.release
      : await draftRelease(root, source, of, { changes: from.changes, rollback, merging }, campaign, world);
  const past = await parentsBefore(draft, campaign, world);
  const fold = {
    log: campaign.log,
    // The tree.yaml of the release in the making is on no node yet.
    treeOf: async (release: Draft) => (release === draft ? from.tree : treeOf(release, campaign, world)),
    sourceOf: async (release: Draft) => (release === draft ? from.text : sourceOf(release, campaign, world)),
    state: campaign.state,
  };
  const states = await foldViews(campaign.views, past, fold, world);
  const sides = await sidesOf(draft, fold, world);
  const trees = await treesOf(draft, fold, put, world);
  const content = {
    ...{ draft, ...(sides && { sides }), ...(trees && { trees }) },
    ...{ tree: root, source, entries, campaign: campaign.facts },
  };
  let done = 0;
  const memories = await recall(campaign, world);
  const afterFile = async () => {
    world.progress({ task: "writing the portal", done: ++done, unit: "files" });
    await store(batchBytes);
  };
  const portal = await buildPortal(campaign.views, states, content, put, { memories, afterFile });
  await store(0);
  return { draft, past, portal: portal.cid, memories };
}

/** Bytes of blocks that are stored together. */
const batchBytes = 8_000_000;

/**
 * Collects blocks and stores them together: the portal of very many datasets does not fit in memory. Until the portal is
 * pinned, blocks that are stored belong to nothing, so that a run that ends here leaves no trace but them.
 */
function batches(home: Pick<Parts["home"], "put">, world: World) {
  let blocks: Block[] = [];
  let bytes = 0;
  return {
    put: (block: Block) => {
      blocks.push(block);
      bytes += block.bytes.length;
    },
    /** Stores what was collected, unless it is less than `least` bytes. */
    async store(least: number) {
      if (bytes < least) return;
      const some = blocks;
      [blocks, bytes] = [[], 0];
      await home.put(some, world);
    },
  };
}

/**
 * Store the releases before the portal, which it links to, on the campaign's node: those that another machine created are
 * only in the log. A node that has one of them has all before it, because the portal of that one links to them; unless it lost
 * some (`all`).
 */
async function storeReleases(
  { before, merged }: PastReleases,
  all: boolean,
  campaign: Pick<Parts, "home" | "log"> & Past,
  world: World,
): Promise<void> {
  const { home, log } = campaign;
  const parts = { log, sourceOf: (release: Draft) => sourceOf(release, campaign, world) };
  const lacking: Block[] = [];
  for (const head of [before, ...merged]) {
    let isBelowMerge = all;
    for await (const { cid, release } of allReleasesFrom(head, log, world)) {
      const isStored = await hasBlock(cid, home, world);
      if (isStored && !isBelowMerge) break;
      isBelowMerge ||= release.merged !== undefined;
      if (isStored) continue;
      lacking.push(releaseBlock(release));
      await treesOf(release, parts, (block) => lacking.push(block), world);
    }
  }
  if (lacking.length > 0) await home.put(lacking, world);
}

/**
 * The catalog entries of the whole tree. Yields an event for each dataset that failed.
 *
 * @throws Failure as {@link pinPortal} does.
 */
export async function* scanTree(
  tree: Tree,
  strict: boolean,
  campaign: Scanning,
  world: World,
): AsyncGenerator<PublishEvent, Entry[]> {
  const entries: Entry[] = [];
  const pack = packing();
  const unreachable: string[] = [];
  const failed: string[] = [];
  for await (const leaf of scan([...tree.values()], campaign, world)) {
    for (const entry of leaf.entries) entries.push(pack(entry));
    if (leaf.unreachable) unreachable.push(`tree.yaml:${tree.get(leaf.path)!.line}: ${leaf.path}: ${leaf.unreachable}`);
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
      hint: "fix them, or publish without --strict",
    });
  }
  return entries.sort((a, b) => byBytes(a.path, b.path));
}

/** Returns why a dataset is not in the portal, or why not all datasets of a leaf are. */
function whyNotListed(entry: Entry): string | undefined {
  if (entry.kind === "failed") return entry.failure.message;
  return entry.kind === "plain" ? entry.findings?.map(({ says }) => says).join("; ") : undefined;
}

async function draftRelease(
  root: Link,
  source: Link,
  { number, after }: Extract<ReleaseOfPortal, { kind: "next" }>,
  {
    changes,
    rollback,
    merging,
  }: {
    readonly changes: Draft["changes"];
    readonly rollback: Pick<Draft, "rollbackOf" | "why"> | undefined;
    readonly merging: readonly Head[];
  },
  campaign: PortalParts,
  world: World,
): Promise<Draft> {
  const merged = mergedLinks(merging.map(({ cid }) => cid));
  const draft: Omit<Draft, "made"> = {
    campaign: campaign.facts.campaign,
    number,
    previous: after?.cid ?? null,
    ...(merged && { merged }),
    root: root.cid,
    tree: source.cid,
    changes,
    before: after ? { root: after.release.root, portal: after.release.portal } : null,
    madeWith: campaign.madeWith,
    ...rollback,
  };
  const parents = [...(after ? [after] : []), ...merging];
  // A merge is no edit of tree.yaml: it has the date of the newest release in it, at whichever site it is created.
  const made = merged ? newestDate(parents) : await creationTime(draft, after, campaign, world);
  return fittingDraft({ ...draft, made });
}

function newestDate(parents: readonly Head[]): string {
  const dates = parents.map(({ release }) => release.made).sort();
  return dates.at(-1) ?? "";
}

/** What `release` links to of the log. */
export async function parentsBefore(
  { previous, merged = [] }: Draft,
  { log }: Pick<Parts, "log">,
  world: World,
): Promise<PastReleases> {
  const at = async (cid: CID): Promise<Head> => ({ cid, release: await log.read(cid, world) });
  return { before: previous ? await at(previous) : undefined, merged: await Promise.all(merged.map(at)) };
}
