/** `log`: lists the releases of the log, or the blocks of an Open Data Fabric dataset; compares and adopts other copies of the log. */

import { aboutOtherCopies } from "../cli/adopt/other-copy.ts";
import { aboutOdf } from "../cli/odf/about.ts";
import { printable } from "../cli/print/terminal.ts";
import { chainAt } from "../cli/pull/chain-at.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { plural } from "../core/text/plural.ts";
import { nothingPublished, releasesFrom } from "../log/chain.ts";

export const log: Verb = {
  args: "[address...]",
  flags: [
    ["--exit-code", "compare: exit with 10 where this log is ahead, 11 behind, 12 diverged, 13 unrelated"],
    ["--take <side>", "adopt: ours or theirs, at paths that both changed differently"],
    ["--dns <server...>", "compare, adopt: resolvers of domains, HOST:PORT (default: this machine's)"],
  ],
  about: `Newest first. Every release can be named in addresses: products/HALO@3 is that path as release 3 has it.
With a name that was pulled, or the CID of a release or portal, it lists those of that campaign.

\`log compare COPY\` reports how this log relates to another copy of it, as of a site that was offline for days. \`log adopt COPY\` takes over
what the other one has: where this log is behind, its head becomes theirs; where both went on, their tree.yamls are merged by path,
and a release after ours links theirs. Paths that both changed differently are listed, and the exit code is 5. tree.yaml is written,
everything is pinned, the head moves, and names are announced, in that order; ended and run again, it goes on.
${aboutOtherCopies}

${aboutOdf}`,
  completes: ["tree"],
  example: "fieldtree log --json",

  async run(call) {
    const { args, store: open, out, world } = call;
    const [first, ...others] = args;
    if (first === "compare" || first === "adopt") {
      if (others.length > 1) throw new Failure("input", `log ${first} takes one copy of the log`);
      if (first === "compare") return (await import("../cli/adopt/compare.ts")).compareCopies(others[0], call);
      return (await import("../cli/adopt/adopt.ts")).adoptCopy(others[0], call);
    }
    if (others.length > 0) throw new Failure("input", `log takes one address, and was given ${args.length}`);
    const other = first === undefined ? undefined : await chainAt(first, call);
    if (first !== undefined && !other) return (await import("../cli/odf/log.ts")).logDataset(first, call);
    const log = other?.log ?? (await open()).log;
    const head = other ? other.head : await (await open()).log.head(world);
    if (!head && !other) world.log(nothingPublished);
    if (other && !other.state.head)
      world.log(`release ${other.state.number} is known by its portal alone: ${other.state.portal}`);
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
