/**
 * Pull requests that were told what merging them gives, before another one was merged.
 *
 * What they were told is still true of the commits it names, so it is noted in the comment that stands there. But where both
 * changed the same lines, GitHub starts no workflow for them until that is resolved: nobody else would say whether it is a
 * conflict of lines alone. A real one is a change of state, of which people hear.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
 */
import { isFailure } from "../core/failure.ts";
import { code } from "../core/markdown.ts";
import type { Conflict } from "../core/merge.ts";
import type { Report } from "../core/report.ts";
import type { World } from "../core/world.ts";
import type { GitHub } from "./client.ts";
import { revise, type Said } from "./comment.ts";
import { mergeWithDriver } from "./markdown.ts";
import { many } from "./words.ts";

export interface Moved {
  readonly branch: string;
  /** Its newest commit. */
  readonly tip: string;
}

/** How a proposal and the base branch as it is now go together. */
export type Standing = Pick<Report, "conflicts" | "onlyTextual">;

/** The newest ones: each costs some six calls, and what is older is looked at anew before anybody merges it. */
const mostPulls = 30;

/** `standing`: of a pull request's newest commit. Resolves to the numbers of those whose comment says so now. */
export async function markStale(
  { branch, tip }: Moved,
  standing: (headSha: string) => Promise<Standing>,
  github: GitHub,
  world: World,
): Promise<readonly number[]> {
  const pulls = await github.ask("listing open pull requests", (rest, place) =>
    rest.pulls.list({ ...place, state: "open", base: branch, per_page: mostPulls }),
  );
  const marked: number[] = [];
  for (const { number, head } of pulls) {
    const change = async (said: Said): Promise<Said> => {
      // A report that knows the newest commit names it, in the command that prints the same.
      if (said.body.includes(`git:${tip}`)) return said;
      // A stranger's commits can be of a kind that GitHub doesn't compare.
      const now = await standing(head.sha).catch((error: unknown) => {
        if (!isFailure(error)) throw error;
        world.log(`#${number} can't be merged here: ${error.message}`);
        return undefined;
      });
      const body = noteOf(tip, now, github.page) + said.body.replace(note, "");
      return { state: now && now.conflicts.length > 0 ? "conflict" : said.state, body };
    };
    if (await revise(number, "report", change, github)) marked.push(number);
  }
  return marked;
}

const note = /^> \[!\w+\]\n> This was computed before [^\n]*\n(?:>[^\n]*\n)*\n/;

function noteOf(tip: string, standing: Standing | undefined, page: string): string {
  const moved = `This was computed before the base branch moved to \`${tip.slice(0, 7)}\``;
  const { conflicts = [], onlyTextual } = standing ?? {};
  if (conflicts.length > 0) return quoted("CAUTION", [`${moved}, and there is a conflict now.`, ...named(conflicts)]);
  if (onlyTextual) return quoted("IMPORTANT", [`${moved}.`, ...mergeWithDriver(page)]);
  const how = "It is computed again with the next push to it, or when its `plan` is run again.";
  return quoted("NOTE", [`${moved}, and may be stale. ${how}`]);
}

const quoted = (kind: string, lines: readonly string[]): string =>
  `> [!${kind}]\n${lines.map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;

/** Conflicts that are named; a comment has room for more, and a person looks at the file by then. */
const mostNamed = 10;

function named(conflicts: readonly Conflict[]): string[] {
  const side = (cid: string | null) => (cid === null ? "nothing" : code(cid));
  const lines = conflicts
    .slice(0, mostNamed)
    .map(({ path, ours, theirs }) => `- ${code(path)}: ${side(ours)} on the base branch, ${side(theirs)} here`);
  const left = conflicts.length - lines.length;
  const more = left > 0 ? [`- and ${many(left, "more path", "more paths")}`] : [];
  return [
    "",
    ...lines,
    ...more,
    "",
    "Merge the base branch into this one and decide: until then GitHub plans nothing.",
  ];
}
