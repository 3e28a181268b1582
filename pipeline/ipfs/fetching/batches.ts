/**
 * Stores blocks as they are fetched, in steps, while the next are on their way.
 *
 * The end of a step costs some writes to the disk, however little is stored. So a step begins when half a mebibyte has come, is
 * given what comes in the second after that, and then ends: a killed process fetches no more than that twice, and a fast link
 * is not delayed by ten steps a second. While one step ends, the next one begins.
 */
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import type { HomeNode } from "../node.ts";

export interface Batches {
  /** Takes a block, waiting where more than {@link mostWaiting} bytes were not taken by the store yet. @throws what storing threw. */
  add(block: Block): Promise<void>;
  /** Stores all that was taken. @throws what storing threw. */
  store(): Promise<void>;
}

/** Bytes that are worth being stored by themselves. */
const worthStoring = 512 * 1024;

/** Bytes. */
const mostWaiting = 4 * 1024 * 1024;

/** ms for which a step is given what comes. */
const stepTakes = 1000;

/** Steps at once: one is given blocks while the one before ends. */
const mostSteps = 2;

export function batchesTo(home: Pick<HomeNode, "put">, world: World): Batches {
  let waiting: Block[] = [];
  let bytes = 0;
  /** Whether a step is given what comes. */
  let isOpen = false;
  /** Whether nothing more comes for now. */
  let isLast = false;
  let failed: { readonly why: unknown } | undefined;
  let change = Promise.withResolvers<void>();
  const running = new Set<Promise<void>>();

  const changed = (): void => {
    change.resolve();
    change = Promise.withResolvers();
  };

  const given = async function* (): AsyncGenerator<Block> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      changed();
    }, stepTakes);
    try {
      for (;;) {
        const taken = waiting;
        [waiting, bytes] = [[], 0];
        changed();
        yield* taken;
        if (isOver || (isLast && waiting.length === 0)) return;
        if (waiting.length === 0) await change.promise;
      }
    } finally {
      clearTimeout(timer);
      isOpen = false;
      begin();
    }
  };
  const begin = (): void => {
    const isWorthIt = isLast ? waiting.length > 0 : bytes >= worthStoring;
    if (isOpen || failed || running.size === mostSteps || !isWorthIt) return;
    isOpen = true;
    const step = home
      .put(given(), world)
      .catch((why: unknown) => {
        failed ??= { why };
      })
      .finally(() => {
        running.delete(step);
        changed();
        begin();
      });
    running.add(step);
  };

  return {
    async add(block) {
      waiting.push(block);
      bytes += block.bytes.length;
      if (isOpen) changed();
      else begin();
      while (bytes >= mostWaiting && !failed) await change.promise;
      if (failed) throw failed.why;
    },

    async store() {
      isLast = true;
      changed();
      begin();
      while (running.size > 0) await Promise.all(running);
      isLast = false;
      if (failed) throw failed.why;
    },
  };
}
