/** `log`: lists the releases of the log, or the blocks of an Open Data Fabric dataset. */

import { aboutOdf } from "../cli/odf/about.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { plural } from "../core/text/plural.ts";
import { nothingPublished, releasesFrom } from "../log/chain.ts";

export const log: Verb = {
  args: "[address]",
  about: `Newest first. Every release can be named in addresses: products/HALO@3 is that path as release 3 has it.

${aboutOdf}`,
  completes: ["tree"],
  example: "fieldtree log --json",

  async run(call) {
    const { args, campaign: open, out, world } = call;
    if (args[0] !== undefined) return (await import("../cli/odf/log.ts")).logDataset(args[0], call);
    const { log } = await open();
    const head = await log.head(world);
    if (!head) world.log(nothingPublished);
    for await (const { cid, release } of releasesFrom(head, log, world)) {
      const { number, root, portal, made, changes, rollbackOf, why } = release;
      const data = {
        release: number,
        cid: cid.toString(),
        root: root.toString(),
        portal: portal.toString(),
        made,
        changes,
        ...(rollbackOf && { rollbackOf }),
        ...(why && { why }),
      };
      const again = rollbackOf ? `\n  rolls back to release ${rollbackOf}: ${printable(why ?? "")}` : "";
      out.result(data, `release ${number}  ${made}  ${plural(changes.length, "change")}  ${root}${again}`);
      await out.taken();
    }
    return 0;
  },
};
