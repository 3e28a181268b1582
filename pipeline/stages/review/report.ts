/**
 * What merging a proposal would give, computed once for everybody who shows it.
 *
 * The base branch's tip and the proposal are merged by path, and looked at with the base's campaign.yaml: a proposal has no
 * say in how it is looked at. What is read of its data is paid from an budget (`budget.ts`).
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

/** What a proposal is looked at with. No secret is needed for any of it. */
export interface ReviewParts extends DataReviewParts, Pick<Parts, "profile"> {
  /** In the order of campaign.yaml. */
  readonly owners: readonly Owner[];
  readonly config: Pick<CampaignConfig, "review"> & EndpointConfig;
  /** Remember the sizes of the leaves that are live, as far as the log tells them. Fails for nothing but the wish to stop. */
  readonly rememberLive?: (world: World) => Promise<void>;
}

/** Who looks at changes of what. */
export interface Owner {
  readonly pattern: string;
  /** GitHub logins, or `org/team`. */
  readonly owners: readonly string[];
  readonly matches: (path: string) => boolean;
}

/** Blocks that one report may read to reach for data, and as many to describe it: a round trip each. */
const mostBlocks = 20_000;

/** `merged`: the text of the tree as it would be; absent where both sides can't be merged. */
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
  // Before anything else: what is said of a change must not depend on who is faster.
  const isKnown = ({ cid }: Leaf) => typeof campaign.sizes.get(cid.toString()) === "number";
  if (!dataLeaves(base.tree).every(isKnown)) await campaign.rememberLive?.(world);
  // Both wait for the same gateways, so they wait together.
  const [data, sizes] = await Promise.all([
    reviewData(changes, { base: base.tree, proposal: proposal.tree }, bounds, campaign, world),
    sizesIn(base.tree, bounds, campaign, world),
  ]);
  for (const [cid, size] of sizes) campaign.sizes.set(cid, size);
  await campaign.sizes.save();
  const looked = {
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
    state: stateOf(looked),
    ...looked,
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
 * Of a proposal with errors, nothing of what it takes away: a line that can't be read removes no leaf. And an empty folder
 * that something was put into has not gone, though its line is another.
 */
function changesIn({ base, proposal, merged }: Sides): Change[] {
  const next = (merged ?? proposal).tree;
  const changes = changesBetween(base.tree, next);
  // Most proposals replace no empty folder, and a tree may have a quarter of a million paths.
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

/** Leaves of the base measured at once: what is proposed waits behind them, and they must not keep it waiting for long. */
const atOnce = 32;

/** By CID. The base is the campaign's own: as many blocks as it has leaves may be read, in the time there is. */
async function sizesIn(
  base: Tree,
  bounds: Bounds,
  { get, sizes }: ReviewParts,
  world: World,
): Promise<ReadonlyMap<string, number>> {
  const budget = budgetOf({ ...bounds, blocks: Infinity, bytes: Infinity }, world);
  const inTurn = atMost(atOnce);
  const block = (cid: Leaf["cid"]) => inTurn(() => budget.spend((bounded) => get(cid, bounded)));
  // Nothing is remembered before all is: what is said of a change would depend on who was faster.
  const { of } = await sizesOf(base, block, { ...sizes, set: () => {}, save: async () => {} }, world);
  return of;
}

/** `null` where sizes are missing, or where there is no tree to take the root of. What is new was measured when it was reached for. */
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

/** Empty folders are no loss. */
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
