/** Runs git: returns its exit code and output, in an environment that doesn't depend on the caller's shell. */
import { shown } from "../core/text/shown.ts";

export interface GitResult {
  /** Exit code; 128 where git could not be run. */
  readonly code: number;
  /** As bytes: a file need not be UTF-8. */
  readonly stdout: Buffer;
  /** What git reported on stderr, on one line. May contain secrets. */
  readonly message: string;
  /** Whether it was terminated because it took longer than `timeoutMs`. */
  readonly timedOut: boolean;
}

export interface GitOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  readonly input?: Uint8Array;
  /** Only the exit code is returned: both outputs are discarded. */
  readonly ignoreOutput?: boolean;
}

/** Run git until it exits. The caller interprets the exit code. @throws the reason of `signal` when that is aborted. */
export async function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { env, cwd, signal, timeoutMs, input, ignoreOutput } = options;
  signal.throwIfAborted();
  const { execa } = await import("execa");
  const result = await execa("git", args, {
    env,
    reject: false,
    cancelSignal: signal,
    encoding: "buffer",
    stripFinalNewline: false,
    ...(cwd !== undefined && { cwd }),
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(input ? { input } : { stdin: "ignore" as const }),
    ...(ignoreOutput && { stdout: "ignore" as const, stderr: "ignore" as const }),
  });
  signal.throwIfAborted();
  const { exitCode, stdout, stderr, timedOut, originalMessage } = result;
  return {
    code: exitCode ?? 128,
    stdout: bytesOf(stdout),
    message: messageIn(bytesOf(stderr).toString(), originalMessage),
    timedOut,
  };
}

function bytesOf(output: unknown): Buffer {
  return output instanceof Uint8Array ? Buffer.from(output.buffer, output.byteOffset, output.length) : Buffer.alloc(0);
}

/**
 * The environment of a git that runs in `folder` with these settings, which override those of every configuration file.
 *
 * Settings are passed in the environment, because every user of the machine can read the arguments of a process.
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

/** Variables that git sets for the processes that it starts, such as hooks. */
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

/** The lines of stderr that report what went wrong, without git's advice. */
function messageIn(stderr: string, otherwise: string | undefined): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const reported = lines.filter((line) => line !== "" && !/^(hint|warning|Done$|To )/.test(line));
  return shown((reported.length > 0 ? reported : [otherwise ?? "nothing"]).join("; "), 600);
}
