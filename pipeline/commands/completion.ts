/** Completions for the shell, made from the verbs themselves so that they cannot go out of date. */
import { Failure } from "../core/failure.ts";
import type { Verb, VerbEntry } from "./command.ts";

interface Words {
  readonly name: string;
  readonly summary: string;
  /** Long flags with their help. */
  readonly flags: readonly (readonly [flag: string, help: string])[];
}

const globalFlags: Words["flags"] = [
  ["--campaign", "the campaign's folder"],
  ["--json", "results as JSON lines on stdout"],
  ["--quiet", "only results and failures"],
  ["--no-color", "no colour"],
  ["--help", "what the verb does"],
];

export const completionOf = (verbs: readonly VerbEntry[]): Verb => ({
  args: "<shell>",
  about: "Prints a script for bash, zsh or fish. Add the line of the example to your shell's start-up file.",
  example: 'eval "$(fieldtree completion bash)"',

  async run({ args, out }) {
    const shell = args[0]!;
    const write = shells[shell];
    if (!write)
      throw new Failure("input", `no completions for ${shell}`, { hint: `one of ${Object.keys(shells).join(", ")}` });
    const words = await Promise.all(
      verbs.map(async ({ name, summary, load }) => {
        const own = ((await load()).flags ?? []).map(([flags, help]) => [/--[a-z-]+/.exec(flags)![0], help] as const);
        return { name, summary, flags: [...own, ...globalFlags] };
      }),
    );
    const script = write(words);
    out.result({ shell, script }, script, script);
    return 0;
  },
});

const namesOf = (words: readonly Words[]) => words.map(({ name }) => name);
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const shells: Readonly<Record<string, (words: readonly Words[]) => string>> = {
  bash: (words) => `_fieldtree() {
  local word=\${COMP_WORDS[COMP_CWORD]} verb= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in --campaign) ((i++)) ;; -*) ;; *) verb=\${COMP_WORDS[i]}; break ;; esac
  done
  case $verb in
    '') COMPREPLY=($(compgen -W ${quoted([...namesOf(words), "help", ...globalFlags.map(([flag]) => flag)].join(" "))} -- "$word")) ;;
    help) COMPREPLY=($(compgen -W ${quoted(namesOf(words).join(" "))} -- "$word")) ;;
${words.map(({ name, flags }) => `    ${name}) COMPREPLY=($(compgen -f -W ${quoted(flags.map(([flag]) => flag).join(" "))} -- "$word")) ;;`).join("\n")}
  esac
}
complete -o filenames -F _fieldtree fieldtree`,

  zsh: (words) => `#compdef fieldtree
_fieldtree() {
  if (( CURRENT == 2 )); then
    local -a verbs=(${words.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(" ")})
    _describe verb verbs
    return
  fi
  case $words[2] in
${words.map(({ name, flags }) => `    ${name}) _arguments ${flags.map(([flag, help]) => quoted(`${flag}[${help.replace(/[[\]:]/g, " ")}]`)).join(" ")} '*:file:_files' ;;`).join("\n")}
  esac
}
compdef _fieldtree fieldtree`,

  fish: (words) =>
    words
      .flatMap(({ name, summary, flags }) => [
        `complete -c fieldtree -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
        ...flags.map(
          ([flag, help]) =>
            `complete -c fieldtree -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d ${quoted(help)}`,
        ),
      ])
      .join("\n"),
};
