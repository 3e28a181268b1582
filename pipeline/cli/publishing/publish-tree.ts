/** Publishes for `publish`, `demo` and `github publish`: under the lease, with each event printed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { hasNoData, readTree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { formatEvent, type PublishEvent } from "../../stages/event.ts";
import { type PublishOptions, publish } from "../../stages/publish/publish.ts";
import { emptyTreeNote } from "../address/tree-text.ts";
import type { Output } from "../verb.ts";
import { withLease } from "./with-lease.ts";

/** Publishes tree.yaml as it is now. @throws Failure as the stage does, and `conflict` where another publisher has the lease. */
export async function publishTree(
  campaign: Campaign,
  options: PublishOptions,
  out: Output,
  world: World,
): Promise<void> {
  await withLease(campaign, "publishing", world, async (world) => {
    const text = await readFile(join(campaign.folder, "tree.yaml"));
    if (isEmptyTree(text)) world.log(`tree.yaml: ${emptyTreeNote}`);
    await printEvents(publish(text, campaign, options, world), out);
  });
}

function isEmptyTree(text: Uint8Array): boolean {
  const { tree, findings } = readTree(text);
  return findings.length === 0 && hasNoData(tree);
}

export async function printEvents(events: AsyncIterable<PublishEvent>, out: Output): Promise<void> {
  for await (const event of events) out.result(event, formatEvent(event));
}
