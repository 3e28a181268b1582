/**
 * The lease of a log that several machines share: a branch alongside the log's, with one commit.
 *
 * A process takes or renews the lease by pushing that commit, if the branch has not moved since it was read: a
 * compare-and-swap, of which only one of two processes succeeds. Every commit is unique, even of one holder in one second:
 * otherwise git would answer "up to date" to the second push, and both processes would believe that they have the lease.
 *
 * On one machine, a lock shows which process has the lease, and a file has the id of the lease that it pushed. If the
 * process that has the lock finds a lease with an id in that file, it is from a process that was killed, and can be replaced
 * before it expires.
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
import { type Lease, type Leases, leaseTerm, type TakenLease } from "../lease.ts";
import { leaseLost, leaseTaken } from "../lease-message.ts";
import type { Repository } from "./repository.ts";
import { entriesOf, entryOf, treeOf } from "./tree.ts";

export interface GitLeaseOptions {
  readonly branch: string;
  /** Name of the holder, for messages. */
  readonly holder: string;
  /** The lease on this machine, which ends with the process that has it. */
  readonly here: Leases;
  /** File for the id of the lease that a process of this machine took. */
  readonly memory: string;
  /** ms for which a lease is valid after it was taken or renewed. Default: {@link leaseTerm}. */
  readonly term?: number;
}

/** A lease and the commit that contains it. */
interface PushedLease {
  readonly commit: string;
  readonly lease: Lease;
}

/** Maximum bytes of a lease. Those written here have 300. */
const largestLease = 4096;

export function gitLeases(repository: Repository, options: GitLeaseOptions): Leases {
  const { branch, holder, here, memory, term = leaseTerm } = options;
  const pushed = leaseBranch(repository, branch);
  const endOf = (now: Date) => new Date(now.getTime() + term).toISOString();

  return {
    async show(world) {
      const [current, running, ours] = await Promise.all([pushed.read(world), here.show(world), idsIn(memory)]);
      if (!current || running || !ours.has(current.lease.id)) return current?.lease;
      return { ...current.lease, what: `${current.lease.what} (that process is gone)` };
    },

    async take(what, world) {
      const localLease = await takeHere(what, here, pushed, world);
      try {
        const ours = await idsIn(memory);
        for (;;) {
          const other = await pushed.read(world);
          const now = world.now();
          const left = other && ours.has(other.lease.id);
          if (other && !left && !isOver(other.lease, now)) throw leaseTaken(other.lease);
          const lease = { id: randomUUID(), holder, what, since: now.toISOString(), until: endOf(now) };
          // Both ids, because a crash may happen before or after the push takes effect.
          await mkdir(dirname(memory), { recursive: true });
          await writeDurably(memory, [...(left ? [other.lease.id] : []), lease.id, ""].join("\n"));
          const taken = await pushed.put(lease, other?.commit, world);
          // If the push failed, another process moved the branch: read it again.
          if (taken) return renewed(taken, localLease, { pushed, memory, term, endOf }, world);
        }
      } catch (error) {
        await localLease.release();
        throw error;
      }
    },

    async break(world) {
      const brokenHere = await here.break(world);
      for (;;) {
        const other = await pushed.read(world);
        // The holder may renew the lease between the read and the push; then the loop repeats.
        if (!other || (await pushed.remove(other, world))) return other?.lease ?? brokenHere;
      }
    },
  };
}

/** The lease as the remote has it. */
interface LeaseBranch {
  read(world: World): Promise<PushedLease | undefined>;
  /** Pushes `lease` if the branch is still at commit `from`; `undefined` if it moved. */
  put(lease: Lease, from: string | undefined, world: World): Promise<PushedLease | undefined>;
  /** Removes the branch if it still has this lease; `false` if it moved. */
  remove(lease: PushedLease, world: World): Promise<boolean>;
}

