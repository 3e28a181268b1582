/**
 * A report told to its pull request, everywhere people look: a comment, a check with every finding at its line, the one
 * line that branch rules ask for, fixes to click, and a look asked of those whose folders change.
 */
import { countsOf, type Report } from "../core/report.ts";
import type { World } from "../core/world.ts";
import { annotationsOf } from "./annotations.ts";
import { postCheck, postStatus } from "./checks.ts";
import type { GitHub } from "./client.ts";
import { tell } from "./comment.ts";
import { reportMarkdown } from "./markdown.ts";
import type { Pull } from "./pull.ts";
import { askOwners, suggest } from "./review.ts";
import { statusOf } from "./status.ts";
import { suggestionsOf } from "./suggestions.ts";
import { meanings } from "./words.ts";

/** What stands at GitHub beside a commit; branch rules ask for it by this name. */
export const context = "fieldtree";

/** Characters that a comment and a check's summary have room for, beside the mark that makes a comment ours. */
const longestBody = 65_000;

export interface Telling {
  readonly report: Report;
  /** Why the plan that the pull request's own run made is not to be believed, in words of ours. */
  readonly distrust?: string;
  /** Page of the run that made that plan. */
  readonly run: string;
}

export async function tellReport(
  pull: Pull,
  { report, distrust, run }: Telling,
  github: GitHub,
  world: World,
): Promise<void> {
  const doubt = distrust === undefined ? "" : `> [!CAUTION]\n> ${distrust}. What follows was computed again.\n\n`;
  const body = doubt + reportMarkdown(report, { atMost: longestBody - doubt.length, more: run });
  const comment = await tell(pull.number, { kind: "report", state: report.state, body }, github);
  const status = statusOf(report);
  const check = await postCheck(
    {
      name: context,
      sha: pull.headSha,
      conclusion: distrust ? "failure" : conclusions[status.state],
      title: distrust ?? `${meanings[report.state]}: ${countsOf(report)}`,
      summary: body,
      annotations: annotationsOf(report),
      page: comment.page,
    },
    github,
  );
  await postStatus(
    {
      context,
      sha: pull.headSha,
      ...(distrust ? { state: "failure", description: distrust } : status),
      page: check ?? comment.page,
    },
    github,
  );
  await suggest(pull, suggestionsOf(report), github, world);
  await askOwners(
    pull,
    report.owners.flatMap(({ owners }) => owners),
    github,
    world,
  );
}

/** What only has to be waited for is no failure, and no success either. */
const conclusions = { success: "success", failure: "failure", pending: "neutral" } as const;
