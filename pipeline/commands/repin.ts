/** `repin`: pins what services lack of the newest release. */

import { pinLines } from "../cli/print/pin-lines.ts";
import { withLease } from "../cli/publishing/with-lease.ts";
import type { Verb } from "../cli/verb.ts";
import { assertPinned } from "../stages/pins/pin.ts";
import { pinEvent } from "../stages/pins/pin-status.ts";
import { repin as repinStage } from "../stages/pins/repin.ts";

export const repin: Verb = {
  about: `Probes every pin of the newest release at every service, asks again for what is missing, brings blocks where it can, and
waits up to the deadline in campaign.yaml. The log of releases does not change.`,
  example: "fieldtree repin",

  async run({ campaign: open, out, world }) {
    const campaign = await open();
    await withLease(campaign, "repinning", world, async (world) => {
      const statuses = await repinStage(campaign, world);
      for (const status of statuses) out.result(pinEvent(status));
      const missing = statuses.filter(({ counts }) => !counts).length;
      const lines = [summary(statuses.length, missing), ...pinLines(statuses, world.now().getTime())];
      out.result({ event: "repinned", pins: statuses.length, missing }, lines.join("\n"));
      assertPinned(statuses, campaign);
    });
    return 0;
  },
};

function summary(pins: number, missing: number): string {
  if (pins === 0) return "nothing to pin elsewhere: campaign.yaml names no services under pins:";
  return missing === 0 ? `all ${pins} pins are pinned` : `${missing} of ${pins} pins are missing`;
}
