/** What publishing the checked out commit would give: against what is live, and with everything that was merged allowed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { ownNode } from "../../campaign/home.ts";
import type { Report } from "../../core/report.ts";
import { commitHere } from "../../disk/commits.ts";
import { sourceOf } from "../../stages/observe.ts";
import { importCars } from "../car.ts";
import type { Call } from "../command.ts";
import { lookAt } from "./look.ts";

export async function planToPublish(call: Call): Promise<Report> {
  const { env, world, folder } = call;
  const campaign = await call.campaign();
  if (env.FIELDTREE_IMPORT) await importHere(env.FIELDTREE_IMPORT, campaign, call);
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

/** Where looking will find it: on the campaign's node, or on this machine's where that one is closed to a job without secrets. */
async function importHere(address: string, { home, state }: Campaign, call: Call): Promise<void> {
  const into = home.closed ? await ownNode(state) : home;
  try {
    await importCars([address], into, { ...call, out: { ...call.out, result: () => {} } });
  } finally {
    if (into !== home) await into.close?.();
  }
}
