/** `fmt`: formats tree.yaml without changing its content. */
import { join, resolve } from "node:path";
import { treeText } from "../cli/address/tree-text.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { formatTree } from "../core/tree/format.ts";
import { decodeUtf8 } from "../core/yaml/yaml.ts";
import { assertMayChange } from "../disk/writable.ts";
import { writeDurably } from "../disk/write.ts";

export const fmt: Verb = {
  args: "[file]",
  flags: [["--check", "write nothing; exit with 1 where there is something to tidy"]],
  about:
    "Indents by two blanks a level, writes one entry a line, removes trailing blanks. Order, spelling and every comment stay.",
  example: "fieldtree fmt",

  async run(call) {
    const [named] = call.args;
    const file = named === undefined ? join(call.folder(), "tree.yaml") : resolve(call.cwd, named);
    const { text, broken } = decodeUtf8(await treeText(file, call));
    if (broken) throw new Failure("input", `${named ?? "tree.yaml"} is ${broken.message}`);
    const tidy = formatTree(text);
    const changed = tidy !== text;
    const checkOnly = call.flags.check === true;
    if (changed && !checkOnly) {
      await assertMayChange(file);
      await writeDurably(file, tidy);
    }
    const state = changed ? (checkOnly ? "is not tidy" : "tidied") : "is tidy";
    const sentence = `${named ?? "tree.yaml"} ${state}`;
    call.out.result({ file, changed }, sentence, changed && checkOnly ? sentence : undefined);
    return changed && checkOnly ? 1 : 0;
  },
};
