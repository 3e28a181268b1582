/** The plan of publishing the checked out commit: compared with the live release, with everything that was merged allowed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ownNode } from "../../campaign/parts/home.ts";
import { isFailure } from "../../core/failure.ts";
import type { Report } from "../../core/report/report.ts";
import { commitHere, commitsIn } from "../../disk/commits.ts";
import type { DispatchEvent, PushEvent } from "../../github/run/event.ts";
import { sourceOf } from "../../stages/tree/past.ts";
import { importCars } from "../local/import-cars.ts";
import type { Call } from "../verb.ts";
import { reviewProposal } from "./review.ts";

export async function planToPublish(event: PushEvent | DispatchEvent, call: Call): Promise<Report> {
  const { env, world, folder } = call;
  if (env.FIELDTREE_IMPORT) await importHere(env.FIELDTREE_IMPORT, call);

  const sha = await commitHere(folder(), world);
  const [proposal, campaignYaml] = await Promise.all(
    ["tree.yaml", "campaign.yaml"].map((name) => readFile(join(folder(), name))),
  );
  const base = await liveTree(event, call);
  return reviewProposal(
    { proposed: { base, proposal: proposal!, ...(sha && { sha }) }, campaignYaml: campaignYaml!.toString() },
    { labels: "all", reproduce: "fieldtree plan" },
    { cwd: folder(), world },
  );
}

/** Imports into the campaign's node, or into this machine's where that one refuses a job without secrets. */
async function importHere(address: string, call: Call): Promise<void> {
  const { home, state } = await call.store();
  const into = home.closed ? await ownNode(state) : home;
  try {
    await importCars([address], into, { ...call, out: { ...call.out, result: () => {} } });
  } finally {
    if (into !== home) await into.close?.();
  }
}

/** Returns tree.yaml of the newest release; where this job can't reach it, the one before the push; else an empty one. */
async function liveTree(event: PushEvent | DispatchEvent, { campaign: open, cwd, world }: Call): Promise<Uint8Array> {
  try {
    const campaign = await open();
    const head = await campaign.log.head(world);
    return head ? await sourceOf(head.release, campaign, world) : new Uint8Array(0);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    world.log(`what is live can't be read here: ${error.message}`);
  }
  const before = event.name === "push" ? event.before : undefined;
  if (before === undefined) return new Uint8Array(0);
  const commits = commitsIn(cwd, world);
  const file = (await commits.entries(before, ["tree.yaml"]))?.get("tree.yaml");
  return file?.kind === "file" ? await commits.read(before, "tree.yaml", file) : new Uint8Array(0);
}
