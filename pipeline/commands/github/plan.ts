/**
 * `github plan`: the result of a merge, or of publishing the checked out commit.
 *
 * Runs for every pull request, without secrets: both sides are read as text, their data as blocks within bounds, and nothing
 * of them is executed. Its results are annotations, a summary and plan.json. `github report`, which posts on the pull
 * request, computes everything again.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { planToPublish } from "../../cli/job/publish-plan.ts";
import { reviewCommits } from "../../cli/job/review.ts";
import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import type { Call } from "../../cli/verb.ts";
import { kinds } from "../../core/failure.ts";
import type { Report } from "../../core/report/report.ts";
import { workflowCommands } from "../../github/report/annotations.ts";
import { reportMarkdown } from "../../github/report/markdown.ts";
import { openGitHub } from "../../github/run/client.ts";
import { mergeCommits } from "../../github/run/commits.ts";
import { type MergeGroupEvent, type PullRequestEvent, readEvent } from "../../github/run/event.ts";
import { setOutputs, writeSummary } from "../../github/run/outputs.ts";

/** Most bytes of the summary. GitHub's limit is 1 MiB. A comment that was cut links to the summary. */
const mostOfSummary = 1_000_000;

/** @returns 1 where it can't be merged as it is; 4 where publishing would lack data. */
export async function plan(call: Call): Promise<number> {
  const { env, out, cwd } = call;
  const event = await readEvent(env, ["pull_request", "merge_group", "push", "workflow_dispatch"]);
  const proposed = event.name === "pull_request" || event.name === "merge_group";
  const report = await withoutCommands(call, (quiet) =>
    proposed ? planToMerge(event, quiet) : planToPublish(event, quiet),
  );

  for (const line of workflowCommands(report)) out.result({ annotation: line }, line);
  await writeFile(join(cwd, "plan.json"), `${JSON.stringify(report)}\n`);
  await writeSummary(env, reportMarkdown(report, { atMost: mostOfSummary }));
  await setOutputs(env, { root: report.root.to ?? "", commit: report.sha ?? "" });
  out.result({ state: report.state, root: report.root.to }, `${report.state}; root ${report.root.to ?? "unknown"}`);

  if (report.state === "conflict" || report.state === "needs changes") return kinds.findings.exit;
  return proposed || report.root.to !== null ? 0 : kinds.unavailable.exit;
}

async function planToMerge(event: PullRequestEvent | MergeGroupEvent, call: Call): Promise<Report> {
  const github = await openGitHub(call.env, call.world);
  // Labels allowed a pull request when it was queued, and the event of a merge queue does not contain them.
  const [base, labels] =
    event.name === "merge_group" ? ([event.baseSha, "all"] as const) : [event.baseRef, event.labels];
  return reviewCommits(await mergeCommits(base, event.headSha, github), labels, github, call);
}
