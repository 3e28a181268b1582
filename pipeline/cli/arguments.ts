/** What is read off the command line before commander parses it: which verb to load, and the global flags. */

/** The words of `argv` that may name a verb. Only these verbs are loaded. */
export function verbNames(argv: readonly string[]): readonly string[] {
  const words = argv.filter((word, i) => !word.startsWith("-") && argv[i - 1] !== "--campaign");
  return words[0] === "help" ? words.slice(1, 2) : words.slice(0, 1);
}

/** The global flags, because a failure to parse must already honour `--json`. */
export function globals(argv: readonly string[]) {
  return {
    json: argv.includes("--json"),
    quiet: argv.includes("--quiet"),
    colour: !argv.includes("--no-color"),
    campaign: campaignIn(argv),
  };
}

function campaignIn(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === "--campaign" || word.startsWith("--campaign="));
  const word = argv[at];
  return word?.startsWith("--campaign=") ? word.slice("--campaign=".length) : word && argv[at + 1];
}

/** Whether a command line has global flags at most, and no verb: help is printed. */
export function hasNoVerb(argv: readonly string[]): boolean {
  const isGlobal = (word: string, i: number) =>
    /^--(json|quiet|no-color|campaign=.*)$/.test(word) ||
    (word === "--campaign" && i < argv.length - 1) ||
    argv[i - 1] === "--campaign";
  return argv.every(isGlobal);
}
