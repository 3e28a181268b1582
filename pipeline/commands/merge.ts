/** `merge`: merges two edits of one tree by path, as a command or as git's merge driver. */
import { resolve } from "node:path";
import { treeText } from "../cli/address/tree-text.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { withMarks } from "../core/tree/conflict-marks.ts";
import { mergeTrees } from "../core/tree/merge.ts";
import { decodeUtf8 } from "../core/yaml/yaml.ts";
import { assertMayChange } from "../disk/writable.ts";
import { writeDurably } from "../disk/write.ts";

export const merge: Verb = {
  args: "<base> <ours> <theirs>",
  flags: [["-o, --output <file>", "where the merged tree goes (default: it is printed)"]],
  about: `By path instead of by line. Exits with 1 where both sides changed one path differently; what goes to -o then has everything
else merged, and each such path between git's marks.

As git's merge driver, so that pull requests to one folder don't conflict:
  git config merge.fieldtree.driver "fieldtree merge %O %A %B -o %A"
  echo "tree.yaml merge=fieldtree" >> .gitattributes`,
  example: "fieldtree merge base.yaml ours.yaml theirs.yaml -o tree.yaml",

  async run(call) {
    const [base, ours, theirs] = await Promise.all(call.args.map((named) => textOf(named, call)));
    const { text, conflicts } = mergeTrees(base!, ours!, theirs!);
    const merged = conflicts.length === 0;
    const output = call.flags.output;
    if (typeof output === "string") {
      const written = merged ? text : withMarks({ base: base!, ours: ours!, theirs: theirs! }, conflicts);
      const file = resolve(call.cwd, output);
      await assertMayChange(file);
      await writeDurably(file, written);
    }

    const printed = merged && output === undefined;
    const lines = conflicts.map(({ says }) => `conflict  ${printable(says)}`);
    if (printed && !call.out.json) await call.out.bytes(new TextEncoder().encode(text));
    else
      call.out.result(
        { conflicts: conflicts.map((conflict) => ({ ...conflict })), ...(printed && { text }) },
        lines.join("\n") || "merged",
        lines.join("\n"),
      );
    return merged ? 0 : 1;
  },
};

async function textOf(named: string, call: Call): Promise<string> {
  const { text, broken } = decodeUtf8(await treeText(named, call));
  if (broken) throw new Failure("input", `${named} is ${broken.message}`);
  return text;
}
