import { changesBetween } from "../core/changes.ts";
import { Failure } from "../core/failure.ts";
import { readTree, type Tree } from "../core/tree.ts";
import { sayChange } from "./changes.ts";
import type { Call, Verb } from "./command.ts";
import { treeText } from "./tree-text.ts";

export const diff: Verb = {
  args: "<base> [next]",
  about: `By identity of the data: added, removed, updated, moved, or the same data spelt differently.
BASE and NEXT are files, or git:REF for tree.yaml at a commit. NEXT is the campaign's tree.yaml unless named.`,
  example: "fieldtree diff git:main",

  async run(call) {
    const [named, other] = call.args;
    const base = await readable(named!, call);
    const next = await readable(other, call);
    const changes = changesBetween(base, next);
    const data = changes.map((change) => ({
      ...change,
      line: (change.op === "remove" ? base : next).get(change.path)!.line,
    }));
    call.out.result({ changes: data }, changes.length > 0 ? changes.map(sayChange).join("\n") : "no change");
    return 0;
  },
};

/** A tree with errors in it would show what can't be read as removed. */
async function readable(named: string | undefined, call: Call): Promise<Tree> {
  const { tree, findings } = readTree(await treeText(named, call));
  const error = findings.find(({ level }) => level === "error");
  if (!error) return tree;
  const file = named ?? "tree.yaml";
  throw new Failure("input", `${file}:${error.line}:${error.column}: ${error.says}`, { hint: "fieldtree check FILE" });
}
