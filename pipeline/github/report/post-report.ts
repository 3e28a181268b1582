/**
 * Posts a report on its pull request: a comment, a check run with an annotation for each finding, the commit status that
 * branch rules require, suggested changes, and review requests to the owners of the changed folders.
 */
import { countsOf, type Report } from "../../core/report/report.ts";
import type { World } from "../../core/world.ts";
import type { Pull } from "../pull-request/pull.ts";
import { postCheck, postStatus } from "../run/checks.ts";
import type { GitHub } from "../run/client.ts";
import { annotationsOf } from "./annotations.ts";
import { postComment } from "./comment.ts";
import { reportMarkdown } from "./markdown.ts";
import { postSuggestions, requestReviews } from "./review-requests.ts";
import { statusOf } from "./status-line.ts";
import { suggestionsOf } from "./suggestions.ts";
import { stateText } from "./wording.ts";

/** Name of the check run and of the commit status, by which branch rules require them. */
export const context = "fieldtree";

/** Most characters of a comment and of a check's summary, without the mark of the comment. */
const longestBody = 65_000;

export interface ReportPost {
  readonly report: Report;
  /** Why the plan in the run's artifact is not trusted, without text from the artifact. */
  readonly distrust?: string;
  /** Page of the run that computed that plan. */
  readonly run: string;
}

export async function postReport(pull: Pull, post: ReportPost, github: GitHub, world: World): Promise<void> {
  const { report } = post;
  const { page } = await postComment(
    pull.number,
    { kind: "report", state: report.state, body: bodyOf(post, github) },
    github,
  );
  // A commit has one status and may be proposed for several branches: the one for the published branch counts.
  if (pull.publishes) await postVerdict(pull.headSha, post, page, github);
  await postSuggestions(pull, suggestionsOf(report), github, world);
  const owners = report.owners.flatMap(({ owners }) => owners);
  await requestReviews(pull, owners, github, world);
}

function bodyOf({ report, distrust, run }: ReportPost, { page }: GitHub): string {
  const doubt = distrust === undefined ? "" : `> [!CAUTION]\n> ${distrust}. What follows was computed again.\n\n`;
  return doubt + reportMarkdown(report, { atMost: longestBody - doubt.length, more: run, repository: page });
}

/** Posts the verdict on a commit, as check run and as commit status. @param page with more about it. */
export async function postVerdict(sha: string, post: ReportPost, page: string, github: GitHub): Promise<void> {
  const { report, distrust } = post;
  const line = statusOf(report);
  const check = await postCheck(
    {
      name: context,
      sha,
      conclusion: distrust ? "failure" : conclusions[line.state],
      title: distrust ?? `${stateText[report.state]}: ${countsOf(report)}`,
      summary: bodyOf(post, github),
      annotations: annotationsOf(report),
      page,
    },
    github,
  );
  const status = distrust ? { state: "failure" as const, description: distrust } : line;
  await postStatus({ context, sha, ...status, page: check ?? page }, github);
}

/** Data out of reach and a stale base are neither failure nor success. */
const conclusions = { success: "success", failure: "failure", pending: "neutral" } as const;
