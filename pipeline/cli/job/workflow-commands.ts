/**
 * A runner takes lines of a job's output for commands: `::error …`, `##[add-mask]…`. While untrusted text may be
 * printed (paths, titles, a gateway's answer), they are switched off.
 */
import { randomUUID } from "node:crypto";
import type { Call } from "../verb.ts";

/** @returns what `work` does. Where it fails, commands stay off: the failure's message is yet to be printed. */
export async function withoutCommands<T>(call: Call, work: (quiet: Call) => Promise<T>): Promise<T> {
  const { out, world, env } = call;
  const resume = randomUUID();
  // Only a runner knows what these lines are.
  const say = (line: string) => env.GITHUB_ACTIONS === "true" && out.result({}, line);
  say(`::stop-commands::${resume}`);
  // The runner reads stderr separately and may not have seen the command on stdout yet.
  const result = await work({ ...call, world: { ...world, log: (line) => world.log(noCommand(line)) } });
  say(`::${resume}::`);
  return result;
}

/** Blanks before it would not help: a runner takes them away. */
const noCommand = (line: string): string => line.replaceAll("##[", "## [").replace(/^(\s*)::/gm, "$1: :");
