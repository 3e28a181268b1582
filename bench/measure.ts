/**
 * Whole commands, side by side.
 *
 * A benchmark runs ours and what a user would run instead in turns, in one run on one machine, and prints the best of
 * each and their ratio: seconds of another day or machine can't be compared. Peak memory is the kernel's own high-water mark.
 */
import { execFile as execFileByCallback, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execFile = promisify(execFileByCallback);

export interface Run {
  readonly seconds: number;
  /** Peak resident set, bytes; 0 where the system does not report it. */
  readonly memory: number;
  /** Bytes that went through system calls, of files and of pipes; absent where the system does not report it. */
  readonly read?: number;
  readonly written?: number;
  readonly stdout: string;
}

const built = fileURLToPath(new URL("../dist/bin.js", import.meta.url));
const source = fileURLToPath(new URL("../pipeline/bin.ts", import.meta.url));

/** The program as its users run it: built, where `npm run build` has been run. */
export const program: readonly string[] = [process.execPath, existsSync(built) ? built : source];
export const programName = existsSync(built)
  ? "fieldtree (built)"
  : "fieldtree (from sources; npm run build is faster)";

export interface How {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are no failure. */
  readonly accept?: readonly number[];
}

/** Run a command to its end. Throws where it fails: a benchmark of failures is none. */
export async function run([command, ...args]: readonly string[], { cwd, env, accept = [0] }: How = {}): Promise<Run> {
  const began = performance.now();
  const child = spawn(command!, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let memory = 0;
  let bytes: ReturnType<typeof bytesOf>;
  const watch = setInterval(() => {
    memory = Math.max(memory, peakOf(child.pid!));
    bytes = bytesOf(child.pid!) ?? bytes;
  }, 10);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  const seconds = (performance.now() - began) / 1000;
  clearInterval(watch);
  if (code === null || !accept.includes(code))
    throw new Error(`${[command, ...args].join(" ")} left with ${code}\n${stderr}`);
  return { seconds, memory, ...bytes, stdout };
}

function bytesOf(pid: number): { readonly read: number; readonly written: number } | undefined {
  try {
    const counts = readFileSync(`/proc/${pid}/io`, "utf8");
    const count = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(counts)?.[1] ?? 0);
    return { read: count("rchar"), written: count("wchar") };
  } catch {
    return undefined; // As for peakOf.
  }
}

export function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // It has just ended, or this system has no /proc.
  }
}

/** The best of `times` runs of each, in turns, so that what else the machine does falls on all alike. */
export async function inTurns(
  times: number,
  contestants: Readonly<Record<string, () => Promise<Run>>>,
): Promise<Readonly<Record<string, Run>>> {
  const best: Record<string, Run> = {};
  for (let turn = 0; turn < times; turn++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      const now = await contestant();
      const before = best[name];
      best[name] = {
        ...now,
        seconds: Math.min(now.seconds, before?.seconds ?? Number.POSITIVE_INFINITY),
        memory: Math.max(now.memory, before?.memory ?? 0),
      };
    }
  }
  return best;
}

/** Commands one after another, as a user would type them. */
export async function inSequence(commands: readonly (readonly string[])[], env: How["env"] = {}): Promise<Run> {
  const began = performance.now();
  let stdout = "";
  for (const [command, ...args] of commands) {
    const done = await execFile(command!, args, { encoding: "latin1", env: { ...process.env, ...env } });
    stdout += done.stdout;
  }
  return { seconds: (performance.now() - began) / 1000, memory: 0, stdout };
}

/** A line of the table: what was done, each contestant, and how many times faster the first is than each other. */
export function row(work: string, results: Readonly<Record<string, Run>>): void {
  const [ours, ...others] = Object.entries(results);
  console.log(work);
  for (const [name, { seconds, memory }] of [ours!, ...others]) {
    const ratio = name === ours![0] ? "" : `  ${(seconds / ours![1].seconds).toFixed(1)}×`;
    console.log(
      `  ${name.padEnd(44)} ${seconds.toFixed(3).padStart(9)} s  ${memory > 0 ? `${Math.round(memory / 1e6)} MB`.padStart(7) : "       "}${ratio}`,
    );
  }
}

/** Run `work` in an empty folder that is gone afterwards. */
export async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), "fieldtree-bench-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
