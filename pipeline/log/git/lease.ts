/**
 * The lease of a log that several machines share: a branch beside the log's, of one commit.
 *
 * Whoever pushes that commit while the branch stands where they saw it has the lease; every taking and renewal is such a
 * compare-and-swap, so of any two exactly one wins. No two commits are the same, not even of the same holder in the same
 * second: git would call the second push "up to date", and both would think they had won.
 *
 * Here, a lock says which process it is, and a file which lease that process put there. A lease in that file, found by
 * whoever holds the lock, is of a process that was killed: nobody needs to wait for its end.
 */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isFailure } from "../../core/failure.ts";
import { unknownUser } from "../../core/in-use.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import type { Lease, Leases, TakenLease } from "../lease.ts";
import { leaseLost, leaseTaken } from "../lease-message.ts";
import type { Repository } from "./repository.ts";
import { entriesOf, entryOf, treeOf } from "./tree.ts";

export interface GitLeaseOptions {
  readonly branch: string;
  /** Who, for people. */
  readonly holder: string;
  /** The lease of this machine alone, which ends with the process that has it. */
  readonly here: Leases;
  /** File for the id of the lease that was taken from here. */
  readonly memory: string;
  /** ms for which a lease counts after it was taken or renewed. Default: ten minutes. */
  readonly term?: number;
}

/** A lease and the commit that says so. */
interface Seen {
  readonly commit: string;
  readonly lease: Lease;
}

/** Bytes. Ours have 300. */
const largestLease = 4096;

export function gitLeases(repository: Repository, options: GitLeaseOptions): Leases {
  const { branch, holder, here, memory, term = 600_000 } = options;
  let last: Seen | undefined;

  const see = async (world: World): Promise<Seen | undefined> => {
    const commit = (await repository.tips([branch], world)).get(branch);
    if (commit === undefined) return undefined;
    if (last?.commit === commit) return last;
    if (!(await repository.has(commit))) await repository.bringCommit(commit, world);
    last = { commit, lease: await leaseIn(repository, commit, branch) };
    return last;
  };

  /** Make `lease` the one that counts, if what counts is still `from`. */
  const put = async (lease: Lease, from: string | undefined, world: World): Promise<Seen | undefined> => {
    const files = { "lease.json": new TextEncoder().encode(`${JSON.stringify(lease, null, 1)}\n`) };
    const message = `${lease.holder.replace(/\s+/g, " ")} is ${lease.what}`;
    const commit = await repository.commit({ parent: undefined, message, files }, world);
    return (await repository.move(branch, from, commit, world)) ? { commit, lease } : undefined;
  };

  const endOf = (now: Date) => new Date(now.getTime() + term).toISOString();

  return {
    async show(world) {
      const [seen, running, ours] = await Promise.all([see(world), here.show(world), idsIn(memory)]);
      if (!seen || running || !ours.has(seen.lease.id)) return seen?.lease;
      return { ...seen.lease, what: `${seen.lease.what} (that process is gone)` };
    },

    async take(what, world) {
      const hereToo = await takeHere(what, world);
      try {
        const ours = await idsIn(memory);
        for (;;) {
          const other = await see(world);
          const now = world.now();
          const left = other && ours.has(other.lease.id);
          if (other && !left && !isOver(other.lease, now)) throw leaseTaken(other.lease);
          const lease = { id: randomUUID(), holder, what, since: now.toISOString(), until: endOf(now) };
          // Both, for a crash may come before the push takes effect, or after it.
          await mkdir(dirname(memory), { recursive: true });
          await writeDurably(memory, [...(left ? [other.lease.id] : []), lease.id, ""].join("\n"));
          const taken = await put(lease, other?.commit, world);
          // Not ours: then it is somebody's, and the next look says whose.
          if (taken) return keeping(taken, hereToo, world);
        }
      } catch (error) {
        await hereToo.release();
        throw error;
      }
    },

    async break(world) {
      const brokenHere = await here.break(world);
      for (;;) {
        const other = await see(world);
        // It may be renewed between our look and our push.
        if (!other || (await repository.move(branch, other.commit, undefined, world))) {
          return other?.lease ?? brokenHere;
        }
      }
    },
  };

  async function takeHere(what: string, world: World): Promise<TakenLease> {
    try {
      return await here.take(what, world);
    } catch (error) {
      // The words that everybody else is told, where they are there already.
      const shared = isFailure(error, "refused") && (await see(world).catch(() => undefined));
      throw shared ? leaseTaken(shared.lease) : error;
    }
  }

  function keeping(taken: Seen, hereToo: TakenLease, world: World): TakenLease {
    const lost = new AbortController();
    let now = taken;
    let released = false;
    let renewing: Promise<void> = Promise.resolve();
    let next: NodeJS.Timeout | undefined;
    // By this machine's own ticks: `until` is for the others, whose clocks may differ.
    let end: NodeJS.Timeout | undefined;

    const lose = (how: string) => {
      clearTimeout(next);
      clearTimeout(end);
      lost.abort(leaseLost(taken.lease, how));
    };
    const renew = async () => {
      const renewed = await put({ ...taken.lease, until: endOf(world.now()) }, now.commit, world);
      if (lost.signal.aborted) return;
      if (!renewed) return lose("was broken, or taken over");
      now = renewed;
      live();
    };
    const renewIn = (ms: number) => {
      next = setTimeout(() => {
        renewing = renew().catch((error) => {
          // Out of reach: until its end there is time to try again.
          if (released || lost.signal.aborted) return;
          if (isFailure(error, "unavailable")) renewIn(term / 30);
          else lose(`could not be renewed: ${(error as Error).message}`);
        });
      }, ms).unref();
    };
    const live = () => {
      clearTimeout(end);
      end = setTimeout(() => lose("could not be renewed before its end"), term).unref();
      if (!released) renewIn(term / 3);
    };
    live();

    return {
      lease: taken.lease,
      lost: AbortSignal.any([lost.signal, hereToo.lost]),
      async release() {
        if (released) return;
        released = true;
        clearTimeout(next);
        await renewing;
        clearTimeout(next);
        clearTimeout(end);
        if (!lost.signal.aborted) await giveBack(now, world);
        await hereToo.release();
      },
    };
  }

  async function giveBack({ commit, lease }: Seen, world: World): Promise<void> {
    // Also when the work was stopped: that is when others want to begin.
    const quietly = { ...world, signal: AbortSignal.timeout(30_000) };
    try {
      if (await repository.move(branch, commit, undefined, quietly)) await rm(memory, { force: true });
    } catch (error) {
      world.log(`the lease could not be given back, and ends at ${lease.until}: ${(error as Error).message}`);
    }
  }
}

