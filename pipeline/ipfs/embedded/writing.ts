/**
 * The right to write, and the packs that are written to.
 *
 * Taken at the first write and held until the node is closed, so that nobody collects blocks between their being put and
 * their being pinned. Every thread that writes has a pack of its own.
 */
import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { type Lock, lock } from "../../disk/lock.ts";
import type { PackIndex } from "./pack-index.ts";
import { isFull, openWriter, type PackWriter } from "./pack-writer.ts";
import { numberIn, type Packs } from "./packs.ts";
import { isShort, recover } from "./recover.ts";

export interface Writing {
  /** Whether a block is there, committed or not. */
  has(digest: Uint8Array): boolean;
  /** Append a block unless it is there. Nothing is promised before `commit`. */
  append(block: Block): void;
  /** The pack this thread appends to, for those who fill it themselves. A full one gives way to the next. */
  writer(): PackWriter;
  /** Everything appended before the call survives a power cut when it returns. Many callers share one trip to the disk. */
  commit(): Promise<void>;
  /** A pack that nobody else appends to, for another thread, until it is `returned`. `new`: one that isn't there yet. */
  claim(which?: "new"): Claim;
  returned(number: number): void;
  /** Commit, and let go of the pack that was appended to. */
  rest(): Promise<void>;
  /** Cut off what isn't committed and let go. Whoever appended meanwhile hears `why`. */
  giveUp(why: unknown): Promise<void>;
  /** Let go. What isn't committed is left to whoever writes next. */
  close(): Promise<void>;
}

export interface Claim {
  readonly number: number;
  readonly index?: PackIndex;
}

/** @throws Failure `refused` where another process writes, naming it. */
export async function startWriting(folder: string, packs: Packs, world: World): Promise<Writing> {
  let held: Lock;
  try {
    await mkdir(folder, { recursive: true });
    held = await lock(join(folder, "lock"), `writing blocks into ${folder}`);
  } catch (error) {
    throw diskFailure(error, `opening ${folder} to write`);
  }
  try {
    await recover(folder, packs, world);
  } catch (error) {
    await held.release();
    throw diskFailure(error, `recovering ${folder}`);
  }
  return writingUnder(held, folder, packs);
}

function writingUnder(held: Lock, folder: string, packs: Packs): Writing {
  const claimed = new Set<number>();
  let own: PackWriter | undefined;
  let broken: { readonly why: unknown } | undefined;
  // Packs that were full, on their way to the disk: part of the next commit.
  let leaving: Promise<void>[] = [];
  // One commit runs, and at most one more is waited for, by everybody who came meanwhile.
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const claim = (which?: "new"): Claim => {
    const room =
      which === "new"
        ? undefined
        : packs.list().find((pack) => !claimed.has(pack.number) && !isFull(pack.index) && !isShort(pack) && !pack.flaw);
    const largest = Math.max(largestNumber(folder), ...claimed);
    const number = room?.number ?? largest + 1;
    claimed.add(number);
    return room ? { number, index: room.index } : { number };
  };
  const finish = async (writer: PackWriter): Promise<void> => {
    await writer.commit();
    await writer.close();
    claimed.delete(writer.number);
  };
  const writer = (): PackWriter => {
    if (broken) throw broken.why;
    if (own?.isFull()) {
      const finishing = finish(own);
      finishing.catch(() => undefined);
      leaving.push(finishing);
      own = undefined;
    }
    if (!own) {
      const { number, index } = claim();
      own = openWriter(folder, number, index);
    }
    return own;
  };
  const has = (digest: Uint8Array): boolean => own?.has(digest) || packs.has(digest);

  const commitNow = async (): Promise<void> => {
    if (broken) throw broken.why;
    const full = leaving;
    leaving = [];
    await Promise.all([...full, own?.commit()]);
    packs.refresh();
  };

  const commit = (): Promise<void> => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        running = next!;
        next = undefined;
        return commitNow();
      });
    return next;
  };

  return {
    has,
    writer,
    claim,
    commit,

    append({ cid, bytes }) {
      const { digest } = cid.multihash;
      if (!has(digest)) writer().append(cid.bytes, digest, bytes);
    },

    async rest() {
      if (own) leaving.push(finish(own));
      own = undefined;
      await commit();
    },

    returned(number) {
      claimed.delete(number);
      packs.refresh();
    },

    async giveUp(why) {
      if (broken) return;
      broken = { why };
      await Promise.allSettled([running, ...leaving]);
      await own?.discard();
      await held.release();
    },

    async close() {
      if (broken) return;
      broken = { why: new Error("the node was closed") };
      await Promise.allSettled([next ?? running, ...leaving]);
      await own?.close();
      await held.release();
    },
  };
}

/** Of packs and of indexes: the number of a pack that was lost is not given to another. */
function largestNumber(folder: string): number {
  const numbers = readdirSync(folder).map((name) => numberIn(name, "car") ?? numberIn(name, "index") ?? 0);
  return Math.max(0, ...numbers);
}
