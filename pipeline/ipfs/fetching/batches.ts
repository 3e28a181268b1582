/**
 * Stores blocks as they are fetched, in small steps, while the next are on their way.
 *
 * A store costs some writes to the disk, however little is stored. So one runs at a time, and what comes meanwhile is the next:
 * on a slow link that is half a mebibyte, the most that a killed process fetches twice; on a fast one it is more.
 */
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import type { HomeNode } from "../node.ts";

export interface Batches {
  /** Takes a block, waiting where more than {@link mostWaiting} bytes are not stored yet. @throws what storing threw. */
  add(block: Block): Promise<void>;
  /** Stores all that was taken. @throws what storing threw. */
  store(): Promise<void>;
}

/** Bytes that are worth being stored by themselves. */
const worthStoring = 512 * 1024;

/** Bytes. */
const mostWaiting = 8 * 1024 * 1024;

export function batchesTo(home: Pick<HomeNode, "put">, world: World): Batches {
  let waiting: Block[] = [];
  let bytes = 0;
  let running: Promise<void> | undefined;
  let failed: { readonly why: unknown } | undefined;

  const start = (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    bytes = 0;
    const put = home.put(batch, world).then(
      () => {
        running = undefined;
        if (bytes >= worthStoring) start();
      },
      (why: unknown) => {
        failed ??= { why };
        running = undefined;
      },
    );
    running = put;
    return put;
  };

  return {
    async add(block) {
      waiting.push(block);
      bytes += block.bytes.length;
      if (!running && bytes >= worthStoring) start();
      while (running && bytes >= mostWaiting) await running;
      if (failed) throw failed.why;
    },

    async store() {
      while (running) await running;
      if (waiting.length > 0 && !failed) await start();
      while (running) await running;
      if (failed) throw failed.why;
    },
  };
}
