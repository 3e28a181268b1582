/**
 * Servers and clients that the tests make for themselves: once a machine, outside the clone.
 *
 * A fresh clone on the same machine then starts at once. Two test processes may want the same thing at the same time:
 * one makes it, the other waits. What a killed process left half made is thrown away and made again.
 *
 * ```ts
 * const folder = await madeOnce("kubo-0.43.0", "2 to 4 minutes", async (folder) => { … });
 * ```
 */
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fieldtree-test");

/**
 * The folder `name` in the cache, made by `make` unless it stands there finished.
 *
 * @throws what `make` throws; nothing is kept then, and the next call tries again.
 */
export async function madeOnce(name: string, takes: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name);
  const finished = join(folder, ".made");
  if (existsSync(finished)) return folder;
  await mkdir(cache, { recursive: true });
  const release = await locked(`${folder}.lock`, () => existsSync(finished));
  try {
    if (existsSync(finished)) return folder;
    const began = Date.now();
    say(`making ${name} in ${cache} (${takes}, once on this machine)`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    try {
      await make(folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    await writeFile(finished, "");
    say(`made ${name} in ${Math.round((Date.now() - began) / 1000)} s`);
    return folder;
  } finally {
    await release();
  }
}

export function say(line: string): void {
  process.stderr.write(`test: ${line}\n`);
}

/** Hold `lock` (a file with our process id), waiting while a living process holds it and it isn't `settled`. */
async function locked(lock: string, settled: () => boolean): Promise<() => Promise<void>> {
  for (let waited = 0; ; waited++) {
    try {
      const file = await open(lock, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (settled()) return async () => {};
    const holder = Number(await readFile(lock, "utf8").catch(() => "0"));
    // A lock without a number is one being written, or one whose writer died just then: give it some seconds.
    if (holder > 0 ? !lives(holder) : waited > 20) {
      // Of all who find the lock stale only one can rename it away; the others look again.
      const stale = `${lock}.${process.pid}`;
      await rename(lock, stale).catch(() => {});
      await rm(stale, { force: true });
      continue;
    }
    if (waited === 0) say(`waiting for process ${holder}, which holds ${lock}`);
    await sleep(250);
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
