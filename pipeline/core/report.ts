/**
 * What merging would give: everything that a pull request, a terminal or a JSON file shows of it.
 *
 * A report is made once, by `stages/report.ts`, from the base branch's tip and the proposal merged by path, with the
 * base's campaign.yaml. Renderers (`github/`) only spell it; what a bot posts an operator can print.
 */
import type { Change } from "./changes.ts";
import type { Finding } from "./finding.ts";
import type { Conflict } from "./merge.ts";

export interface Report {
  readonly campaign: string;
  /** The commits that were merged, where there are any: `sha` is the proposal's. */
  readonly sha?: string;
  readonly baseSha?: string;
  readonly state: State;
  readonly root: {
    /** What the base branch's tree gives; `null` where it can't be told. */
    readonly from: string | null;
    readonly to: string | null;
  };
  readonly changes: readonly ReportedChange[];
  /** Of tree.yaml as it would be after the merge, and of the new datasets in it. */
  readonly findings: readonly ReportedFinding[];
  /** Paths that both sides changed differently. */
  readonly conflicts: readonly Conflict[];
  /** Git would refuse to merge by lines what merges by path. */
  readonly onlyTextual: boolean;
  readonly removals: Removals;
  readonly owners: readonly Owned[];
  readonly onMerge: OnMerge;
  /** Base URL of a gateway people can look at the new root through. */
  readonly preview?: string;
  /** One command that prints the same. */
  readonly reproduce: string;
}

/** In the order of what stands in the way first. */
export type State = "needs changes" | "conflict" | "data out of reach" | "stale" | "ready";

export interface ReportedFinding extends Finding {
  /** `tree.yaml`, `campaign.yaml` */
  readonly file: string;
}

export type ReportedChange = Change & {
  /** In tree.yaml as proposed; of a removed path, as it is. */
  readonly line: number;
  /** Bytes of all blocks below; `null` where the root block is out of reach. */
  readonly size: number | null;
  /** Who gave the root block and the sample below it. */
  readonly reach: Reach;
  /** What the datasets in it say of themselves. */
  readonly datasets: readonly DatasetLine[];
};

export interface Reach {
  /** Names of gateways and nodes that gave everything they were asked for. */
  readonly from: readonly string[];
  /** Blocks looked at. */
  readonly blocks: number;
  /** Why it counts as out of reach, or was not looked at to the end. */
  readonly problem?: string;
}

export interface DatasetLine {
  readonly path: string;
  readonly title?: string;
  readonly variables: readonly string[];
  /** ISO 8601 */
  readonly start?: string;
  readonly end?: string;
  /** [west, south, east, north], degrees. */
  readonly bbox?: readonly number[];
  /** What differs from the dataset that was there before, a sentence each: `variable lwp renamed to LWP`. */
  readonly differs: readonly string[];
  /** Why it can't be described. */
  readonly failed?: string;
}

export interface Removals {
  readonly leaves: number;
  /** Leaves in the base. */
  readonly of: number;
  /** Top-level folders that would be gone. */
  readonly folders: readonly string[];
  /** Too many to go through without the label. */
  readonly tooMany: boolean;
  readonly label: string;
  /** Whether the pull request bears it. */
  readonly labelled: boolean;
}

/** Who should look at which of the changes. */
export interface Owned {
  readonly pattern: string;
  /** GitHub logins, or `org/team`. */
  readonly owners: readonly string[];
  readonly paths: readonly string[];
}

export interface OnMerge {
  /** `pinned at dkrz, gwdg (2 of 3 must)` in parts. */
  readonly pins: readonly string[];
  readonly require: { readonly atLeast: number; readonly of: readonly string[] };
  readonly names: readonly { readonly name: string; readonly to: string; readonly ttl: number }[];
}

export function stateOf({
  findings,
  conflicts,
  changes,
  removals,
}: Pick<Report, "findings" | "conflicts" | "changes" | "removals">): State {
  if (conflicts.length > 0) return "conflict";
  if (findings.some(({ level }) => level === "error")) return "needs changes";
  if (removals.tooMany && !removals.labelled) return "needs changes";
  if (changes.some(({ reach }) => reach.problem !== undefined)) return "data out of reach";
  return "ready";
}

/** Bytes that nobody has published yet; of what can't be measured nothing is counted. */
export function newBytes({ changes }: Pick<Report, "changes">): number {
  return changes.reduce((sum, { op, size }) => sum + (op === "add" || op === "update" ? (size ?? 0) : 0), 0);
}
