/**
 * `github publish`: what the publishing job does, behind the environment that has the secrets.
 *
 * The inputs of `actions/publish` come as FIELDTREE_EXPECT_ROOT, FIELDTREE_IMPORT, FIELDTREE_ROLLBACK and FIELDTREE_WHY,
 * empty where there are none.
 */
import { configIn } from "../../campaign/config.ts";
import { secretNames } from "../../core/campaign/secrets.ts";
import { Failure } from "../../core/failure.ts";
import { setOutputs, writeSummary } from "../../github/outputs.ts";
import type { Head } from "../../log/log.ts";
import { importCars } from "../car.ts";
import type { Call } from "../command.ts";
import { publishHere } from "../publish.ts";
import { rollback } from "../rollback.ts";
import { withoutCommands } from "./commands-off.ts";

export async function publishFromWorkflow(call: Call): Promise<number> {
  const { env, world } = call;
  const preview = await readyToPublish(call);
  const campaign = await call.campaign();

  await withoutCommands(call, async (quiet) => {
    const { FIELDTREE_IMPORT: address, FIELDTREE_ROLLBACK: number, FIELDTREE_EXPECT_ROOT: expectRoot } = env;
    if (address) await importCars([address], campaign.home, quiet);
    if (number) await rollback.run({ ...quiet, args: [number], flags: { why: env.FIELDTREE_WHY } });
    else await publishHere(campaign, { strict: false, ...(expectRoot && { expectRoot }) }, quiet.out, quiet.world);
  });

  const head = (await campaign.log.head(world))!;
  const url = preview && `${preview}/ipfs/${head.release.portal}/`;
  await setOutputs(env, outputsOf(head, url));
  await writeSummary(env, summaryOf(head, url));
  return 0;
}

/**
 * Refuse what can't end well on a machine that is gone in a minute, before anything is begun.
 *
 * Returns the gateway people are sent to, where there is one.
 */
async function readyToPublish({ folder, env }: Call): Promise<string | undefined> {
  const { config } = await configIn(folder());
  if (config.log.kind === "local") {
    throw new Failure("input", "campaign.yaml keeps the release log on this machine, which is gone when the job ends", {
      hint: "log: { kind: git } keeps it on a branch of this repository",
    });
  }
  const missing = secretNames(config).filter((name) => !env[name]);
  if (missing.length > 0) {
    const are = missing.length === 1 ? "is a secret" : "are secrets";
    throw new Failure("input", `${missing.join(", ")} ${are} that campaign.yaml names and this job has not`, {
      hint: `add ${missing.length === 1 ? "it" : "them"} to the environment production (Settings → Environments), and to env: of the step that publishes; \`fieldtree doctor\` says which of the two is missing`,
    });
  }
  return config.gateways[0];
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
