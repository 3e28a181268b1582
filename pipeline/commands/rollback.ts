/** `rollback`: the tree of an older release, live again as a new one. */

import type { Verb } from "../cli/command.ts";
import { Failure } from "../core/failure.ts";
import { releaseNumbered } from "../log/chain.ts";
import { publish } from "../stages/publish/publish.ts";
import { sourceOf } from "../stages/tree/past.ts";
import { alone, printed } from "./publish.ts";

export const rollback: Verb = {
  args: "<release>",
  flags: [["--why <text>", "the reason, kept in the log and shown in the portal's history"]],
  about: `Makes a new release whose tree is that of an older one; nothing is deleted, and the release rolled back from stays
citable. tree.yaml is not touched: publishing it again unchanged is refused until it changes, or with
publish --override-rollback. Where that tree is live already, no release is made: what services lack of it and what names
should say is set right, and no reason is needed.`,
  completes: ["releases"],
  example: 'fieldtree rollback 11 --why "radar calibration was wrong"',

  async run({ args, campaign: open, flags, out, world }) {
    const number = Number(args[0]);
    if (!Number.isSafeInteger(number) || number < 1) {
      throw new Failure("input", `rollback wants the number of a release, and got ${JSON.stringify(args[0])}`, {
        hint: "fieldtree log lists them",
      });
    }
    const campaign = await open();
    await alone(campaign, "rolling back", world, async (world) => {
      const { release: old } = await releaseNumbered(number, campaign.log, world);
      const { release: live } = (await campaign.log.head(world))!;
      const expectRoot = old.root.toString();
      if (!live.root.equals(old.root)) {
        const options = { strict: false, expectRoot, rollback: { rollbackOf: number, why: reasonIn(flags.why) } };
        return printed(publish(await sourceOf(old, campaign, world), campaign, options, world), out);
      }
      world.log(`the tree of release ${number} is live already, as release ${live.number}: no release is made`);
      // Nor is one because another version of fieldtree would describe it in other words.
      const asItIs = { ...campaign, madeWith: live.madeWith };
      await printed(publish(await sourceOf(live, campaign, world), asItIs, { strict: false, expectRoot }, world), out);
    });
    return 0;
  },
};

function reasonIn(why: unknown): string {
  if (typeof why === "string" && why.trim() !== "") return why;
  throw new Failure("input", "rollback wants a reason: --why TEXT", { hint: "it is kept in the log for good" });
}
