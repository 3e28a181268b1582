/** `scan`: describes the datasets in the tree, or at an address, as publishing would. */

import { leavesAt } from "../cli/address/locate.ts";
import { emptyTreeNote } from "../cli/address/tree-text.ts";
import { entryResult } from "../cli/print/entry-lines.ts";
import { allFlag } from "../cli/print/findings.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { limitGrownYoungHeap } from "../disk/young-heap.ts";
import { scan as scanStage } from "../stages/scan/scan.ts";

export const scan: Verb = {
  args: "[address]",
  flags: [allFlag],
  about: `Prints a line a dataset, with its STAC item, and a line for every leaf that no reader knows. Without an address it
scans the tree; paths are relative to the address. Descriptions are remembered by CID.`,
  completes: ["tree"],
  example: "fieldtree scan --json products/HALO",

  async run(call) {
    const { out, world } = call;
    limitGrownYoungHeap();
    const campaign = await call.campaign();
    let code = 0;
    let scanned = 0;
    const lost: string[] = [];
    for await (const { path, entries, unreachable } of scanStage(
      await leavesAt(call.args[0] ?? "", call),
      campaign,
      world,
    )) {
      scanned += entries.length;
      for (const entry of entries) {
        out.result(...entryResult(entry, call));
        await out.taken();
        if (entry.kind === "failed") code = 1;
      }
      if (unreachable === undefined) continue;
      // The failure at the end lists it again, for --quiet.
      lost.push(path || (call.args[0] ?? "/"));
      out.result({ path, unreachable }, `${printable(path || ".")}: out of reach: ${printable(unreachable)}`);
    }
    if (lost.length > 0) {
      const more = lost.length > 3 ? ` and ${lost.length - 3} more` : "";
      throw new Failure("unavailable", `out of reach: ${lost.slice(0, 3).join(", ")}${more}`, {
        hint: "add the data to this campaign's node, or name a gateway that has it in campaign.yaml, and scan again",
      });
    }
    if (scanned === 0) world.log(emptyTreeNote);
    return code;
  },
};
