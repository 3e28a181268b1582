/** The lease of a log that is stored on one machine: a lock on its disk, which ends with the process that has it. */

import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "../core/failure.ts";
import { unknownUser } from "../core/in-use.ts";
import type { World } from "../core/world.ts";
import { breakLock, describeHolder, type Holder, type Lock, lock, lockedBy } from "../disk/lock.ts";
import type { Lease, Leases, TakenLease } from "./lease.ts";
import { leaseLost, leaseTaken } from "./lease-message.ts";

/** ms between two checks whether this process still has the lock. */
const everyMs = 2000;

/** Number of attempts, and ms between two, to take a lock that is refused although no process has it. */
const attempts = 10;
const pause = 50;

export function localLeases(path: string): Leases {
  const show = async () => leaseOf(await lockedBy(path), path);
  return {
    show,
    take: async (what, world) => leaseWith(await takenFrom(path, what, show, world), path),
    break: async () => leaseOf(await breakLock(path), path),
  };
}

/** @throws Failure `refused` with the name of the process that has the lock. */
async function takenFrom(
  path: string,
  what: string,
  show: () => Promise<Lease | undefined>,
  world: World,
): Promise<Lock> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await lock(path, what);
    } catch (error) {
      if (!isFailure(error, "refused")) throw error;
      const other = await show();
      if (other) throw leaseTaken(other);
      // Either the process that had the lock released it between `lock` and `show`, or another process is taking over the lock
      // of one that was killed. In both cases a new attempt can succeed soon.
      if (attempt === attempts) throw error;
      await sleep(pause, undefined, { signal: world.signal });
    }
  }
}

function leaseWith(taken: Lock, path: string): TakenLease {
  const lease = leaseOf(taken.holder, path)!;
  const lost = new AbortController();
  const check = async () => {
    const now = await lockedBy(path);
    if (now === undefined || now === "unreadable" || now.id !== lease.id) {
      clearInterval(watch);
      lost.abort(leaseLost(lease, "was broken"));
    }
  };
  // A failed check is ignored: it does not mean that the lock is lost, and the next check may succeed.
  const watch = setInterval(() => void check().catch(() => undefined), everyMs).unref();
  return {
    lease,
    lost: lost.signal,
    async release() {
      clearInterval(watch);
      await taken.release();
    },
  };
}

function leaseOf(holder: Holder | "unreadable" | undefined, path: string): Lease | undefined {
  if (holder === undefined) return undefined;
  if (holder === "unreadable") {
    return { id: path, ...unknownUser(path) };
  }
  const { id, what, since } = holder;
  return { id, holder: describeHolder(holder), what, since };
}
