/**
 * The program: argv → verb → exit code. The only file that reads arguments and environment, prints and leaves.
 *
 * Results go to stdout, everything about the work to stderr. With `--json`, stdout is JSON lines and nothing else, at least
 * one, and a failure's last line is `{error: {kind, message, hint?}}`. Exit codes: 0 done, 1 findings with errors or datasets
 * that failed, 2–6 the other kinds of failure (`core/failure.ts`), 130 interrupted, 70 a defect of ours.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Command, CommanderError, Help, Option } from "commander";
import type { Campaign } from "./campaign/campaign.ts";
import { globalFlags } from "./cli/global-flags.ts";
import { type Paint, paintOn } from "./cli/print/colour.ts";
import { outputOn } from "./cli/print/output.ts";
import { printable, printableLines, type Terminal, terminalOn } from "./cli/print/terminal.ts";
import type { Call, Output } from "./cli/verb.ts";
import { verbs } from "./commands/verbs.ts";
import { Failure, isFailure, kinds } from "./core/failure.ts";
import type { World } from "./core/world.ts";
import { diskFailure } from "./disk/disk-failure.ts";

const interrupted = 130;
const defect = 70;

/** ms that a command has to end once it is asked to. */
const longestStop = 1500;

/** Run the program on this process's arguments and leave with its exit code. */
export async function run(): Promise<void> {
  const code = await main(process.argv.slice(2));
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((said) => stream.write("", said))));
  // Not by running out of work: a gateway that never answered may keep a connection of ours half open for seconds.
  process.exit(code);
}

async function main(argv: readonly string[]): Promise<number> {
  const given = globals(argv);
  const paintFor = (stream: { readonly isTTY?: boolean }) => paintOn(stream, process.env, given.colour);
  const paint = paintFor(process.stderr);
  const terminal = terminalOn(process.stderr, { quiet: given.quiet, paint });
  const out = outputOn(process.stdout, terminal, { ...given, paint: paintFor(process.stdout) });
  const stop = new AbortController();
  let reported = false;
  const failed = (error: unknown): number => {
    // What can't end for want of a reader of its results was reported before it is ended.
    if (reported) return interrupted;
    reported = true;
    return report(error, stop.signal, { out, terminal, paint });
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort(new Interrupted());
      // What doesn't look at the signal is left as a crash leaves it, which the next run finishes.
      setTimeout(() => {
        failed(stop.signal.reason);
        process.exit(interrupted);
      }, longestStop).unref();
      // Asked a second time, go at once: everything durable is already so.
      process.once(name, () => process.exit(interrupted));
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read our results (`| head`) has seen enough.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });

  let opened: Promise<Campaign> | undefined;
  const world = worldOn(terminal, stop.signal);
  const folderAround = () => campaignAround(given.campaign, process.cwd());
  const folder = () => folderAround() ?? noCampaign(process.cwd());
  const call = {
    world,
    out,
    ...asking(given, stop),
    env: process.env,
    cwd: process.cwd(),
    folder,
    folderAround,
    campaign: () =>
      (opened ??= import("./campaign/campaign.ts").then(({ openCampaign }) =>
        openCampaign(folder(), process.env, world),
      )),
  };

  try {
    const code = await parse(argv, call);
    out.end();
    return code;
  } catch (error) {
    // What the file system says is for its user to mend, wherever we happened to be.
    return failed(diskFailure(error, "working"));
  } finally {
    terminal.clear();
    const campaign = await opened?.catch(() => undefined);
    await campaign?.close();
  }
}

