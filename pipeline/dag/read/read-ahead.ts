/**
 * Stack of links to follow, which loads the next blocks in advance.
 *
 * A few blocks can link to one another so often that the number of links has no bound. So waiting links are counted, the
 * number of blocks loaded in advance is limited, and the links of a block are stored as one list with a position.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { keyOf } from "../block.ts";

/** Blocks requested in advance: enough to hide a gateway's latency, and few enough for memory. */
const readAhead = 8;

/** Maximum number of blocks in memory that were loaded in advance, over all lists: each may have 2 MiB. */
const mostAhead = 32;

/** Maximum number of waiting links. A file of 1024 links a block has a few thousand, a sharded directory a few hundred. */
const mostWaiting = 300_000;

export interface Waiting<T> {
  /** Adds links, of which the first is popped first, before all others. @throws Failure `input` if too many wait. */
  push(next: readonly T[]): void;
  pop(): { readonly item: T; readonly bytes: Promise<Uint8Array | undefined> } | undefined;
}

/**
 * @param start loads an item; resolves to `undefined` if the item is not needed.
 * @param shared whether items of one CID that are loaded at the same time may have the same bytes.
 */
export function waitingLinks<T extends { readonly cid: CID }>(
  start: (item: T) => Promise<Uint8Array | undefined>,
  { shared = true } = {},
): Waiting<T> {
  const lists: { readonly items: readonly T[]; at: number }[] = [];
  const begun = new Map<T, Promise<Uint8Array | undefined>>();
  // Parallel loads of one block share one request.
  const underway = new Map<string, Promise<Uint8Array | undefined>>();
  let waiting = 0;

  const begin = (item: T): Promise<Uint8Array | undefined> => {
    const key = keyOf(item.cid);
    const bytes = (shared && underway.get(key)) || start(item);
    if (shared) underway.set(key, bytes);
    begun.set(item, bytes);
    // `pop` returns the promise with its failure. If it is never popped, an unhandled rejection must not end the program.
    bytes.catch(() => undefined);
    return bytes;
  };

  const beginAhead = (): void => {
    let left = readAhead;
    for (let i = lists.length - 1; i >= 0; i--) {
      const { items, at } = lists[i]!;
      for (let j = at; j < items.length; j++) {
        if (left-- === 0 || begun.size >= mostAhead) return;
        if (!begun.has(items[j]!)) begin(items[j]!);
      }
    }
  };

  return {
    push(next) {
      if (next.length === 0) return;
      waiting += next.length;
      if (waiting > mostWaiting) {
        throw new Failure("input", `more than ${mostWaiting} links wait to be followed: this is no DAG of files`);
      }
      lists.push({ items: next, at: 0 });
    },

    pop() {
      beginAhead();
      const list = lists.at(-1);
      if (!list) return undefined;
      const item = list.items[list.at++]!;
      if (list.at === list.items.length) lists.pop();
      waiting--;
      const bytes = begun.get(item) ?? begin(item);
      begun.delete(item);
      underway.delete(keyOf(item.cid));
      return { item, bytes };
    },
  };
}
