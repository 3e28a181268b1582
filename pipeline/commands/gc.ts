/** `gc`: deletes the blocks that no pin needs. */
import { join } from "node:path";
import { validTree } from "../cli/address/tree-text.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { formatBytes } from "../core/text/shown.ts";
import { identity } from "../core/tree/tree.ts";
import { retainAll } from "../s3/blocks/retain.ts";
import { readBuckets } from "../s3/store/buckets.ts";
import { isAdded } from "../stages/pins/label.ts";
import { allPins } from "../stages/pins/node-pins.ts";

export const gc: Verb = {
  flags: [["--added", "also unpin what was added from this machine and is not in tree.yaml"]],
  about:
    "Frees every block that is not below a pin. Pinned are releases, portals, what buckets of the S3 gateway have, and what was added; adding a path again unpins what was added from it before.",
  example: "fieldtree gc --added",

  async run(call) {
    const { flags, out, world } = call;
    const { home, state } = await call.store();
    if (!home.gc) {
      throw new Failure("input", `${home.name} collects its own garbage`, { hint: "with Kubo: ipfs repo gc" });
    }
    let unpinned = 0;
    if (flags.added) {
      const tree = await validTree(undefined, call);
      const named = new Set([...tree.values()].map(({ cid }) => identity(cid)));
      for (const [label, cid] of await allPins(home, world)) {
        if (!isAdded(label) || named.has(identity(cid))) continue;
        await home.unpin(label, world);
        unpinned++;
      }
    }
    const buckets = await readBuckets(join(state, "s3"));
    if (buckets.length > 0) {
      // With the node's lock, so that what an S3 gateway stores meanwhile is not missed: it is read once more then.
      await home.put([], world);
      await retainAll(await readBuckets(join(state, "s3")), home, world);
    }
    const { removed, kept } = await home.gc(world);
    out.result(
      { removed: { ...removed }, kept: { ...kept }, unpinned: unpinned },
      `removed ${formatBytes(removed.bytes)} (blocks: ${removed.blocks}), kept ${formatBytes(kept.bytes)} (blocks: ${kept.blocks})`,
    );
    return 0;
  },
};
