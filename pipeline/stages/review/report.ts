/**
 * Computes the report on the result of merging a proposal. Every output format is derived from this report.
 *
 * The base branch's tip and the proposal are merged by path, and reviewed with the base's campaign.yaml, so that a proposal
 * can't change how it is reviewed. Reads of its data count against a budget (`budget.ts`).
 */

import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import type { EndpointConfig } from "../../core/campaign/endpoints.ts";
import { atMost } from "../../core/concurrency.ts";
import { boundedFindings } from "../../core/report/finding-list.ts";
import {
  type OnMerge,
  type Owned,
  type Removals,
  type Report,
  type ReportedChange,
  type ReportedFinding,
  stateOf,
} from "../../core/report/report.ts";
import { byBytes } from "../../core/text/order.ts";
import { type Change, changesBetween } from "../../core/tree/changes.ts";
import { dataLeaves, type Leaf, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { mergesByLine } from "../../disk/git.ts";
import type { Parts } from "../parts.ts";
import { assembleTree } from "../tree/assemble.ts";
import { sizesOf } from "../tree/sizes.ts";
import { type Bounds, budgetOf } from "./budget.ts";
import { endpointFindings, endpointsOf } from "./endpoints.ts";
import { type DataReviewParts, reviewData } from "./new-data.ts";
import { atTop, isValid, type Proposed, readSides, type Sides } from "./proposal.ts";

/** The parts of the campaign that a review needs. None of them needs a secret. */
export interface ReviewParts extends DataReviewParts, Pick<Parts, "profile"> {
  /** In the order of campaign.yaml. */
  readonly owners: readonly Owner[];
  readonly config: Pick<CampaignConfig, "review"> & EndpointConfig;
  /** Caches the sizes of the live leaves, as far as the log carries them. Throws only where the run is aborted. */
  readonly rememberLive?: (world: World) => Promise<void>;
}

/** Reviewers of changes to certain paths. */
export interface Owner {
  readonly pattern: string;
  /** GitHub logins, or `org/team`. */
  readonly owners: readonly string[];
  readonly matches: (path: string) => boolean;
}

/** Blocks that one report may read to check reachability, and as many again to describe datasets. Each takes a round trip. */
const mostBlocks = 20_000;

/** Returns the report, and in `merged` the text of the merged tree.yaml; absent where the sides can't be merged. */
export async function reportOn(
  proposed: Proposed,
  campaign: ReviewParts,
  world: World,
): Promise<{ report: Report; merged?: string }> {
  const sides = readSides(proposed);
  const { base, proposal, merged } = sides;
  const changes = changesIn(sides);
  const removals = removalsOf(changes, sides, proposed.labels, campaign);
  const bounds = { ...campaign.config.review.reach, blocks: mostBlocks };
  const endpoints = endpointsOf(proposed, campaign.config);
  // Computed before the concurrent reads below fill the cache, so that the report does not depend on their order.
  const isKnown = ({ cid }: Leaf) => typeof campaign.sizes.get(cid.toString()) === "number";
  if (!dataLeaves(base.tree).every(isKnown)) await campaign.rememberLive?.(world);
  // Concurrently, because both wait for the same gateways.
  const [data, sizes] = await Promise.all([
    reviewData(changes, { base: base.tree, proposal: proposal.tree }, bounds, campaign, world),
    sizesIn(base.tree, bounds, campaign, world),
  ]);
  for (const [cid, size] of sizes) campaign.sizes.set(cid, size);
  await campaign.sizes.save();
  const result = {
    root: rootsOf(sides, campaign),
    changes: data.map(({ change }): ReportedChange => change),
    findings: [
      ...sides.findings,
      ...endpointFindings(endpoints),
      ...removalFindings(removals),
      ...boundedFindings(data.flatMap(({ findings }) => findings)),
    ],
    conflicts: sides.conflicts,
  };
  const report: Report = {
    campaign: campaign.facts.campaign,
    ...(proposed.sha && { sha: proposed.sha }),
    ...(proposed.baseSha && { baseSha: proposed.baseSha }),
    state: stateOf(result),
    ...result,
    onlyTextual: merged !== undefined && (await mergesByLine(sides.texts, world)) === false,
    removals,
    endpoints,
    owners: ownersOf(changes, campaign.owners),
    onMerge: onMerge(campaign.config),
    ...(campaign.facts.gateways[0] && { preview: campaign.facts.gateways[0] }),
    reproduce: proposed.reproduce,
  };
  return { report, ...(merged && { merged: merged.text }) };
}

/**
 * Leaves out removals where there is no merged tree, because a leaf on an invalid line is not removed. Also leaves out the
 * removal of an empty folder that the proposal puts leaves into, because the folder still exists.
 */
function changesIn({ base, proposal, merged }: Sides): Change[] {
  const next = (merged ?? proposal).tree;
  const changes = changesBetween(base.tree, next);
  // Computed lazily: most proposals replace no empty folder, and a tree may have a quarter of a million paths.
  let folders: ReadonlySet<string> | undefined;
  const isFolderNow = (path: string): boolean => {
    folders ??= new Set(next.keys().flatMap(foldersAbove));
    return folders.has(path);
  };
  const went = ({ path }: Change) => merged && !(base.tree.get(path)?.kind === "empty-folder" && isFolderNow(path));
  return changes.filter((change) => change.op !== "remove" || went(change));
}

function foldersAbove(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, i) => names.slice(0, i + 1).join("/"));
}

