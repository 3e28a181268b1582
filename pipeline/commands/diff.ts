/** `diff`: two trees compared by the data they name, where a diff of lines would show spelling and order. */
import { changesBetween } from "../core/changes.ts";
import { sayChange } from "./changes.ts";
import type { Verb } from "./command.ts";
import { soundTree } from "./tree-text.ts";

export const diff: Verb = {
  args: "<base> [next]",
  about: `By identity of the data: added, removed, updated, moved, or the same data spelt differently.
BASE and NEXT are files, or git:REF for tree.yaml at a commit. NEXT is the campaign's tree.yaml unless named.`,
  example: "fieldtree diff git:main",

  async run(call) {
    const [named, other] = call.args;
    const base = await soundTree(named!, call);
    const next = await soundTree(other, call);
    const changes = changesBetween(base, next);
    const data = changes.map((change) => ({
      ...change,
      line: (change.op === "remove" ? base : next).get(change.path)!.line,
    }));
    call.out.result({ changes: data }, changes.length > 0 ? changes.map(sayChange).join("\n") : "no change");
    return 0;
  },
};
