/**
 * One writer at a time, across processes.
 *
 * A lock is a file that says who holds it. It is made whole or not at all (written aside, then linked to its name), so
 * nobody ever reads half of one; where a disk has no links, at worst nobody is let in. What a killed process leaves
 * behind is taken over, by exactly one of those who want it: replacing a stale lock is itself done under a lock, and
 * looked at again once that is held.
 *
 * ```ts
 * const held = await lock(".fieldtree/lock", "publishing");
 * try { … } finally { await held.release(); }
 * ```
 *
 * A process is known by its id together with when it started and which boot of the machine it belongs to: process ids
 * come round again. The holder on another machine (a shared file system) can't be looked at, so it is believed.
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
  /** Let go. Doing it twice is doing it once; a lock that has become somebody else's is left alone. */
  release(): Promise<void>;
}

/**
 * Take the lock at `path` for `what`, a participle that others are told: "adding files".
 *
 * @throws Failure `refused` where somebody holds it: who, since when, and what to do about it.
 */
export async function lock(path: string, what: string): Promise<Lock> {
  try {
    return await take(path, { ...(await ourselves()), what }, 0);
  } catch (error) {
    throw diskFailure(error, `locking ${path}`);
  }
}

/** Who holds the lock at `path`: `undefined` where nobody does, or whoever did is gone; `unreadable` where the file doesn't say. */
export async function lockedBy(path: string): Promise<Holder | "unreadable" | undefined> {
  const held = await holderOf(path);
  return held === undefined || held === "unreadable" || (await lives(held)) ? held : undefined;
}

/** Take the lock at `path` away from whoever has it, and say who that was. They are not told. */
export async function breakLock(path: string): Promise<Holder | "unreadable" | undefined> {
  // Renamed before it is read: a lock taken meanwhile is another file, and stays.
  const aside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskFailure(error, `breaking the lock ${path}`);
  }
  const held = await holderOf(aside);
  await rm(aside, { force: true, recursive: true });
  return held !== undefined && held !== "unreadable" && !(await lives(held)) ? undefined : held;
}

export interface Holder {
  /** Differs for every lock ever taken. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Which boot of the machine; empty where it doesn't say. */
  readonly boot: string;
  /** When the process started, in the machine's own ticks; empty where it doesn't say. */
  readonly started: string;
  readonly command: string;
  readonly what: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A takeover that itself was killed leaves its own stale lock. More of them than this is not chance. */
const deepestTakeover = 3;

async function take(path: string, us: Holder, depth: number): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.${basename(path)}.${us.id}`);
  const words = `${JSON.stringify(us, null, 1)}\n`;
  await writeFile(draft, words, { flag: "wx" });
  try {
    for (;;) {
      if (await madeWhole(draft, path, words)) return lockHeld(path, us);
      const held = await holderOf(path);
      if (held === undefined) continue; // Released between our two looks.
      if (held === "unreadable" || depth >= deepestTakeover || (await lives(held))) throw refusal(path, held);
      const takeover = await take(
        `${path}.takeover`,
        { ...us, id: randomUUID(), what: "taking over a lock" },
        depth + 1,
      );
      try {
        // Only under `takeover` is a stale lock ever replaced, so what we see now stays until we replace it.
        const still = await holderOf(path);
        if (still !== undefined && still !== "unreadable" && still.id === held.id) {
          await rename(draft, path);
          return lockHeld(path, us);
        }
      } finally {
        await takeover.release();
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}

function lockHeld(path: string, us: Holder): Lock {
  let held = true;
  return {
    holder: us,
    async release() {
      if (!held) return;
      held = false;
      const now = await holderOf(path);
      if (now !== undefined && now !== "unreadable" && now.id === us.id) await rm(path, { force: true });
    },
  };
}

/** Whether the lock is ours now; otherwise somebody else's stands there. */
async function madeWhole(draft: string, path: string, words: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!noHardLinks.has(code!)) throw error;
    return made(path, words);
  }
}

/** How FAT and exFAT (the disks that travel), and some network file systems, say that they have no hard links. */
const noHardLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * Without hard links: whoever makes the name has the lock, and its words follow. One who looks in between reads no words,
 * and so does everybody after a power cut in between: both are refused, and nobody is let in beside another.
 */
async function made(path: string, words: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, "wx");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    await file.writeFile(words).finally(() => file.close());
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

function refusal(path: string, held: Holder | "unreadable"): Failure {
  if (held === "unreadable") {
    return inUse(unknownUser(path), "if no other fieldtree is running, remove that file");
  }
  const todo =
    held.host === hostname() ? `\`kill ${held.pid}\` stops it` : `if ${held.host} no longer runs it, remove ${path}`;
  return inUse({ ...held, holder: sayHolder(held) }, todo);
}

/** `process 4711 on ship (fieldtree publish)` */
export function sayHolder({ pid, host, command }: Holder): string {
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

/** Whether the process that took the lock is still that process. Where it can't be known, it is. */
async function lives(held: Holder): Promise<boolean> {
  if (held.host !== hostname()) return true;
  const boot = await bootOfThisMachine();
  if (boot !== "" && held.boot !== "" && boot !== held.boot) return false;
  const state = await stateOf(held.pid);
  if (state === "gone") return false;
  return state === "unknown" || held.started === "" || state.started === held.started;
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
