/**
 * Reports on pull requests that were computed before another pull request was merged.
 *
 * Such a report is still correct for the commits that it names, so a note is added to its comment. But where both changed the
 * same lines, GitHub starts no workflow for the pull request until the conflict is resolved. So this module determines
 * whether only lines conflict. A conflict of paths is a change of state, which notifies subscribers.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
 */

import { isFailure } from "../../core/failure.ts";
import type { Report } from "../../core/report/report.ts";
import { code } from "../../core/text/markdown.ts";
import { plural } from "../../core/text/plural.ts";
import type { Conflict } from "../../core/tree/merge.ts";
import type { World } from "../../core/world.ts";
import type { GitHub } from "../run/client.ts";
import { type CommentText, reviseComment } from "./comment.ts";
import { mergeWithDriver } from "./markdown.ts";

export interface Moved {
  readonly branch: string;
  /** Its newest commit. */
  readonly tip: string;
}

/** The result of merging a proposal into the base branch as it is now. */
export type MergeOutcome = Pick<Report, "conflicts" | "onlyTextual">;

/** Most pull requests updated, the newest ones: each takes some six calls, and older ones are planned again before a merge. */
const mostPulls = 30;

/**
 * `standing` returns the outcome for a pull request's newest commit; `undefined` where it can't be computed. Resolves to the
 * numbers of the pull requests whose comment was changed.
 */
export async function markStaleReports(
  { branch, tip }: Moved,
  outcome: (headSha: string) => Promise<MergeOutcome | undefined>,
  github: GitHub,
  world: World,
): Promise<readonly number[]> {
  const pulls = await github.ask("listing open pull requests", (rest, place) =>
    rest.pulls.list({ ...place, state: "open", base: branch, per_page: mostPulls }),
  );
  const marked: number[] = [];
  for (const { number, head } of pulls) {
    const change = async (comment: CommentText): Promise<CommentText> =>
      knows(comment, tip) ? comment : noted(comment, tip, await outcome(head.sha), github.page);
    try {
      if (await reviseComment(number, "report", change, github)) marked.push(number);
    } catch (error) {
      if (!isFailure(error)) throw error;
      world.log(`#${number} could not be marked as stale: ${error.message}`);
      // The notes are optional, and the next release adds the missing ones.
      if (error.kind === "unavailable") break;
    }
  }
  return marked;
}

/** Whether the report is of the newest commit: the command in it that reproduces the report contains the commit. */
function knows({ body }: CommentText, tip: string): boolean {
  return body.includes(`git:${tip}`) || note.exec(body)?.[0].includes(shown(tip)) === true;
}

const shown = (commit: string): string => `\`${commit.slice(0, 7)}\``;

const note = /^> \[!\w+\]\n> This was computed before [^\n]*\n(?:>[^\n]*\n)*\n/;

function noted(
  { state, body }: CommentText,
  tip: string,
  outcome: MergeOutcome | undefined,
  page: string,
): CommentText {
  const moved = `This was computed before the base branch moved to ${shown(tip)}`;
  const { conflicts = [], onlyTextual } = outcome ?? {};
  const below = body.replace(note, "");
  if (conflicts.length > 0) {
    const lines = [`${moved}, and there is a conflict now.`, ...named(conflicts)];
    return { state: "conflict", body: quoted("CAUTION", lines) + below };
  }
  if (onlyTextual) return { state, body: quoted("IMPORTANT", [`${moved}.`, ...mergeWithDriver(page)]) + below };
  const how = "It is computed again with the next push to it, or when its `plan` is run again.";
  return { state, body: quoted("NOTE", [`${moved}, and may be stale. ${how}`]) + below };
}

const quoted = (kind: string, lines: readonly string[]): string =>
  `> [!${kind}]\n${lines.map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;

/** Most conflicts listed. With more, a person reads the file itself. */
const mostNamed = 10;

function named(conflicts: readonly Conflict[]): string[] {
  const side = (cid: string | null) => (cid === null ? "nothing" : code(cid));
  const lines = conflicts
    .slice(0, mostNamed)
    .map(({ path, ours, theirs }) => `- ${code(path)}: ${side(ours)} on the base branch, ${side(theirs)} here`);
  const left = conflicts.length - lines.length;
  const more = left > 0 ? [`- and ${plural(left, "more path", "more paths")}`] : [];
  return [
    "",
    ...lines,
    ...more,
    "",
    "Merge the base branch into this one and decide: until then GitHub plans nothing.",
  ];
}
