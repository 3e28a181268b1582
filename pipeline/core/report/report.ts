/**
 * The result of merging: all that a pull request, a terminal or a JSON file shows of it.
 *
 * `stages/review/report.ts` creates a report from the base branch's tip and the proposal merged by path, with the base's
 * campaign.yaml. Renderers (`github/`) only format it; an operator can print what a bot posts.
 */
import type { EndpointChange } from "../campaign/endpoints.ts";
import type { Change } from "../tree/changes.ts";
import type { Conflict } from "../tree/merge.ts";
import type { Finding } from "./finding.ts";

export interface Report {
  readonly campaign: string;
  /** The commits that were merged, where there are any: `sha` is the proposal's. */
  readonly sha?: string;
  readonly baseSha?: string;
  readonly state: State;
  readonly root: {
    /** Root of the base branch's tree; `null` where it can't be computed. */
    readonly from: string | null;
    readonly to: string | null;
  };
  /** In byte order of the paths. Where the proposal has errors, without what it takes away: a broken line takes nothing away. */
  readonly changes: readonly ReportedChange[];
  /** Of tree.yaml as it would be after the merge, at the proposal's lines, and of the new datasets in it. */
  readonly findings: readonly ReportedFinding[];
  /** Paths that both sides changed differently: `ours` is the base branch, `theirs` the proposal. */
  readonly conflicts: readonly Conflict[];
  /** Git would refuse to merge by lines what merges by path. */
  readonly onlyTextual: boolean;
  readonly removals: Removals;
  readonly endpoints: Endpoints;
  readonly owners: readonly Owned[];
  readonly onMerge: OnMerge;
  /** Base URL, without trailing slash, of a gateway that shows data to people: `${preview}/ipfs/CID`. */
  readonly preview?: string;
  /** One command that prints the same. */
  readonly reproduce: string;
}

/** In the order of what blocks a merge first. `stale`: the base moved since; the code that compares commits sets it. */
export type State = "conflict" | "needs changes" | "data out of reach" | "stale" | "ready";

export interface ReportedFinding extends Finding {
  /** `tree.yaml`, `campaign.yaml` */
  readonly file: string;
  /** Whether the proposal wrote that line: findings people can do something about come first. */
  readonly touched: boolean;
  /** The whole line as it should be, where putting it right is a matter of that one line. */
  readonly replacement?: string;
}

export type ReportedChange = Change & {
  /** In tree.yaml as proposed; of a removed path, as it is on the base branch. 0 where the text is not the proposal's. */
  readonly line: number;
  /** Bytes of all blocks below; `null` where the root block is out of reach. */
  readonly size: number | null;
  /** Who gave the root block and the sample below it. Absent where no data is new. */
  readonly reach?: Reach;
  /** Metadata of the datasets in it; none where no reader recognises it. */
  readonly datasets: readonly DatasetLine[];
  /** Datasets that are not listed. */
  readonly moreDatasets: number;
};

export interface Reach {
  /** Names of gateways and nodes that gave everything they were asked for. */
  readonly from: readonly string[];
  /** Distinct blocks that were read. */
  readonly blocks: number;
  /** Why it counts as out of reach. */
  readonly problem?: string;
  /** Why fewer blocks were read than exist: the bound that ended it. */
  readonly partial?: string;
}

export interface DatasetLine {
  readonly path: string;
  readonly title?: string;
  /** Of data variables, in byte order. */
  readonly variables: readonly string[];
  /** ISO 8601 */
  readonly start?: string;
  readonly end?: string;
  /** [west, south, east, north], degrees. */
  readonly bbox?: readonly number[];
  /** Of a folder of like files: how many. */
  readonly files?: number;
  /** What differs from the dataset that was there before, a sentence each: `variable lwp is called LWP now`. */
  readonly differs: readonly string[];
  /** Why it can't be described, or not within the bounds. */
  readonly failed?: string;
}

export interface Removals {
  /** Leaves that would be gone; what moved is still there. */
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

/** What the proposal changes in campaign.yaml of where data, secrets and announcements go. */
export interface Endpoints {
  readonly changes: readonly EndpointChange[];
  /** Changes that are not listed. */
  readonly moreChanges: number;
  /** Why the proposed campaign.yaml can't be read, so that it may change anything; no label allows that. */
  readonly unreadable?: string;
  readonly label: string;
  /** Whether the pull request bears it. */
  readonly labelled: boolean;
}

/** Who should review which of the changes. */
export interface Owned {
  readonly pattern: string;
  /** GitHub logins, or `org/team`. */
  readonly owners: readonly string[];
  readonly paths: readonly string[];
}

export interface OnMerge {
  readonly pins: {
    /** How many of which services must pin everything before a name is announced. */
    readonly atLeast: number;
    readonly of: readonly string[];
    /** Services that pin it too, and are not waited for. */
    readonly also: readonly string[];
  };
  /** `ttl`: s for which old answers may live on. */
  readonly names: readonly { readonly name: string; readonly to: string; readonly ttl: number }[];
}

export function stateOf({
  root,
  findings,
  conflicts,
  changes,
}: Pick<Report, "root" | "findings" | "conflicts" | "changes">): State {
  if (conflicts.length > 0) return "conflict";
  if (findings.some(({ level }) => level === "error")) return "needs changes";
  // Without a problem in the changes, the size of an unchanged leaf is unknown.
  if (root.to === null || changes.some(({ reach }) => reach?.problem !== undefined)) return "data out of reach";
  return "ready";
}

/** Bytes that no release has yet; data that can't be measured counts as 0. */
export function newBytes({ changes }: Pick<Report, "changes">): number {
  return changes.reduce((sum, { op, size }) => sum + (op === "add" || op === "update" ? (size ?? 0) : 0), 0);
}

/** `2 added, 1 updated`; `nothing changed`. */
export function countsOf({ changes }: { readonly changes: readonly Pick<Change, "op">[] }): string {
  const parts = Object.entries(words).flatMap(([op, word]) => {
    const count = changes.filter((change) => change.op === op).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return parts.join(", ") || "nothing changed";
}

const words: Readonly<Record<Change["op"], string>> = {
  add: "added",
  update: "updated",
  move: "moved",
  remove: "removed",
  respell: "respelt",
};
