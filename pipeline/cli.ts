/**
 * The program: argv → verb → exit code. The only file that reads arguments and environment, prints and leaves.
 *
 * Results go to stdout, everything about the work to stderr. With `--json`, stdout is JSON lines and nothing else, at least
 * one, and a failure's last line is `{error: {kind, message, hint?}}`. Exit codes: 0 done, 1 findings with errors or datasets
 * that failed, 2–6 the other kinds of failure (`core/failure.ts`), 130 interrupted, 70 a defect of ours.
 */
import { setImmediate } from "node:timers/promises";
import { Command, CommanderError, Help, Option } from "commander";
import type { Campaign, OpenStore } from "./campaign/campaign.ts";
import { globals, hasNoVerb, verbNames } from "./cli/arguments.ts";
import { asking } from "./cli/ask.ts";
import { campaignAround, noCampaign } from "./cli/campaign-folder.ts";
import { globalFlags } from "./cli/global-flags.ts";
import { Interrupted } from "./cli/interrupted.ts";
import { type Paint, paintOn } from "./cli/print/colour.ts";
import { outputOn } from "./cli/print/output.ts";
import { printable, printableLines, type Terminal, terminalOn } from "./cli/print/terminal.ts";
import { worldOn } from "./cli/process-world.ts";
import type { Call, Output } from "./cli/verb.ts";
import { verbs } from "./commands/verbs.ts";
import { Failure, isFailure, kinds } from "./core/failure.ts";
import { diskFailure } from "./disk/disk-failure.ts";

const interrupted = 130;
const defect = 70;

/** ms that a command has to end after a signal. */
const longestStop = 1500;

/** Run the program on this process's arguments and leave with its exit code. */
export async function run(): Promise<void> {
  const code = await main(process.argv.slice(2));
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((flushed) => stream.write("", flushed))),
  );
  // Not by running out of work: a gateway that never answered may leave a connection of ours half open for seconds.
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
    // A command that can't end because its output is not read was reported already.
    if (reported) return interrupted;
    reported = true;
    return report(error, stop.signal, { out, terminal, paint });
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stop.abort(new Interrupted());
      // Work that ignores the signal ends as in a crash; the next run finishes it.
      setTimeout(() => {
        failed(stop.signal.reason);
        process.exit(interrupted);
      }, longestStop).unref();
      // A second signal ends the process at once: what must be durable already is.
      process.once(name, () => process.exit(interrupted));
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of our results (`| head`) has closed the pipe.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });

  let opened: Promise<OpenStore> | undefined;
  let complete: Promise<Campaign> | undefined;
  const world = worldOn(terminal, stop.signal);
  const folderAround = () => campaignAround(given.campaign, process.cwd());
  const folder = () => folderAround() ?? noCampaign(process.cwd());
  const store = () =>
    (opened ??= import("./campaign/campaign.ts").then(({ openStore }) => openStore(folder(), process.env, world)));
  const call = {
    world,
    out,
    ...asking(process, given, stop),
    env: process.env,
    cwd: process.cwd(),
    folder,
    folderAround,
    store,
    campaign: () =>
      (complete ??= Promise.all([import("./campaign/campaign.ts"), store()]).then(([{ withReaders }, open]) =>
        withReaders(open),
      )),
  };

  try {
    const code = await parse(argv, call);
    out.end();
    return code;
  } catch (error) {
    // An error of the file system is the user's to correct, wherever it occurs.
    return failed(diskFailure(error, "working"));
  } finally {
    terminal.clear();
    const campaign = await opened?.catch(() => undefined);
    await campaign?.close();
  }
}

/** Build the command line for the one verb that is called, and call it. */
async function parse(argv: readonly string[], base: Omit<Call, "args" | "flags">): Promise<number> {
  const names = verbNames(argv);
  let code = 0;
  let called: { readonly name: string; readonly example: string } | undefined;
  let helpText = "";
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
        helpText += text;
      },
    });

  for (const [flags, help] of globalFlags) program.option(flags, help);
  for (const entry of verbs) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
    command.helpGroup(`${entry.group}:`);
    if (!names.includes(entry.name)) continue;
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
  // Asked to help with what is no verb, commander prints nothing; asked to run it, it suggests what was probably meant.
  const unknown = names.some((name) => !verbs.some((verb) => verb.name === name));
  try {
    await program.parseAsync(unknown ? names : hasNoVerb(argv) ? ["--help"] : argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version come this way too.
    if (error.exitCode !== 0) throw misused(error, called);
    const what = error.code === "commander.version" ? "version" : "help";
    base.out.result({ [what]: helpText.trimEnd() }, helpText.trimEnd(), helpText.trimEnd());
  }
  return code;
}

/**
 * A tree of a quarter of a million leaves is parsed in one turn of the event loop, and signals come between two: one that came
 * during such a turn near the end of a command is noticed here.
 *
 * @throws The reason of `signal`, where it is aborted.
 */
async function assertNotInterrupted(signal: AbortSignal): Promise<void> {
  // Signals are delivered while the loop waits for events, which it does at least once between two immediates.
  await setImmediate();
  await setImmediate();
  signal.throwIfAborted();
}

/** Commander's message on a mistake in the command line, with a hint. */
function misused({ message }: CommanderError, called: { readonly name: string; readonly example: string } | undefined) {
  const says = message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)$/, "; did you mean $1?");
  return new Failure("input", says, {
    hint: called
      ? `see fieldtree help ${called.name}; an example: ${called.example}`
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

/** Prints a failure: for people on stderr, with `--json` also on stdout. @returns the exit code. */
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
