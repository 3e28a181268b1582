/**
 * A lock file: one writer at a time, across processes.
 *
 * The file names the process that has the lock. It is created atomically (written under another name, then linked to its
 * own), so no process reads a partial one. On a disk without hard links a process may be refused, but two never get the lock.
 * A lock left by a killed process is taken over by exactly one of the waiting processes: a stale lock is replaced under a
 * second lock, and read again after that one is acquired.
 *
 * ```ts
 * const acquired = await lock(".fieldtree/lock", "publishing");
 * try { … } finally { await acquired.release(); }
 * ```
 *
 * A process is identified by its id, its start time and the boot of its machine, because process ids are reused. A process
 * on another machine (on a shared file system) can't be checked, so its lock counts as valid.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { argv, kill, pid } from "node:process";
import type { Failure } from "../core/failure.ts";
import { inUse, unknownUser } from "../core/in-use.ts";
import { diskFailure } from "./disk-failure.ts";

export interface Lock {
  readonly holder: Holder;
  /** Release the lock. Further calls do nothing; a lock that another process has acquired meanwhile is not changed. */
  release(): Promise<void>;
}

/**
 * Acquire the lock at `path` for `what`, a participle shown to processes that are refused: "adding files".
 *
 * @throws Failure `refused` where another process has it: which one, since when, and what to do about it.
 */
export async function lock(path: string, what: string): Promise<Lock> {
  try {
    return await take(path, { ...(await ourselves()), what }, 0);
  } catch (error) {
    throw diskFailure(error, `locking ${path}`);
  }
}

/** The process that has the lock at `path`: `undefined` for none, or one that has ended; `unreadable` for an invalid file. */
export async function lockedBy(path: string): Promise<Holder | "unreadable" | undefined> {
  const holder = await holderOf(path);
  return holder === undefined || holder === "unreadable" || (await isRunning(holder)) ? holder : undefined;
}

/** Remove the lock at `path` and return the process that had it. That process gets no notice. */
export async function breakLock(path: string): Promise<Holder | "unreadable" | undefined> {
  // Renamed before it is read: a lock acquired meanwhile is another file, and stays.
  const renamed = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await rename(path, renamed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskFailure(error, `breaking the lock ${path}`);
  }
  const holder = await holderOf(renamed);
  await rm(renamed, { force: true, recursive: true });
  return holder !== undefined && holder !== "unreadable" && !(await isRunning(holder)) ? undefined : holder;
}

export interface Holder {
  /** Unique for every acquired lock. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Id of the machine's boot; empty where the system has none. */
  readonly boot: string;
  /** When the process started, in the machine's clock ticks; empty where the system doesn't report it. */
  readonly started: string;
  readonly command: string;
  readonly what: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A takeover that was itself killed leaves a stale lock of its own. More of them than this indicate another problem. */
const deepestTakeover = 3;

async function take(path: string, us: Holder, depth: number): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${basename(path)}.${us.id}`);
  const text = `${JSON.stringify(us, null, 1)}\n`;
  await writeFile(draft, text, { flag: "wx" });
  try {
    for (;;) {
      if (await createdAtomically(draft, path, text)) return acquiredLock(path, us);
      const holder = await holderOf(path);
      if (holder === undefined) continue; // Released before it was read.
      if (holder === "unreadable" || depth >= deepestTakeover || (await isRunning(holder))) throw refusal(path, holder);
      const takeover = await take(
        `${path}.takeover`,
        { ...us, id: randomUUID(), what: "taking over a lock" },
        depth + 1,
      );
      try {
        // A stale lock is only replaced under `takeover`, so the one read here stays until this process replaces it.
        const still = await holderOf(path);
        if (still !== undefined && still !== "unreadable" && still.id === holder.id) {
          await rename(draft, path);
          return acquiredLock(path, us);
        }
      } finally {
        await takeover.release();
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

function acquiredLock(path: string, us: Holder): Lock {
  let isReleased = false;
  return {
    holder: us,
    async release() {
      if (isReleased) return;
      isReleased = true;
      const now = await holderOf(path);
      if (now !== undefined && now !== "unreadable" && now.id === us.id) await rm(path, { force: true });
    },
  };
}

/** Whether this process has the lock now; otherwise another process's lock file exists. */
async function createdAtomically(draft: string, path: string, text: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!noHardLinks.has(code!)) throw error;
    return createdWithoutLinks(path, text);
  }
}

/** Errors by which FAT and exFAT (common on portable disks), and some network file systems, report the lack of hard links. */
const noHardLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * Without hard links: the process that creates the file has the lock, and writes its text afterwards. A process that reads
 * the file in between finds it empty, as every process does after a power cut at that point: all of them are refused.
 */
async function createdWithoutLinks(path: string, text: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, "wx");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    await file.writeFile(text).finally(() => file.close());
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function holderOf(path: string): Promise<Holder | "unreadable" | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "EISDIR" || code === "ELOOP") return "unreadable";
    throw error;
  }
  try {
    const { id, pid, host, boot, started, command, what, since } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isSafeInteger(pid)) return "unreadable";
    return {
      pid: pid as number,
      id: String(id),
      host: String(host),
      boot: String(boot),
      started: String(started),
      command: String(command),
      what: String(what),
      since: String(since),
    };
  } catch {
    return "unreadable";
  }
}

function refusal(path: string, holder: Holder | "unreadable"): Failure {
  if (holder === "unreadable") {
    return inUse(unknownUser(path), "if no other fieldtree is running, remove that file");
  }
  const todo =
    holder.host === hostname()
      ? `\`kill ${holder.pid}\` stops it`
      : `if ${holder.host} no longer runs it, remove ${path}`;
  return inUse({ ...holder, holder: describeHolder(holder) }, todo);
}

/** `process 4711 on ship (fieldtree publish)` */
export function describeHolder({ pid, host, command }: Holder): string {
  return `process ${pid} on ${host} (${command})`;
}

async function ourselves(): Promise<Omit<Holder, "what">> {
  const [boot, state] = await Promise.all([bootOfThisMachine(), stateOf(pid)]);
  return {
    id: randomUUID(),
    pid,
    host: hostname(),
    boot,
    started: state === "unknown" || state === "gone" ? "" : state.started,
    command: ["fieldtree", ...argv.slice(2)].join(" ").slice(0, 200),
    since: new Date().toISOString(),
  };
}

/** Whether the process that acquired the lock is still running; `true` where that can't be determined. */
async function isRunning(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  const boot = await bootOfThisMachine();
  if (boot !== "" && holder.boot !== "" && boot !== holder.boot) return false;
  const state = await stateOf(holder.pid);
  if (state === "gone") return false;
  return state === "unknown" || holder.started === "" || state.started === holder.started;
}

async function bootOfThisMachine(): Promise<string> {
  return readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (text) => text.trim(),
    () => "",
  );
}

/** See proc(5): the second field is the program's name in brackets, the third the state, the 22nd the start time. */
async function stateOf(id: number): Promise<"gone" | "unknown" | { readonly started: string }> {
  const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => undefined);
  if (stat !== undefined) {
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "gone" : { started: fields[19] ?? "" };
  }
  try {
    kill(id, 0);
    return "unknown";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? "gone" : "unknown";
  }
}