/** Ids of the leases that processes of this machine took, and did not give back. */
async function idsIn(memory: string): Promise<ReadonlySet<string>> {
  const bytes = await readIfThere(memory);
  return new Set(bytes?.toString().split("\n").filter(Boolean));
}

function isOver({ until }: Lease, now: Date): boolean {
  return until !== undefined && Date.parse(until) <= now.getTime();
}

async function leaseIn(repository: Repository, commit: string, branch: string): Promise<Lease> {
  const unreadable = { id: commit, ...unknownUser(`branch ${branch}`) };
  try {
    const head = await repository.read(commit, 1 << 16);
    const tree = head && (await repository.read(treeOf(head, branch), 1 << 16));
    const entry = tree && entryOf(entriesOf(tree, branch), "lease.json", "file", branch);
    const file = entry && (await repository.read(entry.oid, largestLease));
    return (file && leaseOf(JSON.parse(Buffer.from(file.bytes).toString()))) ?? unreadable;
  } catch (error) {
    // Whatever stands there, somebody put it; it keeps others out until it is broken.
    if (isFailure(error, "corrupt") || error instanceof SyntaxError) return unreadable;
    throw error;
  }
}

/** What a lease says, made fit to be shown; `undefined` where it is none. */
function leaseOf(value: unknown): Lease | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, holder, what, since, until } = value as Partial<Record<keyof Lease, unknown>>;
  const isTime = (time: unknown): time is string =>
    typeof time === "string" && time.length < 40 && !Number.isNaN(Date.parse(time));
  if (typeof id !== "string" || typeof holder !== "string" || typeof what !== "string") return undefined;
  if (!isTime(since) || !isTime(until)) return undefined;
  return { id: shown(id), holder: shown(holder, 200), what: shown(what), since, until };
}
