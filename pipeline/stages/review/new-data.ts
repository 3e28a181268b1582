/**
 * The data that a proposal adds: whether it can be reached, its size, and its datasets' descriptions.
 *
 * A dataset that is broken, endless or out of reach is reported as such, and does not affect the review of the others.
 */

import { inOrder } from "../../core/concurrency.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import { previewOf } from "../../core/report/preview.ts";
import type { DatasetLine, ReportedChange, ReportedFinding } from "../../core/report/report.ts";
import type { DatasetEntry, Entry } from "../../core/stac/catalog-entry.ts";
import type { Change } from "../../core/tree/changes.ts";
import type { Leaf, Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { pause } from "../../dag/event-loop.ts";
import { tsizeOf } from "../../dag/read/tsize.ts";
import { sidecarOf } from "../../formats/sidecar.ts";
import type { Source } from "../../ipfs/fallback.ts";
import type { Parts } from "../parts.ts";
import { arraysOf } from "../scan/compare-leaves.ts";
import { scan } from "../scan/scan.ts";
import { type Bounds, type Budget, budgetOf } from "./budget.ts";
import { probeReachability, type Reachability } from "./reachability.ts";

export interface DataReviewParts extends Pick<Parts, "facts" | "readers" | "isScanned" | "sizes" | "leafContents"> {
  /** All sources of blocks, each one separately. */
  readonly blockSources: readonly Source[];
  /** Returns a block from the first source that has it. @throws Failure `unavailable` where no source has it. */
  readonly get: (cid: Leaf["cid"], world: World) => Promise<Uint8Array>;
}

/** A change with the description of its data, and the findings in it. */
export interface Data {
  readonly change: ReportedChange;
  readonly findings: readonly ReportedFinding[];
}

/** The share of the budget for descriptions that one leaf may use. */
const mostForOne = 0.1;

/** Most datasets, and most findings, listed for one leaf. */
const mostListed = 20;

/** Leaves described at once. */
const atOnce = 4;

/** Returns one result for each of `changes`, in their order. `proposal` has their lines, `base` the leaves they replace. */
export async function reviewData(
  changes: readonly Change[],
  { base, proposal }: { readonly base: Tree; readonly proposal: Tree },
  bounds: Bounds,
  campaign: DataReviewParts,
  world: World,
): Promise<Data[]> {
  const fresh = changes.flatMap((change) => {
    const leaf = change.op === "add" || change.op === "update" ? proposal.get(change.path) : undefined;
    return leaf?.kind === "data" ? [{ change, leaf }] : [];
  });
  const roots = fresh.map(({ leaf }) => leaf.cid);
  const reached = await probeReachability(roots, campaign.blockSources, budgetOf(bounds, world), world);

  const budget = budgetOf(bounds, world);
  const share = Math.max(mostForOne, 1 / Math.max(1, fresh.length));
  const part = { bytes: Math.ceil(bounds.bytes * share), blocks: Math.ceil(bounds.blocks * share) };
  const found = new Map<Change, Data>();
  const describe = async ([i, { change, leaf }]: [number, (typeof fresh)[number]]) => {
    const before = base.get(change.path);
    found.set(
      change,
      await newData(change, { leaf, before, base, proposal }, reached[i]!, budget.share(part), campaign, world),
    );
  };
  const probeAll = async (some: Iterable<[number, (typeof fresh)[number]]>) => {
    for await (const _ of inOrder(some, atOnce, describe)) {
      await pause();
      world.signal.throwIfAborted();
      world.progress({ task: "describing", done: found.size, total: fresh.length, unit: "leaves" });
    }
  };
  // A quarter of a million leaves may have one CID: where the first has no datasets and no findings, the others have none.
  const firsts = { described: new Map<string, number>(), plain: new Map<string, number>() };
  const first = fresh.map(({ leaf: { cid, path } }, i) => {
    if (base.has(path)) return i;
    const alike = campaign.isScanned(path) ? firsts.described : firsts.plain;
    const key = proposal.has(sidecarOf(path)) ? path : cid.toString();
    const like = alike.get(key) ?? i;
    alike.set(key, like);
    return like;
  });
  await probeAll(fresh.entries().filter(([i]) => first[i] === i));
  await probeAll(
    fresh.entries().filter(([i, { change, leaf }]) => {
      const like = found.get(fresh[first[i]!]!.change)!;
      const isPlain = like.findings.length === 0 && like.change.datasets.length === 0;
      if (isPlain && first[i] !== i)
        found.set(change, { ...like, change: { ...like.change, ...change, line: leaf.line } });
      return !isPlain && first[i] !== i;
    }),
  );
  return changes.map((change) => found.get(change) ?? oldData(change, { base, proposal }, campaign));
}

/** Shared, because very many changes may refer to it. */
const none: readonly [] = [];

/** Returns the result for a change without new data: a move, a CID version change, a removal, or an empty folder. */
function oldData(
  change: Change,
  { base, proposal }: { readonly base: Tree; readonly proposal: Tree },
  { sizes }: DataReviewParts,
): Data {
  const leaf = change.op === "remove" ? base.get(change.path) : proposal.get(change.path);
  const size = leaf?.kind === "empty-folder" ? 0 : leaf && sizes.get(leaf.cid.toString());
  const known = typeof size === "number" ? size : null;
  return { change: { ...change, line: leaf?.line ?? 0, size: known, datasets: none, moreDatasets: 0 }, findings: none };
}

/** A new leaf and the one that it replaces, each in its tree, where its sidecar may be. */
interface Replaced {
  readonly leaf: Leaf;
  readonly before: Leaf | undefined;
  readonly base: Tree;
  readonly proposal: Tree;
}

async function newData(
  change: Change,
  replaced: Replaced,
  { root, reach }: Reachability,
  budget: Budget,
  campaign: DataReviewParts,
  world: World,
): Promise<Data> {
  const { leaf } = replaced;
  const at = findingAt(leaf);
  const data = { ...change, line: leaf.line, reach, datasets: none, moreDatasets: 0 };
  if (!root) return { change: { ...data, size: null }, findings: [at(outOfReach(leaf, reach.problem ?? ""))] };

  const size = sizeIn(root, leaf);
  if (typeof size === "string") {
    const says = `it is neither a file nor a folder: ${size}`;
    const finding = at({ level: "error", rule: "not-unixfs", says, fix: "add the data again with: fieldtree add" });
    return { change: { ...data, size: null }, findings: [finding] };
  }
  campaign.sizes.set(leaf.cid.toString(), size);
  const problem = reach.problem === undefined ? [] : [at(outOfReach(leaf, reach.problem))];
  const { lines, findings } = await described(replaced, root, budget, campaign, world);
  const datasets = lines.slice(0, mostListed);
  return {
    change: { ...data, size, datasets, moreDatasets: lines.length - datasets.length },
    findings: [...problem, ...findings.slice(0, mostListed).map(({ path, ...finding }) => ({ ...at(finding), path }))],
  };
}

/** Returns the Tsize in bytes, or the reason why the root block has none. */
function sizeIn(root: Uint8Array, { cid }: Leaf): number | string {
  try {
    const size = tsizeOf(cid, root);
    return Number.isSafeInteger(size) ? size : `its declared size is ${size} bytes`;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.message;
  }
}

async function described(
  { leaf, before, base, proposal }: Replaced,
  root: Uint8Array,
  budget: Budget,
  campaign: DataReviewParts,
  world: World,
): Promise<{ lines: DatasetLine[]; findings: (DatasetFinding & { readonly path: string })[] }> {
  const get = async (cid: Leaf["cid"]) =>
    cid.equals(leaf.cid) ? root : budget.spend((bounded) => campaign.get(cid, bounded));
  const entries = await entriesIn(leaf, proposal, { ...campaign, get }, world);
  if (typeof entries === "string") return { lines: [notDescribed(leaf.path, entries)], findings: [] };
  const datasets = entries.filter((entry) => entry.kind !== "plain");

  // The earlier data is only read for the comparison. Where it can't be read, no differences are reported.
  const earlier = before?.kind === "data" ? await entriesIn(before, base, { ...campaign, get }, world) : [];
  const old = new Map(
    (typeof earlier === "string" ? [] : earlier).flatMap((entry) =>
      entry.kind === "dataset" ? [[entry.path, entry]] : [],
    ),
  ) as Map<string, DatasetEntry>;
  const lines: DatasetLine[] = [];
  for (const entry of datasets) {
    const past = old.get(entry.path);
    // A pull request may have any number of datasets, of which only the first are listed.
    const arrays =
      entry.kind === "dataset" && past && lines.length < mostListed ? arraysOf(past, entry, get) : undefined;
    lines.push(
      entry.kind === "failed"
        ? notDescribed(entry.path, entry.failure.message)
        : previewOf(entry.path, entry.item, past?.item, await arrays),
    );
  }
  const paths = new Set(datasets.map(({ path }) => path));
  const gone = [...old.keys()].filter((path) => !paths.has(path));
  return {
    lines: [...lines, ...gone.map((path) => ({ path, variables: [], differs: ["this dataset is no longer there"] }))],
    findings: entries.flatMap(findingsOf),
  };
}

/** Returns the catalog entries of a leaf, or the reason why it can't be scanned. */
async function entriesIn(
  { path, cid }: Leaf,
  tree: Tree,
  using: Parameters<typeof scan>[1],
  world: World,
): Promise<readonly Entry[] | string> {
  try {
    for await (const { entries, unreachable } of scan([{ path, cid }], using, { ...world, progress: () => {} }, tree)) {
      return unreachable ?? entries;
    }
    return [];
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.message;
  }
}

/** Returns findings in a dataset, none of level `error`: invalid datasets can be published, so they must not block a merge. */
function findingsOf(entry: Entry): (DatasetFinding & { readonly path: string })[] {
  const { path } = entry;
  if (entry.kind === "failed") {
    return [{ path, level: "warning", rule: "not-described", says: `can't be described: ${entry.failure.message}` }];
  }
  return (entry.findings ?? []).map((finding) => ({
    ...finding,
    path,
    level: finding.level === "error" ? "warning" : finding.level,
  }));
}

function notDescribed(path: string, failed: string): DatasetLine {
  return { path, variables: [], differs: [], failed };
}

function outOfReach({ path }: Leaf, problem: string): DatasetFinding {
  return {
    level: "warning",
    rule: "data-unreachable",
    says: `the data is out of reach: ${problem}`,
    fix: `keep your node on the network, or: fieldtree car export ${path}, put the file anywhere, and give its address to the person who publishes`,
  };
}

/** Places a finding in a dataset at the line of its leaf. */
const findingAt =
  ({ line, column, path }: Leaf) =>
  (finding: DatasetFinding): ReportedFinding => ({ ...finding, file: "tree.yaml", touched: true, line, column, path });
