/** The lease of a log that one machine keeps: a lock on its disk, which ends with the process that holds it. */

import { isFailure } from "../core/failure.ts";
import { breakLock, type Holder, type Lock, lock, lockedBy } from "../disk/lock.ts";
import type { Held, Lease, Leases } from "./lease.ts";
import { leaseLost, takenBy } from "./taken.ts";

/** ms between two looks at whether the lock is still ours. */
const everyMs = 2000;

export function localLeases(path: string): Leases {
  const show = async () => leaseOf(await lockedBy(path), path);
  return {
    show,
    async take(what) {
      let taken: Lock;
      try {
        taken = await lock(path, what);
      } catch (error) {
        const other = isFailure(error, "refused") && (await show());
        throw other ? takenBy(other) : error;
      }
      return held(taken, path);
    },
    break: async () => leaseOf(await breakLock(path), path),
  };
}

function held(taken: Lock, path: string): Held {
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
    return { id: path, holder: `somebody (${path} doesn't say who)`, what: "working", since: "an unknown time" };
  }
  const { id, host, pid, command, what, since } = holder;
  return { id, holder: `process ${pid} on ${host} (${command})`, what, since };
}