function leaseBranch(repository: Repository, branch: string): LeaseBranch {
  let last: PushedLease | undefined;
  return {
    async read(world) {
      const commit = (await repository.tips([branch], world)).get(branch);
      if (commit === undefined) return undefined;
      if (last?.commit === commit) return last;
      if (!(await repository.has(commit))) await repository.bringCommit(commit, world);
      last = { commit, lease: await leaseIn(repository, commit, branch) };
      return last;
    },

    async put(lease, from, world) {
      const files = { "lease.json": new TextEncoder().encode(`${JSON.stringify(lease, null, 1)}\n`) };
      const message = `${lease.holder.replace(/\s+/g, " ")} is ${lease.what}`;
      const commit = await repository.commit({ parent: undefined, message, files }, world);
      return (await repository.move(branch, from, commit, world)) ? { commit, lease } : undefined;
    },

    remove: ({ commit }, world) => repository.move(branch, commit, undefined, world),
  };
}

async function takeHere(what: string, here: Leases, pushed: LeaseBranch, world: World): Promise<TakenLease> {
  try {
    return await here.take(what, world);
  } catch (error) {
    // If the other process has pushed its lease already, report it as other machines see it. If it can't be read, report the
    // local one.
    const shared = isFailure(error, "refused") && (await pushed.read(world).catch(() => undefined));
    throw shared ? leaseTaken(shared.lease) : error;
  }
}

interface Renewing {
  readonly pushed: LeaseBranch;
  /** As in {@link GitLeaseOptions}. */
  readonly memory: string;
  readonly term: number;
  readonly endOf: (now: Date) => string;
}

/** The lease that was taken, renewed until it is released or lost. */
function renewed(
  taken: PushedLease,
  localLease: TakenLease,
  { pushed, memory, term, endOf }: Renewing,
  world: World,
): TakenLease {
  const lost = new AbortController();
  let now = taken;
  let released = false;
  let renewing: Promise<void> = Promise.resolve();
  let next: NodeJS.Timeout | undefined;
  // Measured by a timer of this process: `until` is for other machines, whose clocks may differ.
  let end: NodeJS.Timeout | undefined;

  const lose = (how: string) => {
    clearTimeout(next);
    clearTimeout(end);
    lost.abort(leaseLost(taken.lease, how));
  };
  const renew = async () => {
    const renewed = await pushed.put({ ...taken.lease, until: endOf(world.now()) }, now.commit, world);
    if (lost.signal.aborted) return;
    if (!renewed) return lose("was broken, or taken over");
    now = renewed;
    live();
  };
  const renewIn = (ms: number) => {
    next = setTimeout(() => {
      renewing = renew().catch((error) => {
        // If the remote is not reachable, try again until the lease expires.
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
    lost: AbortSignal.any([lost.signal, localLease.lost]),
    async release() {
      if (released) return;
      released = true;
      clearTimeout(next);
      await renewing;
      clearTimeout(next);
      clearTimeout(end);
      if (!lost.signal.aborted) await giveBack(now, pushed, memory, world);
      await localLease.release();
    },
  };
}

async function giveBack(lease: PushedLease, pushed: LeaseBranch, memory: string, world: World): Promise<void> {
  // With a signal of its own: the lease must be released also after the work was aborted.
  const quietly = { ...world, signal: AbortSignal.timeout(30_000) };
  try {
    if (await pushed.remove(lease, quietly)) await rm(memory, { force: true });
  } catch (error) {
    world.log(`the lease could not be given back, and ends at ${lease.lease.until}: ${(error as Error).message}`);
  }
}

/** Ids of the leases that processes of this machine took and did not release. */
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
    // An unreadable lease counts as taken until an operator breaks it.
    if (isFailure(error, "corrupt") || error instanceof SyntaxError) return unreadable;
    throw error;
  }
}

/** Parses a lease and escapes its texts for printing; `undefined` if `value` is none. */
function leaseOf(value: unknown): Lease | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, holder, what, since, until } = value as Partial<Record<keyof Lease, unknown>>;
  const isTime = (time: unknown): time is string =>
    typeof time === "string" && time.length < 40 && !Number.isNaN(Date.parse(time));
  if (typeof id !== "string" || typeof holder !== "string" || typeof what !== "string") return undefined;
  if (!isTime(since) || !isTime(until)) return undefined;
  return { id: shown(id), holder: shown(holder, 200), what: shown(what), since, until };
}
