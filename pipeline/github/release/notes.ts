/** Text about a release on GitHub: title, notes, and the comment on the pull requests that it contains. */

import { countsOf } from "../../core/report/report.ts";
import { cell, code } from "../../core/text/markdown.ts";
import type { Change } from "../../core/tree/changes.ts";

/** The facts about a release of the log that are posted on GitHub. */
export interface ReleaseFacts {
  readonly number: number;
  /** CID of the release block. */
  readonly head: string;
  readonly root: string;
  readonly portal: string;
  readonly changes: readonly Change[];
  /** The release whose tree this one makes live again, and why. */
  readonly rollbackOf?: number;
  readonly why?: string;
}

/** Returns the title of a GitHub Release; people read it in a list. */
export function titleOf({ number, changes, rollbackOf }: ReleaseFacts): string {
  return `Release ${number}: ${rollbackOf === undefined ? "" : `back to release ${rollbackOf}, `}${countsOf({ changes })}`;
}

/** Returns the mark that identifies a GitHub Release by fieldtree, and the release that it records. */
export const markOf = ({ head }: Pick<ReleaseFacts, "head">): string => `<!-- fieldtree:release head=${head} -->`;

export interface ReleaseLinks {
  /** Base URL of the gateway in links; absent where campaign.yaml names none. */
  readonly gateway?: string;
  /** Page of the repository. */
  readonly page: string;
}

/** Returns the URL at the gateway, with a slash at its end. */
export const addressOf = (cid: string, { gateway }: Pick<ReleaseLinks, "gateway">): string | undefined =>
  gateway === undefined ? undefined : `${gateway}/ipfs/${cid}/`;

/** Most characters of the table. GitHub's limit for the notes is 125 000. */
const longestTable = 40_000;

/** Returns the notes in Markdown. */
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
    `Pin all of it, the index and the history: \`ipfs pin add ${portal}\``,
    `Check it, with one file and no network: \`fieldtree verify --offline ${assetNames(number).car}\``,
  ].join("\n");
}

/** Names of the files attached to a GitHub Release. */
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

/** Returns the comment on a pull request that the release contains. */
export function liveNote({ number, root, portal }: ReleaseFacts, releasePage: string, places: ReleaseLinks): string {
  const address = addressOf(portal, places);
  const preview = address === undefined ? "" : ` · [look at it](${address})`;
  return `Live as [release ${number}](${releasePage}): root ${code(root)}${preview}`;
}
