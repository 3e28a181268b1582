/** `diff`: compares two trees by the CIDs of their leaves; spelling and order of lines do not count. */

import { compared } from "../cli/address/compared-trees.ts";
import { describeChange } from "../cli/print/changes.ts";
import type { Verb } from "../cli/verb.ts";
import { changesBetween } from "../core/tree/changes.ts";

export const diff: Verb = {
  args: "<base> [next]",
  about: `By identity of the data: added, removed, updated, moved, or the same data spelt differently.
BASE and NEXT are files, git:REF for tree.yaml at a commit, numbers of releases, or paths in the tree, with @N as release N
has it: \`diff 3 5\`, \`diff products@1 products\`. NEXT is the campaign's tree.yaml unless named. With a path and a
whole tree, that part of both is compared.`,
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
    return 0;
  },
};
