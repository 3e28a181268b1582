/** Work that one publisher does at a time, on every machine that shares the campaign's log. */

import type { Campaign } from "../../campaign/campaign.ts";
import { endedBy } from "../../core/abort.ts";
import type { World } from "../../core/world.ts";

/** Runs `work` while this process has the campaign's lease. The signal in its world aborts when the lease is lost. */
export async function withLease(
  campaign: Campaign,
  what: string,
  world: World,
  work: (world: World) => Promise<void>,
): Promise<void> {
  const lease = await campaign.log.leases.take(what, world);
  try {
    await work(endedBy(world, lease.lost));
  } finally {
    await lease.release();
  }
}
