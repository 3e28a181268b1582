/** What GitHub's pages say of a release: its title, its notes, a line below the pull requests it contains. */

import { countsOf } from "../../core/report/report.ts";
import { cell, code } from "../../core/text/markdown.ts";
import type { Change } from "../../core/tree/changes.ts";

/** A release of the log, as GitHub is told of it. */
export interface ReleaseFacts {
  readonly number: number;
  /** CID of the release itself. */
  readonly head: string;
  readonly root: string;
  readonly portal: string;
  readonly changes: readonly Change[];
  /** The release whose tree this one makes live again, and why. */
  readonly rollbackOf?: number;
  readonly why?: string;
}

/** Of a GitHub Release; people read it in a list. */
export function titleOf({ number, changes, rollbackOf }: ReleaseFacts): string {
  return `Release ${number}: ${rollbackOf === undefined ? "" : `back to release ${rollbackOf}, `}${countsOf({ changes })}`;
}

/** Identifies our GitHub Releases, and the release that each records. */
export const markOf = ({ head }: Pick<ReleaseFacts, "head">): string => `<!-- fieldtree:release head=${head} -->`;

export interface ReleaseLinks {
  /** Base URL of the gateway that people are shown; absent where campaign.yaml names none. */
  readonly gateway?: string;
  /** Page of the repository. */
  readonly page: string;
}

/** Where a browser finds it, with a slash at its end. */
export const addressOf = (cid: string, { gateway }: Pick<ReleaseLinks, "gateway">): string | undefined =>
  gateway === undefined ? undefined : `${gateway}/ipfs/${cid}/`;

/** Characters. GitHub takes 125 000. */
const longestTable = 40_000;

/** Markdown. */
export function notesOf(release: ReleaseFacts, places: ReleaseLinks): string {
  const { number, root, portal, changes, rollbackOf, why } = release;
  const link = (cid: string, what: string) => {
    const address = addressOf(cid, places);
    return address === undefined ? `${what} ${code(cid)}` : `[${what}](${address}) ${code(cid)}`;
  };
  const back =
    rollbackOf === undefined ? [] : [`The tree of release ${rollbackOf}, live again: ${code(why ?? "", 2000)}`, ""];
  return [
    markOf(release),
    ...back,
    `**${countsOf({ changes })}** — ${link(root, "tree")}, ${link(portal, "portal")}`,
    "",
    ...tableOf(changes),
    `Keep all of it, the index and the history: \`ipfs pin add ${portal}\``,
    `Check it, with one file and no network: \`fieldtree verify --offline ${assetNames(number).car}\``,
  ].join("\n");
}

/** Files of a GitHub Release. */
export const assetNames = (number: number) =>
  ({ tree: "tree.yaml", plan: "plan.json", car: `release-${number}.car` }) as const;

function tableOf(changes: readonly Change[]): string[] {
  if (changes.length === 0) return [];
  const rows: string[] = [];
  let length = 0;
  for (const change of changes) {
    const row = rowOf(change);
    length += row.length + 1;
    if (length > longestTable) break;
    rows.push(row);
  }
  const left = changes.length - rows.length;
  const more = left > 0 ? ["", `and ${left} more, all of them in \`plan.json\` and in the portal's history`] : [];
  return ["| | path | CID |", "|---|---|---|", ...rows, ...more, ""];
}

function rowOf(change: Change): string {
  const path = cell(change.path);
  switch (change.op) {
    case "add":
      return `| added | ${path} | ${cell(change.to)} |`;
    case "update":
      return `| updated | ${path} | ${cell(change.to)} |`;
    case "move":
      return `| moved | ${cell(change.from)} → ${path} | ${cell(change.to)} |`;
    case "remove":
      return `| removed | ${path} | was ${cell(change.from)} |`;
    case "respell":
      return `| respelt | ${path} | ${cell(change.to)} |`;
  }
}

/** Below a pull request that is in it. */
export function liveNote({ number, root, portal }: ReleaseFacts, releasePage: string, places: ReleaseLinks): string {
  const address = addressOf(portal, places);
  const look = address === undefined ? "" : ` · [look at it](${address})`;
  return `Live as [release ${number}](${releasePage}): root ${code(root)}${look}`;
}
