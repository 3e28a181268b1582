/** `publish`: tree.yaml made the newest release, by one publisher at a time, wherever they are. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../campaign/campaign.ts";
import { nothingYet } from "../cli/address/tree-text.ts";
import type { Output, Verb } from "../cli/command.ts";
import { holdsNothing, readTree } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import { keepYoungHeapSmall } from "../disk/young-heap.ts";
import type { PublishEvent } from "../stages/event.ts";
import { sayEvent } from "../stages/event.ts";
import { type PublishOptions, publish as publishStage } from "../stages/publish/publish.ts";

export const publish: Verb = {
  flags: [
    ["--expect-root <cid>", "refuse every root but this one, such as the one that a plan printed"],
    ["--strict", "publish nothing if a dataset can't be described"],
    ["--override-rollback", "publish a tree that was rolled back, though tree.yaml has not changed since"],
  ],
  about: `Fetches every block, pins the tree and the portal here and wherever campaign.yaml requires it, appends the release to the log,
points the names at it and reads them back from every authoritative server. Stopped anywhere, it finishes when it is run
again. With nothing changed, it does nothing.`,
  example: "fieldtree publish --expect-root bafybei…",

  async run({ campaign: open, flags, out, world }) {
    keepYoungHeapSmall();
    const campaign = await open();
    const { expectRoot } = flags;
    const options = {
      strict: flags.strict === true,
      overrideRollback: flags.overrideRollback === true,
      ...(typeof expectRoot === "string" && { expectRoot }),
    };
    await publishHere(campaign, options, out, world);
    return 0;
  },
};

/** Publish the campaign's tree.yaml as it is now, as the only one who does, and print what happens. */
export async function publishHere(
  campaign: Campaign,
  options: PublishOptions,
  out: Output,
  world: World,
): Promise<void> {
  await alone(campaign, "publishing", world, async (world) => {
    const text = await readFile(join(campaign.folder, "tree.yaml"));
    if (isNothingYet(text)) world.log(`tree.yaml: ${nothingYet}`);
    await printed(publishStage(text, campaign, options, world), out);
  });
}

function isNothingYet(text: Uint8Array): boolean {
  const { tree, findings } = readTree(text);
  return findings.length === 0 && holdsNothing(tree);
}

/** Do `work` holding the campaign's lease: losing it ends the work. */
export async function alone(
  campaign: Campaign,
  what: string,
  world: World,
  work: (world: World) => Promise<void>,
): Promise<void> {
  const held = await campaign.log.leases.take(what, world);
  try {
    await work({ ...world, signal: AbortSignal.any([world.signal, held.lost]) });
  } finally {
    await held.release();
  }
}

export async function printed(events: AsyncIterable<PublishEvent>, out: Output): Promise<void> {
  for await (const event of events) out.result(event, sayEvent(event));
}
