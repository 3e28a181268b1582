/**
 * The right to write, and which packs are written to.
 *
 * Taken at the first write and held until the node is closed, so that nobody collects blocks between their being put and
 * their being pinned. Every thread that writes has a pack of its own: a new one, whose number nobody else was ever given,
 * or one that is free. Free are the packs that were there when the lock was taken, and those that a thread gave back after
 * it had committed them; a pack that is taken is not free any more.
 */
import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { type Lock, lock } from "../../disk/lock.ts";
import { type Appending, appendingTo, type Claim, mostLeaving } from "./packs/append.ts";
import type { Limits } from "./packs/limits.ts";
import { type Counter, counterFor, nextNumber } from "./packs/pack-numbers.ts";
import { isFull } from "./packs/pack-writer.ts";
import type { Packs } from "./packs/packs.ts";
import { recover } from "./packs/recover.ts";
import { prove } from "./packs/verify-stored.ts";

export interface Writing extends Pick<Appending, "has" | "writer"> {
  readonly limits: Limits;
  /** Gives numbers for new packs, to every thread. */
  readonly counter: Counter;
  /** Append a block unless it is there. Nothing is promised before `commit`. */
  append(block: Block): void;
  /** Wait where full packs come faster than the disk takes them. */
  settle(): Promise<void>;
  /** Everything appended before the call survives a power cut when it returns. Many callers share one trip to the disk. */
  commit(): Promise<void>;
  /** See `prove.ts`. */
  prove(digests: Iterable<Uint8Array>): Promise<void>;
  /** A pack that nobody else appends to, for another thread, until it is `returned`. */
  claim(): Claim;
  /** What was appended to that pack is committed or cut off, and nobody has it open: it is free again. */
  returned(number: number): void;
  /** Commit, and let go of the pack that was appended to. */
  rest(): Promise<void>;
  /** Whether what was appended could not be committed: then nothing more can be, and `giveUp` is what is left. */
  hasFailed(): boolean;
  /** Cut off what isn't committed and let go. Whoever appended meanwhile hears `why`. */
  giveUp(why: unknown): Promise<void>;
  /** Let go. What isn't committed is left to whoever writes next. */
  close(): Promise<void>;
}

/** @throws Failure `refused` where another process writes, naming it. */
export async function startWriting(folder: string, packs: Packs, limits: Limits, world: World): Promise<Writing> {
  let held: Lock;
  try {
    await mkdir(folder, { recursive: true });
    held = await lock(join(folder, "lock"), `writing blocks into ${folder}`);
  } catch (error) {
    throw diskFailure(error, `opening ${folder} to write`);
  }
  try {
    const counter = counterFor(folder);
    await recover(folder, packs, world);
    return writingUnder(held, folder, packs, limits, counter);
  } catch (error) {
    await held.release();
    throw diskFailure(error, `recovering ${folder}`);
  }
}

function writingUnder(held: Lock, folder: string, packs: Packs, limits: Limits, counter: Counter): Writing {
  const free = new Set(packs.list().map(({ number }) => number));
  // One commit runs, and at most one more is waited for, by everybody who came meanwhile.
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let broken: { readonly why: unknown } | undefined;
  let ended = false;

  const claim = (): Claim => {
    for (const { number, index, path, flaw } of packs.list()) {
      if (!free.has(number) || flaw || isFull(index, limits)) continue;
      if (statSync(path, { throwIfNoEntry: false })?.size !== index.covered) continue;
      free.delete(number);
      return { number, index };
    }
    return { number: nextNumber(counter) };
  };
  const appending = appendingTo({ folder, packs, counter, limits }, claim);

  const orBroken = async <T>(work: () => Promise<T>): Promise<T> => {
    if (broken) throw broken.why;
    try {
      return await work();
    } catch (why) {
      // Others may have appended to what is lost: from here on each of them hears of it.
      broken ??= { why };
      throw why;
    }
  };
  const commit = (): Promise<void> => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        running = next!;
        next = undefined;
        return orBroken(appending.commit);
      });
    return next;
  };
  const returned = (number: number): void => {
    packs.refresh("all");
    free.add(number);
  };
  const end = async (why: unknown, leave: () => Promise<void>): Promise<void> => {
    if (ended) return;
    ended = true;
    broken ??= { why };
    await Promise.allSettled([running, next]);
    await leave().finally(() => held.release());
  };

  return {
    limits,
    counter,
    has: appending.has,
    claim,
    commit,
    returned,
    prove: (digests) => prove(digests, packs),
    hasFailed: () => broken !== undefined,

    writer() {
      if (broken) throw broken.why;
      return appending.writer();
    },

    append({ cid, bytes }) {
      if (broken) throw broken.why;
      const { digest } = cid.multihash;
      if (!appending.has(digest, bytes)) appending.writer().append(cid.bytes, digest, bytes);
    },

    settle: () => orBroken(() => appending.settle(mostLeaving)),

    async rest() {
      await commit();
      const number = await orBroken(appending.finish);
      if (number !== undefined) returned(number);
    },

    giveUp: (why) => end(why, appending.discard),
    close: () => end(new Error("the node was closed"), appending.close),
  };
}
