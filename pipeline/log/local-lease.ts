/** The lease of a log that one machine keeps: a lock on its disk, which ends with the process that holds it. */

import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "../core/failure.ts";
import { unknownUser } from "../core/in-use.ts";
import type { World } from "../core/world.ts";
import { breakLock, type Holder, type Lock, lock, lockedBy, sayHolder } from "../disk/lock.ts";
import type { Lease, Leases, TakenLease } from "./lease.ts";
import { leaseLost, leaseTaken } from "./lease-message.ts";

/** ms between two looks at whether the lock is still ours. */
const everyMs = 2000;

/** How often, and ms between, a lock is asked for that refuses while nobody has it. */
const attempts = 10;
const pause = 50;

export function localLeases(path: string): Leases {
  const show = async () => leaseOf(await lockedBy(path), path);
  return {
    show,
    take: async (what, world) => held(await takenFrom(path, what, show, world), path),
    break: async () => leaseOf(await breakLock(path), path),
  };
}

/** @throws Failure `refused` naming whoever has it. */
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
      // Whoever had it left between the two looks, or somebody else is taking over from one that was killed: it is free, or soon is.
      if (attempt === attempts) throw error;
      await sleep(pause, undefined, { signal: world.signal });
    }
  }
}

function held(taken: Lock, path: string): TakenLease {
  const lease = leaseOf(taken.holder, path)!;
  const lost = new AbortController();
  const look = async () => {
    const now = await lockedBy(path);
    if (now === undefined || now === "unreadable" || now.id !== lease.id) {
      clearInterval(watch);
      lost.abort(leaseLost(lease, "was broken"));
    }
  };
  // A look that fails says nothing about the lock; the next one may.
  const watch = setInterval(() => void look().catch(() => undefined), everyMs).unref();
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
  return { id, holder: sayHolder(holder), what, since };
}
