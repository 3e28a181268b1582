/**
 * Completions for the shell, made from the verbs themselves so that they cannot go out of date.
 *
 * What the tree and the log hold is asked of the program while somebody types: `completion words -- VERB BEFORE WORD`.
 */

import { globalFlags } from "../cli/global-flags.ts";
import type { Call, Verb, VerbEntry } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";

interface Words {
  readonly name: string;
  readonly summary: string;
  /** Long flags with their help. */
  readonly flags: readonly (readonly [flag: string, help: string])[];
  readonly completes: NonNullable<Verb["completes"]>;
}

const everyVerbs: Words["flags"] = [...globalFlags.map(longFlag), ["--help", "what the verb does"]];

/** `-o, --output <file>` as `--output`. */
function longFlag([flags, help]: readonly [
  flags: string,
  help: string,
  ...rest: readonly unknown[],
]): Words["flags"][number] {
  return [/--[a-z-]+/.exec(flags)![0], help];
}

export const completionOf = (verbs: readonly VerbEntry[]): Verb => ({
  args: "<shell> [words...]",
  about: `Prints a script for bash, zsh or fish. Add the line of the example to your shell's start-up file. It completes verbs and
flags, paths of the tree and numbers of releases; for the last two it asks \`fieldtree completion words\`.`,
  example: 'eval "$(fieldtree completion bash)"',

  async run(call) {
    const { args, out } = call;
    const [shell, ...typed] = args;
    if (shell === "words") return candidates(typed, verbs, call);
    const write = shells[shell!];
    if (!write)
      throw new Failure("input", `no completions for ${shell}`, { hint: `one of ${Object.keys(shells).join(", ")}` });
    const words = await Promise.all(
      verbs.map(async ({ name, summary, load }): Promise<Words> => {
        const { flags, completes = ["files"] } = await load();
        return { name, summary, flags: [...(flags ?? []).map(longFlag), ...everyVerbs], completes };
      }),
    );
    const script = write(words);
    out.result({ shell: shell!, script }, script, script);
    return 0;
  },
});

/** What may stand in place of the last word, a line each. */
async function candidates(
  [name, before, word = ""]: readonly string[],
  verbs: readonly VerbEntry[],
  call: Call,
): Promise<number> {
  const verb = await verbs.find((entry) => entry.name === name)?.load();
  const completes = before === "--at" || before === "--remove" ? (["tree"] as const) : (verb?.completes ?? []);
  const { wordsFor } = await import("../cli/completion/candidates.ts");
  const words = await wordsFor(word, completes, call);
  const text = words.length > 0 ? words.join("\n") : undefined;
  call.out.result({ words }, text, text);
  return 0;
}

const namesOf = (words: readonly Words[]) => words.map(({ name }) => name);
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Verbs that complete from the tree or the log, and those that complete files. */
const asking = (words: readonly Words[]) => words.filter(({ completes }) => completes.some((what) => what !== "files"));
const withFiles = (words: readonly Words[]) => words.filter(({ completes }) => completes.includes("files"));

const shells: Readonly<Record<string, (words: readonly Words[]) => string>> = {
  // Bash takes @ for the end of a word: what stands before the last one is typed already, and is cut off again.
  bash: (words) => `_fieldtree() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb= i flags= files= found
  local -a campaign=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --campaign) campaign=(--campaign "\${COMP_WORDS[i+1]}"); ((i++)) ;;
      -*) ;;
      *) verb=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  case $verb in
    '') COMPREPLY=($(compgen -W ${quoted([...namesOf(words), "help", ...everyVerbs.map(([flag]) => flag)].join(" "))} -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W ${quoted(namesOf(words).join(" "))} -- "$word")); return ;;
${words.map(({ name, flags }) => `    ${name}) flags=${quoted(flags.map(([flag]) => flag).join(" "))} ;;`).join("\n")}
  esac
  case $verb in ${[...namesOf(withFiles(words)), "-"].join("|")}) files=-f ;; esac
  [[ $word == -* ]] || flags=
  COMPREPLY=($(compgen $files -W "$flags" -- "$word"))
  case $verb:$before in
    ${[...asking(words).map(({ name }) => `${name}:*`), "*:--at", "*:--remove"].join("|")})
      local typed=\${COMP_LINE:0:COMP_POINT}
      [[ -n $typed ]] && word=\${typed##*[[:space:]]}
      while IFS= read -r found; do
        [[ $typed == *@* && $COMP_WORDBREAKS == *@* ]] && found=\${found#"\${word%"\${word##*@}"}"}
        [[ -n $found ]] && COMPREPLY+=("$found")
      done < <("\${COMP_WORDS[0]}" "\${campaign[@]}" completion words -- "$verb" "$before" "$word" 2>/dev/null)
      [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null ;;
  esac
  return 0
}
complete -o filenames -F _fieldtree fieldtree`,

  zsh: (words) => `#compdef fieldtree
_fieldtree_words() {
  local -a found
  found=(\${(f)"$($words[1] completion words -- "$words[2]" "$words[CURRENT-1]" "$PREFIX" 2>/dev/null)"})
  compadd -- \${found:#*/}
  compadd -S '' -- \${(M)found:#*/}
}
_fieldtree_either() {
  _fieldtree_words
  _files
}
_fieldtree() {
  if (( CURRENT == 2 )); then
    local -a verbs=(${words.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(" ")})
    _describe verb verbs
    return
  fi
  case $words[2] in
${words.map((verb) => `    ${verb.name}) _arguments ${verb.flags.map(([flag, help]) => quoted(`${flag}[${help.replace(/[[\]:]/g, " ")}]${valueInZsh(flag)}`)).join(" ")} '*:${whatInZsh(verb)}' ;;`).join("\n")}
  esac
}
compdef _fieldtree fieldtree`,

  fish: (words) =>
    words
      .flatMap(({ name, summary, flags, completes }) => [
        `complete -c fieldtree -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
        ...flags.map(
          ([flag, help]) =>
            `complete -c fieldtree -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quoted(help)}`,
        ),
        ...(completes.every((what) => what === "files")
          ? []
          : [
              `complete -c fieldtree -n '__fish_seen_subcommand_from ${name}'${completes.includes("files") ? "" : " -f"} -a '(fieldtree completion words -- ${name} "" (commandline -ct) 2>/dev/null)'`,
            ]),
      ])
      .join("\n"),
};

const valueInZsh = (flag: string) => (flag === "--at" || flag === "--remove" ? ":path:_fieldtree_words" : "");

function whatInZsh({ completes }: Words): string {
  if (completes.every((what) => what === "files")) return "file:_files";
  return completes.includes("files") ? "address:_fieldtree_either" : "address:_fieldtree_words";
}
