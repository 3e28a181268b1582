/** Completion scripts for bash, zsh and fish, generated from the verbs so that they can't be out of date. */
import { globalFlags } from "../global-flags.ts";
import type { Verb } from "../verb.ts";

export interface CompletedVerb {
  readonly name: string;
  readonly summary: string;
  /** Long flags with their help. */
  readonly flags: readonly (readonly [flag: string, help: string])[];
  readonly completes: NonNullable<Verb["completes"]>;
}

/** Flags that every verb takes. */
export const commonFlags: CompletedVerb["flags"] = [...globalFlags.map(longFlag), ["--help", "what the verb does"]];

/** `-o, --output <file>` as `--output`. */
export function longFlag([flags, help]: readonly [
  flags: string,
  help: string,
  ...rest: readonly unknown[],
]): CompletedVerb["flags"][number] {
  return [/--[a-z-]+/.exec(flags)![0], help];
}

const namesOf = (words: readonly CompletedVerb[]) => words.map(({ name }) => name);
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Verbs that complete from the tree or the log, and those that complete files. */
const fromProgram = (words: readonly CompletedVerb[]) =>
  words.filter(({ completes }) => completes.some((what) => what !== "files"));
const withFiles = (words: readonly CompletedVerb[]) => words.filter(({ completes }) => completes.includes("files"));

/** Scripts by shell. */
export const scripts: Readonly<Record<string, (words: readonly CompletedVerb[]) => string>> = {
  // Bash treats @ as the end of a word: the text before the last @ is already typed, so it is cut off the candidates.
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
    '') COMPREPLY=($(compgen -W ${quoted([...namesOf(words), "help", ...commonFlags.map(([flag]) => flag)].join(" "))} -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W ${quoted(namesOf(words).join(" "))} -- "$word")); return ;;
${words.map(({ name, flags }) => `    ${name}) flags=${quoted(flags.map(([flag]) => flag).join(" "))} ;;`).join("\n")}
  esac
  case $verb in ${[...namesOf(withFiles(words)), "-"].join("|")}) files=-f ;; esac
  [[ $word == -* ]] || flags=
  COMPREPLY=($(compgen $files -W "$flags" -- "$word"))
  case $verb:$before in
    ${[...fromProgram(words).map(({ name }) => `${name}:*`), "*:--at", "*:--remove"].join("|")})
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

function whatInZsh({ completes }: CompletedVerb): string {
  if (completes.every((what) => what === "files")) return "file:_files";
  return completes.includes("files") ? "address:_fieldtree_either" : "address:_fieldtree_words";
}
