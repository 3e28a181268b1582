/**
 * `github issues`: verifies, and opens, updates and closes the repository's health issues by the result.
 *
 * FIELDTREE_DEPTH is `light`, or `full` for every check of `verify --deep`. Problems go into issues: the job fails only where
 * it could not do its work.
 */

import type { Campaign } from "../../campaign/campaign.ts";
import { runPage } from "../../cli/job/run-page.ts";
import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import type { Call } from "../../cli/verb.ts";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type CheckResult, track, type Verification } from "../../github/health/health-issues.ts";
import { openGitHub } from "../../github/run/client.ts";
import { nothingPublished } from "../../log/chain.ts";
import { verify } from "../../stages/verify/verify.ts";

export const issues = (call: Call): Promise<number> => withoutCommands(call, trackProblems);

async function trackProblems(call: Call): Promise<number> {
  const { env, out, world } = call;
  const github = await openGitHub(env, world);
  const campaign = await call.campaign();
  if (!(await campaign.log.head(world))) {
    out.result({ event: "tracked", issues: [] }, `${nothingPublished}: there is nothing to verify`);
    return 0;
  }
  const verification = await runVerification(campaign, env.FIELDTREE_DEPTH === "full", world);
  const tracked = await track(verification, runPage(env, github), github, world);
  const lines = tracked.map(({ problem, did, page }) => `${problem}  ${did}  ${page}`);
  const failing = verification.checks.filter(({ ok }) => !ok).length;
  const count = `${verification.checks.length - failing} of ${verification.checks.length} checks are good`;
  out.result({ event: "tracked", issues: tracked }, [count, ...lines].join("\n"));
  return 0;
}

async function runVerification(campaign: Campaign, deep: boolean, world: World): Promise<Verification> {
  const checks: CheckResult[] = [];
  try {
    for await (const { check, subject, ok, says, problem } of verify(campaign, { deep }, world)) {
      world.signal.throwIfAborted();
      // A runner's embedded node is empty at the start and deleted at the end; this job has no token for any other node.
      if (check === "node" && (campaign.home.name === "embedded" || campaign.home.closed)) continue;
      checks.push({ check, subject, ok, says, ...(problem && { problem }) });
    }
    return { checks };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const corrupt = isFailure(error, "corrupt");
    const broken: CheckResult = { check: "log", subject: "log", ok: false, says: error.message, problem: "corrupt" };
    return { checks: corrupt ? [...checks, broken] : checks, stopped: error.message };
  }
}
