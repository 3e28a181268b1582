/**
 * `github report`: computes a pull request's plan again and posts it.
 *
 * Started when a `plan` run ends, with a token that may write and the default branch's code. Nothing of the pull request is
 * trusted: it is found by GitHub's own fields, its tree.yaml is read at the run's commit, and the plan in the run's artifact
 * is only compared.
 */

import { reviewCommits } from "../../cli/job/review.ts";
import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import type { Call } from "../../cli/verb.ts";
import type { Report } from "../../core/report/report.ts";
import { type Pull, pullsOf, readPull } from "../../github/pull-request/pull.ts";
import { type Artifact, readArtifact } from "../../github/report/plan-artifact.ts";
import { planDifference } from "../../github/report/plan-difference.ts";
import { postReport, postVerdict } from "../../github/report/post-report.ts";
import { type GitHub, openGitHub } from "../../github/run/client.ts";
import { mergeCommits } from "../../github/run/commits.ts";
import { type Run, readEvent } from "../../github/run/event.ts";

export const report = (call: Call): Promise<number> => withoutCommands(call, postReports);

async function postReports(call: Call): Promise<number> {
  const { env, out, world } = call;
  const { run } = await readEvent(env, ["workflow_run"]);
  const skipped = (why: string) => {
    out.result({ told: [] }, `no pull request to report to: ${why}`);
    return 0;
  };
  const github = await openGitHub(env, world);
  if (run.event === "merge_group") return postQueuedVerdict(run, github, call);
  if (run.event !== "pull_request") return skipped("the run was for no pull request");
  const found = await pullsOf(run, github);
  if (found.length === 0) return skipped("no open pull request has this branch");
  const pulls = found.filter(({ headSha }) => headSha === run.headSha);
  if (pulls.length === 0) return skipped("a newer commit has a run of its own");

  const artifact = await readArtifact(run, github);
  const reported: number[] = [];
  for (const pull of pulls) {
    const review = await reviewUntilStable(pull, github, call);
    if (!review) continue;
    const distrust = distrustReason(artifact, review.report);
    const post = { report: review.report, run: run.page, ...(distrust && { distrust }) };
    await postReport(review.pull, post, github, world);
    reported.push(pull.number);
    out.result(
      { told: pull.number, state: review.report.state },
      `commented on #${pull.number}: ${review.report.state}`,
    );
  }
  return reported.length === 0 ? skipped("it was closed, or has a newer commit") : 0;
}

/**
 * Posts the verdict on a merge queue's commit. The commit has no pull request for a comment, but branch rules that require
 * the status require it on this commit too.
 */
async function postQueuedVerdict(run: Run, github: GitHub, call: Call): Promise<number> {
  const { env, out } = call;
  // A job started by the end of another run is one of the default branch.
  const branch = env.GITHUB_REF_NAME ?? "";
  if (!run.headBranch.startsWith(`gh-readonly-queue/${branch}/`)) {
    out.result({ told: [] }, "nothing to judge: the queue is for a branch that is not published");
    return 0;
  }
  // Labels allowed the pull request when it was queued.
  const report = await reviewCommits(await mergeCommits(branch, run.headSha, github), "all", github, call);
  const distrust = distrustReason(await readArtifact(run, github), report);
  await postVerdict(run.headSha, { report, run: run.page, ...(distrust && { distrust }) }, run.page, github);
  out.result({ told: [], state: report.state }, `${run.headSha.slice(0, 7)} of the merge queue: ${report.state}`);
  return 0;
}

interface Review {
  readonly pull: Pull;
  readonly report: Report;
}

/** Reviews repeated because the base moved meanwhile; the last one is then posted as stale. */
const mostReviews = 2;

/** `undefined` where the pull request was closed, or its head moved: that commit has a run of its own. */
async function reviewUntilStable(first: Pull, github: GitHub, call: Call): Promise<Review | undefined> {
  let pull: Pull = first;
  for (let attempt = 1; ; attempt++) {
    const sides = await mergeCommits(pull.baseRef, pull.headSha, github);
    const report = await reviewCommits(sides, pull.labels, github, call);

    const now = await readPull(first.number, github);
    if (!now.open || now.headSha !== first.headSha) return undefined;
    const tip = await mergeCommits(now.baseRef, now.headSha, github);
    const still = tip.base === sides.base && String(now.labels) === String(pull.labels);
    pull = now;
    if (still) return { pull, report };
    if (attempt === mostReviews) return { pull, report: { ...report, state: "stale" } };
  }
}

/** Why the run's artifact is not trusted. `undefined` where it agrees, or there is none. */
function distrustReason(artifact: Artifact | undefined, report: Report): string | undefined {
  if (artifact === undefined) return undefined;
  if ("invalid" in artifact) return `the plan's artifact is not what plan leaves behind: ${artifact.invalid}`;
  const differs = planDifference(artifact.plan, report);
  return differs === undefined ? undefined : `the plan's artifact differs from what tree.yaml gives: ${differs}`;
}
