/** `rollback`: makes the tree of an older release live again, as a new release. */

import { rollBack } from "../cli/publishing/roll-back.ts";
import type { Verb } from "../cli/verb.ts";

export const rollback: Verb = {
  args: "<release>",
  flags: [["--why <text>", "the reason, stored in the log and shown in the portal's history"]],
  about: `Makes a new release whose tree is that of an older one; nothing is deleted, and the release rolled back from stays
citable. tree.yaml is not touched: publishing it again unchanged is refused until it changes, or with
publish --override-rollback. Where that tree is live already, no release is made: its pins and names are restored, and no reason
is needed.`,
  completes: ["releases"],
  example: 'fieldtree rollback 11 --why "radar calibration was wrong"',

  async run(call) {
    await rollBack(call.args[0], call.flags.why, call);
    return 0;
  },
};
