/**
 * When the lock for writing is taken, and what happens to it where the disk fails.
 *
 * It is taken at the first write, with what a killed writer left repaired, and released when the node is closed. Where the
 * disk fails, what isn't committed is cut off, and the next write takes the lock anew. A garbage collection runs alone.
 */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import type { Writing } from "./write-lock.ts";

export interface WriteSessions {
  /** The session in progress, or a new one. `asFound`: see {@link Starting.start}. */
  open(world: World, asFound?: "asFound"): Promise<Writing>;
  /** Does `work` under the lock. `doing`: a participle, for the message of a failure. */
  write<T>(doing: string, world: World, work: (writing: Writing) => Promise<T>): Promise<T>;
  /** As {@link WriteSessions.write}, with no other write in progress. */
  writeAlone<T>(doing: string, world: World, work: (writing: Writing) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Starting {
  /** Takes the lock. `asFound`: for `fsck --repair`, which finds and removes all damage itself. */
  start(world: World, asFound?: "asFound"): Promise<Writing>;
  /** Called when the lock was given up: from then on other processes may collect garbage. */
  onLost(): void;
}

export function writeSessions({ start, onLost }: Starting): WriteSessions {
  let starting: Promise<Writing> | undefined;
  let ending: Promise<void> = Promise.resolve();
  const open: WriteSessions["open"] = (world, asFound) => {
    if (starting) return starting;
    const begun = ending.then(() => start(world, asFound));
    starting = begun;
    begun.catch(() => {
      if (starting === begun) starting = undefined;
    });
    return begun;
  };
  const attempt: WriteSessions["write"] = async (doing, world, work) => {
    const session = open(world);
    const under = await session;
    try {
      return await work(under);
    } catch (error) {
      const failure = diskFailure(error, doing);
      if (isFailure(failure, "refused") || under.hasFailed()) {
        if (starting === session) {
          starting = undefined;
          onLost();
          // What can't be cut off on this disk is cut off by the next process that takes the lock; the failure is reported.
          ending = under.giveUp(failure).catch(() => undefined);
        }
        await ending;
      }
      throw failure;
    }
  };

  const underWay = new Set<Promise<unknown>>();
  let collecting: Promise<unknown> = Promise.resolve();
  return {
    open,

    async write(doing, world, work) {
      await collecting;
      const writing = attempt(doing, world, work);
      underWay.add(writing);
      return writing.finally(() => underWay.delete(writing));
    },

    writeAlone(doing, world, work) {
      const alone = Promise.allSettled([collecting, ...underWay]).then(() => attempt(doing, world, work));
      // The caller gets the error. The writes that wait only need the end.
      collecting = alone.catch(() => undefined);
      return alone;
    },

    async close() {
      // Where the lock was not taken, the write that needed it failed with the reason, and there is nothing to release.
      const under = await starting?.catch(() => undefined);
      await under?.close();
    },
  };
}
