/**
 * `github clock`: the periodic work of a campaign without an operator.
 *
 * It enables the schedule, puts the signed IPNS records again, and writes a badge to the log's branch. FIELDTREE_VERIFIED is
 * the result of the preceding verification: `success`, or anything else.
 */
import { configIn } from "../../campaign/config.ts";
import { readAliases } from "../../campaign/remotes.ts";
import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import { republishRecords } from "../../cli/publishing/republish-records.ts";
import type { Call } from "../../cli/verb.ts";
import { badgeOf, enableWorkflow, writeBadge } from "../../github/health/badge.ts";
import { openProblems } from "../../github/health/health-issues.ts";
import { openGitHub } from "../../github/run/client.ts";

export const clock = (call: Call): Promise<number> => withoutCommands(call, tick);

async function tick(call: Call): Promise<number> {
  const { env, folder, out, world } = call;
  const github = await openGitHub(env, world);
  await enableWorkflow("verify.yml", github);
  const campaign = await call.campaign();
  const head = await campaign.log.head(world);
  const badge = badgeOf({
    campaign: campaign.facts.campaign,
    release: head?.release.number,
    verified: env.FIELDTREE_VERIFIED === "success",
    problems: await openProblems(github),
    today: world.now(),
  });
  const branch = await releaseLogBranch(folder());
  const written = branch === undefined ? undefined : await writeBadge(badge, branch, github, world);
  const text = { true: "written", false: "as it was", undefined: "nowhere to be put before the first release" };
  out.result(
    { event: "ticked", enabled: "verify.yml", badge, ...(written !== undefined && { written }) },
    `verify.yml goes on running; badge “${badge.message}” ${text[`${written}`]}`,
  );
  const { pushed } = await readAliases(campaign.folder);
  const isAnnounced = head !== undefined && campaign.names.some(({ kind }) => kind === "ipns");
  if (isAnnounced || Object.keys(pushed).length > 0) await republishRecords(call);
  return 0;
}

/** The branch the release log is on, where it is on one. */
async function releaseLogBranch(folder: string): Promise<string | undefined> {
  const { log } = (await configIn(folder)).config;
  return log.kind === "git" ? log.branch : undefined;
}