/** Build the command line for the one verb that is called, and call it. */
async function parse(argv: readonly string[], base: Omit<Call, "args" | "flags">): Promise<number> {
  const wanted = verbNames(argv);
  let code = 0;
  let called: { readonly name: string; readonly example: string } | undefined;
  let told = "";
  const program = new Command("fieldtree")
    .description("Publish the data of a scientific field campaign on IPFS.")
    .version(await version(), "-V, --version")
    .commandsGroup("Besides:")
    .helpCommand("help [verb]", "what a verb does, with an example")
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride()
    // What commander would print about a mistake becomes a failure like any other, and help a result like any other.
    .configureOutput({
      writeErr: () => {},
      writeOut: (text) => {
        told += text;
      },
    });

  for (const [flags, help] of globalFlags) program.option(flags, help);
  for (const entry of verbs) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
    command.helpGroup(`${entry.group}:`);
    if (!wanted.includes(entry.name)) continue;
    const verb = await entry.load();
    called = { name: entry.name, example: verb.example };
    if (verb.args) command.arguments(verb.args);
    for (const [flags, help, byDefault] of verb.flags ?? []) {
      command.addOption(byDefault === undefined ? new Option(flags, help) : new Option(flags, help).default(byDefault));
    }
    const about = verb.about ? `\n${wrapped(verb.about)}\n` : "";
    command.addHelpText("after", `${about}\nExample:\n  ${verb.example}`);
    command.action(async () => {
      code = (await verb.run({ ...base, args: command.args, flags: command.opts() })) ?? 0;
      if (!verb.endsBySignal) await assertNotInterrupted(base.world.signal);
    });
  }
  program.addHelpText("after", `\n${wrapped(exitCodes)}`);
  // Asked to help with what is no verb, commander says nothing; asked to run it, it says what was probably meant.
  const unknown = wanted.some((name) => !verbs.some((verb) => verb.name === name));
  try {
    await program.parseAsync(unknown ? wanted : namesNothing(argv) ? ["--help"] : argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version come this way too.
    if (error.exitCode !== 0) throw misused(error, called);
    const what = error.code === "commander.version" ? "version" : "help";
    base.out.result({ [what]: told.trimEnd() }, told.trimEnd(), told.trimEnd());
  }
  return code;
}

/**
 * A tree of a quarter of a million leaves is parsed in one turn of the event loop, and signals come between two: one that came
 * during such a turn near the end of a command is seen here.
 *
 * @throws The reason of `signal`, where it is aborted.
 */
async function assertNotInterrupted(signal: AbortSignal): Promise<void> {
  // Signals are delivered while the loop waits for events, which it does at least once between two immediates.
  await setImmediate();
  await setImmediate();
  signal.throwIfAborted();
}

/** Whether a command line has no verb, and nothing but flags that every verb takes: its writer wants to know what there is. */
function namesNothing(argv: readonly string[]): boolean {
  const isGlobal = (word: string, i: number) =>
    /^--(json|quiet|no-color|campaign=.*)$/.test(word) ||
    (word === "--campaign" && i < argv.length - 1) ||
    argv[i - 1] === "--campaign";
  return argv.every(isGlobal);
}

/** What commander says of a mistake on the command line, with what would have been right. */
function misused({ message }: CommanderError, called: { readonly name: string; readonly example: string } | undefined) {
  const says = message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)$/, "; did you mean $1?");
  return new Failure("input", says, {
    hint: called
      ? `fieldtree help ${called.name} says more; an example: ${called.example}`
      : "fieldtree help lists the verbs, fieldtree help VERB its flags",
  });
}

const exitCodes =
  "Exit codes: 0 done · 1 findings with errors, or datasets that failed · 2 input · 3 refused · 4 unavailable · 5 conflict · 6 corrupt · 7 drift · 130 interrupted";

/** Running text as wide as the terminal. Indented lines are to be copied, and stay as they are. */
function wrapped(text: string): string {
  const help = new Help();
  const width = Math.min((process.stdout.isTTY && process.stdout.columns) || 80, 100);
  const paragraphs = text.replace(/(?<=^\S.*)\n(?=\S)/gm, " ").split("\n");
  return paragraphs.map((line) => (line.startsWith(" ") ? line : help.boxWrap(line, width))).join("\n");
}

/** The words of `argv` that may name a verb: loaded before parsing, so that only what is called is loaded. */
function verbNames(argv: readonly string[]): readonly string[] {
  const words = argv.filter((word, i) => !word.startsWith("-") && argv[i - 1] !== "--campaign");
  return words[0] === "help" ? words.slice(1, 2) : words.slice(0, 1);
}

