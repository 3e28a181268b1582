/**
 * Appends the blocks of one thread: to one pack, and where that is full, to the next.
 *
 * Full packs are committed while the next is being filled. Until they are committed and the packs were read again, this
 * module knows which blocks they have.
 */
import { newPiece } from "./append-file.ts";
import type { Limits } from "./limits.ts";
import type { PackIndex } from "./pack-index.ts";
import { type Counter, nextNumber } from "./pack-numbers.ts";
import { openWriter, type PackWriter } from "./pack-writer.ts";
import type { Packs } from "./packs.ts";

export interface Appending {
  /** Whether the block need not be appended: it was, or a pack has exactly these bytes. A damaged copy doesn't count. */
  has(digest: Uint8Array, bytes: Uint8Array): boolean;
  /** Whether the block was appended here and may not be visible in the packs yet. */
  appended(digest: Uint8Array): boolean;
  /** The pack that the next block goes to. */
  writer(): PackWriter;
  /** Wait until at most `most` full packs are being committed. @throws the error of a commit that failed. */
  settle(most: number): Promise<void>;
  /** See `PackWriter.sync`. */
  sync(): Promise<void>;
  /** Everything appended before the call survives a power cut when it returns. One call at a time. */
  commit(): Promise<void>;
  /** Commit and close. Returns the number of the pack that was being filled, which other threads may append to from now on. */
  finish(): Promise<number | undefined>;
  /** Cut off what isn't committed, and close. */
  discard(): Promise<void>;
  /** Close; what isn't committed is left to the next writer. */
  close(): Promise<void>;
}

/** A pack to append to: one that is there, with its index, or a new one. */
export interface Claim {
  readonly number: number;
  readonly index?: PackIndex;
}

export interface Where {
  readonly folder: string;
  readonly packs: Pick<Packs, "hasBlock" | "refresh">;
  readonly counter: Counter;
  readonly limits: Limits;
}

/** Full packs being committed at once: one is committed while the next is being filled. */
export const mostLeaving = 2;

/** Append to the pack that `first` returns, which is called at the first block, and then to new packs. */
export function appendingTo({ folder, packs, counter, limits }: Where, first: () => Claim): Appending {
  const full = fullPacks(packs);
  const { settle } = full;
  let piece: Buffer | undefined;
  let own: PackWriter | undefined;
  let isFirst = true;
  const appended = (digest: Uint8Array): boolean => own?.has(digest) || full.have(digest);

  return {
    settle,
    appended,

    has: (digest, bytes) => appended(digest) || packs.hasBlock(digest, bytes),

    writer() {
      if (own?.isFull()) {
        full.commit(own);
        own = undefined;
      }
      if (!own) {
        piece ??= newPiece();
        const claim = isFirst ? first() : { number: nextNumber(counter) };
        isFirst = false;
        own = openWriter({ folder, ...claim, piece, limits });
      }
      return own;
    },

    async sync() {
      const writer = own;
      await Promise.all([settle(0), writer?.sync()]);
    },

    async commit() {
      const writer = own;
      await Promise.all([settle(0), writer?.commit()]);
      packs.refresh("all");
    },

    async finish() {
      const writer = own;
      if (writer) full.commit(writer);
      own = undefined;
      isFirst = true;
      await settle(0);
      return writer?.number;
    },

    async discard() {
      await full.settleAll();
      await own?.discard();
    },

    async close() {
      await full.settleAll();
      await own?.close();
    },
  };
}

/** Full packs, which are committed and closed while the next one is being filled. */
function fullPacks(packs: Pick<Packs, "refresh">) {
  let leaving: { readonly writer: PackWriter; readonly done: Promise<void> }[] = [];
  return {
    have: (digest: Uint8Array): boolean => leaving.some(({ writer }) => writer.has(digest)),
    /** Begins to. A commit that fails is thrown by `settle`. */
    commit(writer: PackWriter): void {
      writer.flush();
      const done = commitAndClose(writer);
      // Thrown by `settle`: until then it must not end the process.
      done.catch(() => undefined);
      leaving.push({ writer, done });
    },
    async settle(most: number): Promise<void> {
      while (leaving.length > most) {
        const { writer, done } = leaving[0]!;
        await done;
        packs.refresh("all");
        leaving = leaving.filter((each) => each.writer !== writer);
      }
    },
    /** Waits for all, whether they fail or not. */
    async settleAll(): Promise<void> {
      await Promise.allSettled(leaving.map(({ done }) => done));
    },
  };
}

async function commitAndClose(writer: PackWriter): Promise<void> {
  try {
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await writer.close();
}
