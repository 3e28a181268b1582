/** Rolls back for `rollback` and `github publish`. */
import { Failure } from "../../core/failure.ts";
import { publishedHead, releaseNumbered } from "../../log/chain.ts";
import { publish } from "../../stages/publish/publish.ts";
import { sourceOf } from "../../stages/tree/past.ts";
import type { Call } from "../verb.ts";
import { printEvents } from "./publish-tree.ts";
import { withLease } from "./with-lease.ts";

/**
 * Makes the tree of release `number` live: by a new release, or, where that tree is live already, by restoring its pins
 * and names without a release.
 *
 * @throws Failure `input` where `number` is no release, or where a new release is needed and `why` is empty or invalid.
 */
export async function rollBack(number: string | undefined, why: unknown, call: Call): Promise<void> {
  const rollbackOf = releaseNumber(number);
  const { out, world } = call;
  const campaign = await call.campaign();
  await withLease(campaign, "rolling back", world, async (world) => {
    const { release: old } = await releaseNumbered(rollbackOf, campaign.log, world);
    const { release: live } = await publishedHead(campaign.log, world);
    const expectRoot = old.root.toString();
    if (!live.root.equals(old.root)) {
      const options = { strict: false, expectRoot, rollback: { rollbackOf, why: reasonIn(why) } };
      return printEvents(publish(await sourceOf(old, campaign, world), campaign, options, world), out);
    }
    world.log(`the tree of release ${rollbackOf} is live already, as release ${live.number}: no release is created`);
    // With the reader versions of the live release: a newer fieldtree describing the same data is no reason for a release.
    const asItIs = { ...campaign, madeWith: live.madeWith };
    const options = { strict: false, expectRoot };
    await printEvents(publish(await sourceOf(live, campaign, world), asItIs, options, world), out);
  });
}

function releaseNumber(text: string | undefined): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Failure("input", `rollback takes the number of a release, and got ${JSON.stringify(text)}`, {
    hint: "fieldtree log lists them",
  });
}

function reasonIn(why: unknown): string {
  if (typeof why === "string" && why.trim() !== "") return why;
  throw new Failure("input", "rollback needs a reason: --why TEXT", { hint: "it stays in the log for good" });
}
