/** `rollback`: the tree of an older release, live again as a new one. */
import { Failure } from "../core/failure.ts";
import { releaseNumbered } from "../log/chain.ts";
import { sourceOf } from "../stages/observe.ts";
import { publish } from "../stages/publish.ts";
import type { Verb } from "./command.ts";
import { alone, printed } from "./publish.ts";

export const rollback: Verb = {
  args: "<release>",
  flags: [["--why <text>", "the reason, kept in the log and shown in the portal's history"]],
  about: `Makes a new release whose tree is that of an older one; nothing is deleted, and the release rolled back from stays
citable. tree.yaml is not touched: publishing it again unchanged is refused until it changes, or with
publish --override-rollback.`,
  example: 'fieldtree rollback 11 --why "radar calibration was wrong"',

  async run({ args, campaign: open, flags, out, world }) {
    const number = Number(args[0]);
    if (!Number.isSafeInteger(number) || number < 1) {
      throw new Failure("input", `rollback wants the number of a release, and got ${JSON.stringify(args[0])}`, {
        hint: "fieldtree log lists them",
      });
    }
    const { why } = flags;
    if (typeof why !== "string" || why.trim() === "") {
      throw new Failure("input", "rollback wants a reason: --why TEXT", { hint: "it is kept in the log for good" });
    }
    const campaign = await open();
    await alone(campaign, "rolling back", world, async (world) => {
      const [{ release }, head] = await Promise.all([
        releaseNumbered(number, campaign.log, world),
        campaign.log.head(world),
      ]);
      // Run again after a stop: what was rolled back already only has to be finished.
      const done = head!.release.rollbackOf === number;
      if (!done && head!.release.root.equals(release.root)) {
        throw new Failure("input", `the tree of release ${number} is live already, as release ${head!.release.number}`);
      }
      const text = await sourceOf(release, campaign, world);
      await printed(publish(text, campaign, { strict: false, rollback: { rollbackOf: number, why } }, world), out);
    });
    return 0;
  },
};
