/**
 * `github publish`: the work of the publishing job, which runs in the environment with the secrets.
 *
 * The inputs of `actions/publish` come as FIELDTREE_EXPECT_ROOT, FIELDTREE_IMPORT, FIELDTREE_ROLLBACK and FIELDTREE_WHY,
 * empty where there are none.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { configIn } from "../../campaign/config.ts";
import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import { importCars } from "../../cli/local/import-cars.ts";
import { publishTree } from "../../cli/publishing/publish-tree.ts";
import { rollBack } from "../../cli/publishing/roll-back.ts";
import type { Call } from "../../cli/verb.ts";
import { secretNames } from "../../core/campaign/secrets.ts";
import { Failure } from "../../core/failure.ts";
import { idsSince } from "../../disk/git.ts";
import { gitId } from "../../github/run/commits.ts";
import { setOutputs, writeSummary } from "../../github/run/outputs.ts";
import type { Head } from "../../log/log.ts";
import { sourceOf } from "../../stages/tree/past.ts";

export async function publishFromWorkflow(call: Call): Promise<number> {
  const { env, world } = call;
  const preview = await readyToPublish(call);
  const campaign = await call.campaign();
  if (!env.FIELDTREE_ROLLBACK) await assertNewest(campaign, call);

  await withoutCommands(call, async (quiet) => {
    const { FIELDTREE_IMPORT: address, FIELDTREE_ROLLBACK: number, FIELDTREE_EXPECT_ROOT: expectRoot } = env;
    if (address) await importCars([address], campaign.home, quiet);
    if (number) await rollBack(number, env.FIELDTREE_WHY, quiet);
    else await publishTree(campaign, { strict: false, ...(expectRoot && { expectRoot }) }, quiet.out, quiet.world);
  });

  const head = (await campaign.log.head(world))!;
  const url = preview && `${preview}/ipfs/${head.release.portal}/`;
  await setOutputs(env, outputsOf(head, url));
  await writeSummary(env, summaryOf(head, url));
  return 0;
}

/**
 * Checks, before the work starts, that the campaign can be published from a runner, which exists only during the job.
 *
 * Returns the gateway for links, where there is one.
 */
async function readyToPublish({ folder, env }: Call): Promise<string | undefined> {
  const { config } = await configIn(folder());
  if (config.log.kind === "local") {
    throw new Failure("input", "campaign.yaml has the release log on this machine, which is gone when the job ends", {
      hint: "log: { kind: git } puts it on a branch of this repository",
    });
  }
  const missing = secretNames(config).filter((name) => !env[name]);
  if (missing.length > 0) {
    const are = missing.length === 1 ? "is a secret" : "are secrets";
    throw new Failure("input", `${missing.join(", ")} ${are} that campaign.yaml names and this job has not`, {
      hint: `add ${missing.length === 1 ? "it" : "them"} to the environment production (Settings → Environments), and to env: of the step that publishes; \`fieldtree doctor\` shows which of the two is missing`,
    });
  }
  return config.gateways[0];
}

/**
 * A failed run that is started again has its earlier plan. Where a later commit was published meanwhile, publishing this one
 * would revert it without a request to do so.
 *
 * @throws Failure `conflict`
 */
async function assertNewest(campaign: Campaign, { env, world }: Call): Promise<void> {
  const { folder, log } = campaign;
  const later = await idsSince(`refs/remotes/origin/${env.GITHUB_REF_NAME}`, join(folder, "tree.yaml"), world);
  const [some] = later;
  const head = some === undefined ? undefined : await log.head(world);
  if (!head) return;
  const live = gitId(await sourceOf(head.release, campaign, world), some!.length);
  if (!later.has(live) || live === gitId(await readFile(join(folder, "tree.yaml")), live.length)) return;
  throw new Failure(
    "conflict",
    `release ${head.release.number} is of a later commit than this run planned: publishing would take it back`,
    { hint: "start publish anew, or re-run all of its jobs: it plans the newest commit; fieldtree rollback goes back" },
  );
}

function outputsOf({ release }: Head, url: string | undefined): Readonly<Record<string, string>> {
  return {
    release: String(release.number),
    root: release.root.toString(),
    portal: release.portal.toString(),
    url: url ?? "",
  };
}

function summaryOf({ release }: Head, url: string | undefined): string {
  const portal = url === undefined ? `\`${release.portal}\`` : `[\`${release.portal}\`](${url})`;
  return `### Release ${release.number} is live\n\nroot \`${release.root}\` · portal ${portal}`;
}
