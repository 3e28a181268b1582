/**
 * `completion`: completion scripts for shells, generated from the verbs so that they can't be out of date.
 *
 * For candidates from the tree and the log, the shell calls the program: `completion words -- VERB BEFORE WORD`.
 */

import { type CompletedVerb, commonFlags, longFlag, scripts } from "../cli/completion/scripts.ts";
import type { Call, Verb, VerbEntry } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";

export const completionOf = (verbs: readonly VerbEntry[]): Verb => ({
  args: "<shell> [words...]",
  about: `Prints a script for bash, zsh or fish. Add the line of the example to your shell's start-up file. It completes verbs and
flags, paths of the tree and numbers of releases; for the last two it asks \`fieldtree completion words\`.`,
  example: 'eval "$(fieldtree completion bash)"',

  async run(call) {
    const { args, out } = call;
    const [shell, ...typed] = args;
    if (shell === "words") return candidates(typed, verbs, call);
    const write = scripts[shell!];
    if (!write)
      throw new Failure("input", `no completions for ${shell}`, { hint: `one of ${Object.keys(scripts).join(", ")}` });
    const words = await Promise.all(
      verbs.map(async ({ name, summary, load }): Promise<CompletedVerb> => {
        const { flags, completes = ["files"] } = await load();
        return { name, summary, flags: [...(flags ?? []).map(longFlag), ...commonFlags], completes };
      }),
    );
    const script = write(words);
    out.result({ shell: shell!, script }, script, script);
    return 0;
  },
});

/** Prints the candidates for the last word, one a line. */
async function candidates(
  [name, before, word = ""]: readonly string[],
  verbs: readonly VerbEntry[],
  call: Call,
): Promise<number> {
  const verb = await verbs.find((entry) => entry.name === name)?.load();
  const completes = before === "--at" || before === "--remove" ? (["tree"] as const) : (verb?.completes ?? []);
  const { candidatesFor } = await import("../cli/completion/candidates.ts");
  const words = await candidatesFor(word, completes, call);
  const text = words.length > 0 ? words.join("\n") : undefined;
  call.out.result({ words }, text, text);
  return 0;
}
