/**
 * Servers and clients that the tests make for themselves: once a machine, outside the clone.
 *
 * A fresh clone on the same machine then starts at once. Two test processes may want the same thing at the same time:
 * one makes it, the other waits. What a killed process left half made is thrown away and made again.
 *
 * ```ts
 * const folder = await installOnce("kubo-0.43.0", "2 to 4 minutes", async (folder) => { … });
 * ```
 */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "../../pipeline/core/failure.ts";
import { type Lock, lock } from "../../pipeline/disk/lock.ts";

export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fieldtree-test");

/**
 * The folder `name` in the cache, made by `make` unless it stands there finished.
 *
 * @throws what `make` throws; nothing is kept then, and the next call tries again.
 */
export async function installOnce(
  name: string,
  takes: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, name);
  const finished = join(folder, ".made");
  if (existsSync(finished)) return folder;
  const held = await lockUnless(() => existsSync(finished), `${folder}.lock`);
  if (!held) return folder;
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
    await held.release();
  }
}

export function say(line: string): void {
  process.stderr.write(`test: ${line}\n`);
}

/** Hold `path`, waiting while another process holds it; `undefined` once that one has done our work. */
async function lockUnless(done: () => boolean, path: string): Promise<Lock | undefined> {
  for (let waited = 0; !done(); waited++) {
    try {
      return await lock(path, "making what the tests need");
    } catch (error) {
      if (!isFailure(error, "refused")) throw error;
      if (waited === 0) say(`waiting: ${error.message}`);
    }
    await sleep(250);
  }
  return undefined;
}