/** Leaves of the base measured concurrently. Small, because requests for the proposed data wait behind them. */
const atOnce = 32;

/** Returns sizes by CID. The base is the campaign's own tree: one block for each of its leaves may be read, within the time. */
async function sizesIn(
  base: Tree,
  bounds: Bounds,
  { get, sizes }: ReviewParts,
  world: World,
): Promise<ReadonlyMap<string, number>> {
  const budget = budgetOf({ ...bounds, blocks: Infinity, bytes: Infinity }, world);
  const inTurn = atMost(atOnce);
  const block = (cid: Leaf["cid"]) => inTurn(() => budget.spend((bounded) => get(cid, bounded)));
  // Sizes are not cached while measuring, so that the report does not depend on the order of concurrent reads.
  const { of } = await sizesOf(base, block, { ...sizes, set: () => {}, save: async () => {} }, world);
  return of;
}

/** Returns `null` for a root whose tree or sizes are missing. The reachability check has already measured new leaves. */
function rootsOf({ base, merged }: Sides, { sizes, profile }: ReviewParts): Report["root"] {
  const rootOf = (tree: Tree): string | null => {
    const known = new Map<string, number>();
    for (const { cid } of dataLeaves(tree)) {
      const size = sizes.get(cid.toString());
      if (typeof size !== "number") return null;
      known.set(cid.toString(), size);
    }
    return assembleTree(tree, known, profile, () => {}).cid.toString();
  };
  return { from: isValid(base) ? rootOf(base.tree) : null, to: merged ? rootOf(merged.tree) : null };
}

function removalsOf(
  changes: readonly Change[],
  { base, merged }: Sides,
  labels: readonly string[],
  { config }: ReviewParts,
): Removals {
  const { removals: share, label } = config.review;
  const of = pathsOfData(base.tree).reduce((count) => count + 1, 0);
  const wasData = (path: string) => base.tree.get(path)?.kind === "data";
  const leaves = changes.filter(({ op, path }) => op === "remove" && wasData(path)).length;
  const left = topFolders(pathsOfData((merged ?? base).tree));
  const folders = [...topFolders(pathsOfData(base.tree))].filter((folder) => !left.has(folder)).sort(byBytes);
  const tooMany = folders.length > 0 || leaves > share * of;
  return { leaves, of, folders, tooMany, label, labelled: labels.includes(label) };
}

/** Returns the paths of data leaves. Empty folders are not data. */
function pathsOfData(tree: Tree): IteratorObject<string> {
  return tree
    .values()
    .filter(({ kind }) => kind === "data")
    .map(({ path }) => path);
}

function topFolders(paths: IteratorObject<string>): ReadonlySet<string> {
  return new Set(paths.filter((path) => path.includes("/")).map((path) => path.slice(0, path.indexOf("/"))));
}

function removalFindings({ leaves, of, folders, tooMany, label, labelled }: Removals): ReportedFinding[] {
  if (!tooMany) return [];
  const what =
    folders.length > 0 ? `nothing is left of ${folders.join(", ")}` : `${leaves} of ${of} leaves would be gone`;
  const rule = folders.length > 0 ? "removed-folder" : "many-removals";
  if (labelled) return [{ ...atTop, level: "hint", rule, says: `${what}, as the label ${label} allows` }];
  return [
    { ...atTop, level: "error", rule, says: what, fix: `put back what should stay, or ask for the label ${label}` },
  ];
}

function ownersOf(changes: readonly Change[], owners: readonly Owner[]): Owned[] {
  if (owners.length === 0) return [];
  const paths = new Set(
    changes.flatMap((change) => (change.op === "move" ? [change.from, change.path] : [change.path])),
  );
  return owners.flatMap(({ pattern, owners, matches }) => {
    const theirs = [...paths].filter(matches).sort(byBytes);
    return theirs.length > 0 ? [{ pattern, owners, paths: theirs }] : [];
  });
}

function onMerge({ pins, names }: ReviewParts["config"]): OnMerge {
  const { atLeast, of } = pins.require;
  return {
    pins: { atLeast, of, also: pins.services.map(({ name }) => name).filter((name) => !of.includes(name)) },
    names: names.map((name) => ({
      name: "domain" in name ? name.domain : (name.key ?? name.ipns),
      to: name.to,
      ttl: name.ttl,
    })),
  };
}
