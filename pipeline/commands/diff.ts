/** `diff`: compares two trees by the CIDs of their leaves; spelling and order of lines do not count. */

import { compared } from "../cli/address/compared-trees.ts";
import { describeChange } from "../cli/print/changes.ts";
import { comparedText } from "../cli/print/compared-dataset.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { parseCid } from "../core/cid.ts";
import { kinds } from "../core/failure.ts";
import { type Change, changesBetween } from "../core/tree/changes.ts";
import { compareLeaves } from "../stages/scan/compare-leaves.ts";

export const diff: Verb = {
  args: "<base> [next]",
  about: `By identity of the data: added, removed, updated, moved, or the same data spelt differently.
BASE and NEXT are files, git:REF for tree.yaml at a commit, numbers of releases, or paths in the tree, with @N as release N
has it: \`diff 3 5\`, \`diff products@1 products\`. NEXT is the campaign's tree.yaml unless named. With a path and a
whole tree, that part of both is compared.

With --datasets, what is new, gone or updated is described on both sides and compared, a JSON line a dataset. Whether stored values
changed follows from the CIDs of chunks; no chunk is read. Exits with 4 where data is out of reach.`,
  flags: [["--datasets", "also what differs in the datasets: variables, units, times, places, chunks, values"]],
  completes: ["tree", "releases", "files"],
  example: "fieldtree diff git:main",

  async run(call) {
    const [named, other] = call.args;
    const { base, next } = await compared(named!, other, call);
    const changes = changesBetween(base, next);
    const data = changes.map((change) => ({
      ...change,
      line: (change.op === "remove" ? base : next).get(change.path)!.line,
    }));
    call.out.result({ changes: data }, changes.length > 0 ? changes.map(describeChange).join("\n") : "no change");
    return call.flags.datasets === true ? printDatasets(data, call) : 0;
  },
};

/** Prints a result for each dataset in what is new, gone or updated. Returns the exit code. */
async function printDatasets(changes: readonly Change[], call: Call): Promise<number> {
  const campaign = await call.campaign();
  let code = 0;
  const compared = changes.filter(({ op }) => op === "add" || op === "remove" || op === "update");
  for (const [done, change] of compared.entries()) {
    call.world.signal.throwIfAborted();
    const { path } = change;
    const cids = {
      ...("from" in change && { before: parseCid(change.from) }),
      ...("to" in change && { after: parseCid(change.to) }),
    };
    for (const dataset of await compareLeaves(path, cids, campaign, call.world)) {
      if (dataset.op === "unknown" && dataset.outOfReach) code = kinds.unavailable.exit;
      call.out.result({ dataset }, comparedText(dataset));
      await call.out.taken();
    }
    call.world.progress({ task: "comparing", done: done + 1, total: compared.length, unit: "leaves" });
  }
  return code;
}
