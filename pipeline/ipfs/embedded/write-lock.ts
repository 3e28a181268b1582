/**
 * The lock for writing, and which packs are being written to.
 *
 * The lock is taken at the first write and released when the node is closed, so that no other process collects blocks between
 * their being stored and their being pinned. Every thread that writes has a pack of its own: a new one with a new number,
 * or a free one. Free are the packs that existed when the lock was taken and that no thread has claimed, and those that a
 * thread returned after committing them.
 */
import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { type Lock, lock } from "../../disk/lock.ts";
import type { InPlace } from "./in-place/in-place.ts";
import { type Appending, appendingTo, type Claim, mostLeaving } from "./packs/append.ts";
import type { Limits } from "./packs/limits.ts";
import { type Counter, counterFor, nextNumber } from "./packs/pack-numbers.ts";
import { isFull } from "./packs/pack-writer.ts";
import type { Packs } from "./packs/packs.ts";
import type { RecentPlace, RecentPlaces } from "./packs/recent-places.ts";
import { recover } from "./packs/recover.ts";
import { prove } from "./packs/verify-stored.ts";

export interface Writing extends Pick<Appending, "has" | "writer"> {
  readonly limits: Limits;
  /** Gives numbers for new packs, to every thread. */
  readonly counter: Counter;
  /** Append a block unless it is stored, and return where it is. It is not committed before `commit`. */
  append(block: Block): RecentPlace | undefined;
  /** Wait where packs are filled faster than the disk writes them. */
  settle(): Promise<void>;
  /**
   * Everything appended before the call is on the disk when it returns. It is committed within a second or two, or when this is closed,
   * and is found by `recent` until then. Concurrent calls share one.
   */
  sync(): Promise<void>;
  /** Everything appended before the call survives a power cut when it returns. Concurrent calls share one commit. */
  commit(): Promise<void>;
  /** See `verify-stored.ts`. */
  prove(digests: Iterable<Uint8Array>): Promise<void>;
  /** A pack for another thread, which only that thread appends to until it is `returned`. */
  claim(): Claim;
  /** What was appended to that pack is committed or cut off, and no thread has it open: it is free again. */
  returned(number: number): void;
  /** Commit, and close the pack that was appended to. */
  rest(): Promise<void>;
  /** Whether a commit failed: then no later one can succeed, and only `giveUp` is left. */
  hasFailed(): boolean;
  /** Cut off what isn't committed and release the lock. Later calls fail with `why`. */
  giveUp(why: unknown): Promise<void>;
  /** Commit what was synced, and release the lock. What isn't synced is left to the next writer. */
  close(): Promise<void>;
}

export interface WritingTo {
  readonly folder: string;
  readonly packs: Packs;
  readonly inPlace: InPlace;
  readonly recent: RecentPlaces;
  readonly limits: Limits;
}

/** @throws Failure `refused` where another process writes, naming it. */
export async function startWriting(to: WritingTo, world: World): Promise<Writing> {
  const { folder, packs } = to;
  let acquired: Lock;
  try {
    await mkdir(folder, { recursive: true });
    acquired = await lock(join(folder, "lock"), `writing blocks into ${folder}`);
  } catch (error) {
    throw diskFailure(error, `opening ${folder} to write`);
  }
  try {
    const counter = counterFor(folder);
    // Which writes an index of everything that is whole in the packs.
    await to.recent.clearAfter(() => recover(folder, packs, world));
    return writingUnder(acquired, to, counter);
  } catch (error) {
    await acquired.release();
    throw diskFailure(error, `recovering ${folder}`);
  }
}

function writingUnder(acquired: Lock, to: WritingTo, counter: Counter): Writing {
  const { folder, packs, inPlace, recent, limits } = to;
  const free = new Set(packs.list().map(({ number }) => number));
  let broken: { readonly why: unknown } | undefined;
  let ended = false;

  const claim = (): Claim => {
    for (const { number, index, path, flaw } of packs.list()) {
      if (!free.has(number) || flaw || isFull(index, limits)) continue;
      if (statSync(path, { throwIfNoEntry: false })?.size !== index.covered) continue;
      free.delete(number);
      const { covered, count, bytes } = index;
      return { number, index: { covered, count, bytes } };
    }
    return { number: nextNumber(counter) };
  };
  const appending = appendingTo({ folder, packs, counter, limits }, claim);

  const orBroken = async <T>(work: () => Promise<T>): Promise<T> => {
    if (broken) throw broken.why;
    try {
      return await work();
    } catch (why) {
      // Other callers may have appended blocks that are lost: their later calls fail with the same error.
      broken ??= { why };
      throw why;
    }
  };
  const commits = sharedCommits(() => recent.clearAfter(() => orBroken(appending.commit)));
  const { commit } = commits;
  const syncs = sharedCommits(() => orBroken(appending.sync));
  const index = indexWriting(commit);
  const returned = (number: number): void => {
    packs.refresh("all");
    free.add(number);
  };
  const end = async (why: unknown, leave: () => Promise<void>): Promise<void> => {
    if (ended) return;
    ended = true;
    broken ??= { why };
    index.stop();
    await Promise.all([commits.settled(), syncs.settled()]);
    await leave().finally(() => acquired.release());
  };

  return {
    limits,
    counter,
    has: appending.has,
    claim,
    commit,
    returned,
    prove: (digests) => prove(digests, packs, { inPlace }),
    hasFailed: () => broken !== undefined,

    writer() {
      if (broken) throw broken.why;
      return appending.writer();
    },

    append({ cid, bytes }) {
      if (broken) throw broken.why;
      const { digest } = cid.multihash;
      if (appending.has(digest, bytes)) return undefined;
      const writer = appending.writer();
      return { ...writer.append(cid.bytes, digest, bytes), number: writer.number };
    },

    settle: () => orBroken(() => appending.settle(mostLeaving)),

    async sync() {
      await syncs.commit();
      if (!recent.isEmpty) index.plan();
    },

    async rest() {
      await commit();
      const number = await orBroken(appending.finish);
      if (number !== undefined) returned(number);
    },

    giveUp: (why) => end(why, appending.discard),
    async close() {
      if (!ended && !broken && !recent.isEmpty) await commit();
      await end(new Error("the node was closed"), appending.close);
    },
  };
}

/** ms from a `sync` to the writing of indexes, at least; where that takes long, several times as long. */
const indexAfterMs = 1000;

/** Writes the indexes of what was synced a little later, for all that was synced meanwhile. */
function indexWriting(commit: () => Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  let lastMs = 0;
  const write = async (): Promise<void> => {
    const began = performance.now();
    // One that fails makes every later write fail with the same error.
    await commit().catch(() => undefined);
    lastMs = performance.now() - began;
  };
  return {
    plan(): void {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          void write();
        },
        Math.max(indexAfterMs, lastMs * 10),
      );
      timer.unref();
    },
    stop: () => clearTimeout(timer),
  };
}

/** One commit runs, and at most one more waits, shared by all calls that arrived meanwhile. */
function sharedCommits(run: () => Promise<void>) {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return {
    commit(): Promise<void> {
      // A failure is thrown to those who waited for that commit.
      next ??= running
        .catch(() => undefined)
        .then(() => {
          running = next!;
          next = undefined;
          return run();
        });
      return next;
    },
    /** Resolves when none runs or waits, whether they failed or not. */
    async settled(): Promise<void> {
      await Promise.allSettled([running, next]);
    },
  };
}
