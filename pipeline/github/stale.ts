/**
 * Pull requests that were told what merging them gives, before another one was merged.
 *
 * What they were told is still true of the commits it names, and nobody has to do anything: so it is said in the comment
 * that stands there, in place, and no verdict is taken back.
 */
import type { GitHub } from "./client.ts";
import { revise } from "./comment.ts";

export interface Moved {
  readonly branch: string;
  /** Its newest commit. */
  readonly tip: string;
}

/** The newest ones: each costs three calls, and what is older is looked at anew before anybody merges it. */
const mostPulls = 30;

/** Resolves to the numbers of those whose comment says so now. */
export async function markStale({ branch, tip }: Moved, github: GitHub): Promise<readonly number[]> {
  const pulls = await github.ask("listing open pull requests", (rest, place) =>
    rest.pulls.list({ ...place, state: "open", base: branch, per_page: mostPulls }),
  );
  const marked: number[] = [];
  for (const { number } of pulls) {
    // A report that knows the newest commit names it, in the command that prints the same.
    const change = (body: string) => (body.includes(`git:${tip}`) ? body : noteOf(tip) + body.replace(note, ""));
    if (await revise(number, "report", change, github)) marked.push(number);
  }
  return marked;
}

const note = /^> \[!NOTE\]\n> This was computed before [^\n]*\n\n/;

function noteOf(tip: string): string {
  const how = "It is computed again with the next push to it, or when its `plan` is run again.";
  return `> [!NOTE]\n> This was computed before the base branch moved to \`${tip.slice(0, 7)}\`, and may be stale. ${how}\n\n`;
}
