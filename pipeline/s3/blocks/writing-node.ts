/**
 * The campaign's node for writing, opened while objects are written and closed soon after.
 *
 * An embedded node has one writer at a time. So that `add`, `publish` and `gc` work alongside a gateway that runs for weeks, it has the node
 * only from the first byte of a write to some seconds after the last one is recorded.
 */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Block, Get } from "../../dag/block.ts";
import type { HomeNode } from "../../ipfs/node.ts";

export interface WritingNode {
  /** Stores blocks that the caller built. When it resolves, they survive a power cut. */
  put(blocks: Iterable<Block> | AsyncIterable<Block>, world: World): Promise<void>;
  /** Reads what was stored a moment ago from the node that has it, and all else by `get`. */
  reading(get: Get, world: World): Get;
  /** Makes what a killed gateway stored readable, where no other process is writing, which did so when it began. */
  recover(world: World): Promise<void>;
  /** Leaves the node open until `work` ended: what it stores is not collected before it is recorded. */
  during<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** ms after the last write. */
const idleMs = 2000;

export function writingNode(open: () => Promise<HomeNode>): WritingNode {
  let opened: Promise<HomeNode> | undefined;
  let closing: Promise<unknown> = Promise.resolve();
  let underWay = 0;
  let idle: NodeJS.Timeout | undefined;

  const closeNow = (): Promise<unknown> => {
    const node = opened;
    opened = undefined;
    clearTimeout(idle);
    // A node that could not be opened has failed each write already; one that fails to close has stored what it acknowledged.
    closing = Promise.all([closing, node?.then((each) => each.close?.()).catch(() => undefined)]);
    return closing;
  };
  const node = (): Promise<HomeNode> => {
    opened ??= closing.then(open);
    return opened;
  };

  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    clearTimeout(idle);
    underWay++;
    try {
      return await work();
    } finally {
      underWay--;
      if (underWay === 0) {
        clearTimeout(idle);
        idle = setTimeout(() => void closeNow(), idleMs);
      }
    }
  };

  return {
    async put(blocks, world) {
      const { put, putBuilt = put } = await node();
      await putBuilt(blocks, world);
    },

    reading: (get, world) => async (cid) => {
      const stored = await opened
        ?.then((each) => (each.putBuilt ? each.get(cid, world) : undefined))
        .catch(() => undefined);
      if (stored) return stored;
      await closing;
      return get(cid);
    },

    async recover(world) {
      try {
        await during(async () => (await node()).putBuilt?.([], world));
      } catch (error) {
        if (!isFailure(error, "refused", "unavailable")) throw error;
      }
    },

    during,

    async close() {
      await closeNow();
    },
  };
}
