/**
 * Links still to be followed, with the blocks next in line already on their way.
 *
 * A few blocks can link to one another so often that what they say has no end. So what waits is counted, what was asked for
 * ahead is bounded, and what a block links to is kept as one list, of which only the place moves.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { keyOf } from "../block.ts";

/** Blocks asked for before they are needed. Enough to hide a gateway's delay, little to hold in memory. */
const readAhead = 8;

/** Blocks that came before their turn, however deep the lists are: each may be of 2 MiB. */
const mostAhead = 32;

/** Links that wait. A file of 1024 links a block has some thousands of them, a sharded directory some hundreds. */
const mostWaiting = 300_000;

export interface Waiting<T> {
  /** The first of `next` comes off first, before all that waits. @throws Failure `input` where too many wait. */
  push(next: readonly T[]): void;
  pop(): { readonly item: T; readonly bytes: Promise<Uint8Array | undefined> } | undefined;
}

/** @param start loads an item; `undefined` where it turns out not to be needed. */
export function waitingLinks<T extends { readonly cid: CID }>(
  start: (item: T) => Promise<Uint8Array | undefined>,
): Waiting<T> {
  const lists: { readonly items: readonly T[]; at: number }[] = [];
  const begun = new Map<T, Promise<Uint8Array | undefined>>();
  // One block is not asked for twice at once, however often it is linked to.
  const underway = new Map<string, Promise<Uint8Array | undefined>>();
  let waiting = 0;

  const begin = (item: T): Promise<Uint8Array | undefined> => {
    const key = keyOf(item.cid);
    const bytes = underway.get(key) ?? start(item);
    underway.set(key, bytes);
    begun.set(item, bytes);
    // Whoever takes it sees the failure; where nobody does any more, it must not end the program.
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
