/** Running git so that nothing of the caller's shell changes what it does: not the language, not a hook's GIT_DIR. */
import { shown } from "../../core/text/shown.ts";

export interface Ran {
  /** Exit code; 128 where git could not be run. */
  readonly code: number;
  readonly stdout: string;
  /** What git had to say, on one line. May hold secrets. */
  readonly says: string;
  /** It was not done in time. */
  readonly late: boolean;
}

export interface How {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly signal: AbortSignal;
  /** ms */
  readonly timeout?: number;
  readonly input?: Uint8Array;
}

/** Run git to its end. Its exit code is the caller's business; only the wish to stop throws. */
export async function runGit(args: readonly string[], { env, cwd, signal, timeout, input }: How): Promise<Ran> {
  signal.throwIfAborted();
  const { execa } = await import("execa");
  const result = await execa("git", args, {
    env,
    reject: false,
    cancelSignal: signal,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
    ...(cwd !== undefined && { cwd }),
    ...(timeout !== undefined && { timeout }),
    ...(input ? { input } : { stdin: "ignore" as const }),
  });
  signal.throwIfAborted();
  const { exitCode, stdout, stderr, timedOut, originalMessage } = result;
  return {
    code: exitCode ?? 128,
    stdout: typeof stdout === "string" ? stdout : "",
    says: sayingOf(typeof stderr === "string" ? stderr : "", originalMessage),
    late: timedOut,
  };
}

/**
 * The environment of a git that works in `folder` with these settings, which count more than any file's.
 *
 * Settings go through the environment: arguments are for everyone on the machine to see.
 */
export function environment(
  folder: string | undefined,
  settings: readonly (readonly [key: string, value: string])[],
): Readonly<Record<string, string | undefined>> {
  const env: Record<string, string | undefined> = {
    ...nothingInherited,
    LC_ALL: "C",
    LANGUAGE: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
    GIT_CONFIG_COUNT: `${settings.length}`,
  };
  if (folder !== undefined) env.GIT_DIR = folder;
  for (const [i, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${i}`] = key;
    env[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  return env;
}

/** What git, or a hook it runs, sets for its own children. */
export const nothingInherited: Readonly<Record<string, string | undefined>> = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
  GIT_QUARANTINE_PATH: undefined,
  GIT_NAMESPACE: undefined,
  GIT_SHALLOW_FILE: undefined,
  GIT_GRAFT_FILE: undefined,
  GIT_CONFIG: undefined,
  GIT_CONFIG_PARAMETERS: undefined,
  GIT_PREFIX: undefined,
};

/** The lines in which git says what went wrong, without its advice. */
function sayingOf(stderr: string, instead: string | undefined): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => line !== "" && !/^(hint|warning|Done$|To )/.test(line));
  return shown((telling.length > 0 ? telling : [instead ?? "nothing"]).join("; "), 600);
}
