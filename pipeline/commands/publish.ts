/** `publish`: publishes tree.yaml as a new release. The lease admits one publisher at a time, over all machines. */
import { publishTree } from "../cli/publishing/publish-tree.ts";
import type { Verb } from "../cli/verb.ts";
import { limitOldHeap, limitYoungHeap } from "../disk/young-heap.ts";

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
    limitYoungHeap();
    limitOldHeap();
    const campaign = await open();
    const { expectRoot } = flags;
    const options = {
      strict: flags.strict === true,
      overrideRollback: flags.overrideRollback === true,
      ...(typeof expectRoot === "string" && { expectRoot }),
    };
    await publishTree(campaign, options, out, world);
    return 0;
  },
};
