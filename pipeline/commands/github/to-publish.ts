/** What publishing the checked out commit would give: against what is live, and with everything that was merged allowed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "../../core/report.ts";
import { commitHere } from "../../disk/commits.ts";
import { sourceOf } from "../../stages/observe.ts";
import { car } from "../car.ts";
import type { Call } from "../command.ts";
import { lookAt } from "./look.ts";

export async function planToPublish(call: Call): Promise<Report> {
  const { env, world, folder, out } = call;
  const importFrom = env.FIELDTREE_IMPORT;
  if (importFrom) await car.run({ ...call, args: ["import", importFrom], out: { ...out, result: () => {} } });

  const campaign = await call.campaign();
  const head = await campaign.log.head(world);
  const base = head ? await sourceOf(head.release, campaign, world) : new Uint8Array(0);
  const sha = await commitHere(folder(), world);
  const [proposal, campaignYaml] = await Promise.all(
    ["tree.yaml", "campaign.yaml"].map((name) => readFile(join(folder(), name))),
  );
  return lookAt(
    { proposed: { base, proposal: proposal!, ...(sha && { sha }) }, campaignYaml: campaignYaml!.toString() },
    { labels: "all", reproduce: "fieldtree plan" },
    { cwd: folder(), world },
  );
}
