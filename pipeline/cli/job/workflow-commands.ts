/**
 * A runner executes certain lines of a job's output as commands: `::error …`, `##[add-mask]…`. They are switched off while
 * untrusted text may be printed (paths, titles, a gateway's answer).
 */
import { randomUUID } from "node:crypto";
import type { Call } from "../verb.ts";

/** @returns the result of `work`. Where it fails, commands stay off, because the failure's message is printed later. */
export async function withoutCommands<T>(call: Call, work: (quiet: Call) => Promise<T>): Promise<T> {
  const { out, world, env } = call;
  const resume = randomUUID();
  // Printed only on a runner, which executes these lines.
  const print = (line: string) => env.GITHUB_ACTIONS === "true" && out.result({}, line);
  print(`::stop-commands::${resume}`);
  // The runner reads stderr separately and may not have read the command on stdout yet.
  const result = await work({ ...call, world: { ...world, log: (line) => world.log(noCommand(line)) } });
  print(`::${resume}::`);
  return result;
}

/** Changes the command itself, because a runner ignores blanks before it. */
const noCommand = (line: string): string => line.replaceAll("##[", "## [").replace(/^(\s*)::/gm, "$1: :");