/** The global flags, before commander has them: failures to parse must already honour `--json`. */
function globals(argv: readonly string[]) {
  const at = argv.findIndex((word) => word === "--campaign" || word.startsWith("--campaign="));
  const campaign =
    at < 0 ? undefined : argv[at]!.startsWith("--campaign=") ? argv[at]!.slice("--campaign=".length) : argv[at + 1];
  return {
    json: argv.includes("--json"),
    quiet: argv.includes("--quiet"),
    colour: !argv.includes("--no-color"),
    campaign,
  };
}

function campaignAround(given: string | undefined, cwd: string): string | undefined {
  if (given !== undefined) {
    // Either of its files names the folder as well.
    const isFile =
      /^(tree|campaign)\.yaml$/.test(basename(given)) && !existsSync(join(resolve(cwd, given), "tree.yaml"));
    const named = isFile ? dirname(given) : given;
    const folder = resolve(cwd, named);
    if (existsSync(join(folder, "tree.yaml"))) return folder;
    throw new Failure("input", `${named} holds no tree.yaml`, {
      hint: `fieldtree init ${named} starts a campaign there`,
    });
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "tree.yaml"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function noCampaign(cwd: string): never {
  throw new Failure("input", `no tree.yaml in ${cwd} or any folder above it`, {
    hint: "name the campaign's folder with --campaign DIR, or start one with `fieldtree init`",
  });
}

/** Asks on stderr, since stdout is for results. Whoever ends the input in place of an answer wants to stop. */
function asking({ json }: { readonly json: boolean }, stop: AbortController): Pick<Call, "ask"> {
  if (json || !process.stdin.isTTY || !process.stderr.isTTY) return {};
  // One reader for all questions: another would lose what was pasted ahead of them.
  let reading: Promise<{ readonly prompt: (text: string) => void; readonly typed: AsyncIterator<string> }> | undefined;
  const start = async () => {
    const { createInterface } = await import("node:readline");
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const prompt = (text: string) => {
      lines.setPrompt(text);
      lines.prompt();
    };
    return { prompt, typed: lines[Symbol.asyncIterator]() };
  };
  return {
    ask: async (question, suggestion) => {
      reading ??= start();
      const { prompt, typed } = await reading;
      prompt(`${question}${suggestion === "" ? "" : ` [${suggestion}]`}: `);
      const { done, value } = await typed.next();
      if (done) stop.abort(new Interrupted());
      stop.signal.throwIfAborted();
      return value.trim() === "" ? suggestion : value;
    },
  };
}

function worldOn(terminal: Terminal, signal: AbortSignal): World {
  return {
    fetch: (request) => fetch(request),
    now: () => new Date(),
    sleep: (ms) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const stop = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        }, ms);
        signal.addEventListener("abort", stop, { once: true });
      }),
    log: (line) => terminal.log(line),
    progress: (progress) => terminal.progress(progress),
    signal,
  };
}

class Interrupted extends Error {
  override readonly message = "interrupted; run it again to finish";
}

/** Say what went wrong, where the reader looks for it, and give the exit code. */
function report(
  error: unknown,
  signal: AbortSignal,
  { out, terminal, paint }: { readonly out: Output; readonly terminal: Terminal; readonly paint: Paint },
): number {
  terminal.clear();
  const { kind, message, hint, exit } = signal.aborted
    ? { kind: "interrupted", message: new Interrupted().message, hint: undefined, exit: interrupted }
    : isFailure(error)
      ? { kind: error.kind, message: error.message, hint: error.hint, exit: kinds[error.kind].exit }
      : {
          kind: "defect",
          message: error instanceof Error ? error.message : String(error),
          hint: undefined,
          exit: defect,
        };
  if (out.json) out.result({ error: { kind, message, ...(hint !== undefined && { hint }) } });
  const next = hint === undefined ? "" : `  → ${printable(hint)}\n`;
  process.stderr.write(`${paint("error", "fieldtree:")} ${printableLines(message)}\n${next}`);
  if (kind === "defect" && error instanceof Error)
    process.stderr.write(
      `${printableLines(error.stack ?? "")}\nThis is a defect of fieldtree. Please report it with the lines above.\n`,
    );
  return exit;
}

async function version(): Promise<string> {
  const { default: about } = await import("../package.json", { with: { type: "json" } });
  return about.version;
}
