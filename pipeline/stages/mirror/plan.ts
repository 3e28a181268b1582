/**
 * What a mirror has to have: the leaves of the newest releases, newest first, as far as its budget goes.
 *
 * Pure: which release is newest, which leaves are asked for, and how large each is come from the caller.
 */

import type { CID } from "multiformats/cid";
import { identity } from "../../core/cid.ts";

export interface MirrorItem {
  /** In the tree. */
  readonly path: string;
  readonly cid: CID;
  /** The newest release that has it there. */
  readonly release: number;
  /** Of all blocks below, repeated ones counted each time: an upper bound. */
  readonly bytes: number;
}

export interface MirrorPlan {
  /** Newest release first, in each by the order of its tree. */
  readonly items: readonly MirrorItem[];
  /** What the budget has no room for, in the same order. */
  readonly left: readonly MirrorItem[];
}

/**
 * `candidates`: leaves of the releases, newest release first. The same data at several paths counts a single time where
 * `once` is set, as on a node. Each leaf that fits is taken: a large one that does not fit leaves room for smaller ones.
 *
 * @param budget bytes
 */
export function planMirror(candidates: Iterable<MirrorItem>, budget: number, byCid: boolean): MirrorPlan {
  const items: MirrorItem[] = [];
  const left: MirrorItem[] = [];
  const taken = new Set<string>();
  const data = new Set<string>();
  let bytes = 0;
  for (const item of candidates) {
    const key = keyOf(item);
    if (taken.has(key)) continue;
    taken.add(key);
    const known = byCid && data.has(identity(item.cid));
    const more = known ? 0 : item.bytes;
    if (bytes + more > budget) {
      left.push(item);
      continue;
    }
    bytes += more;
    data.add(identity(item.cid));
    items.push(item);
  }
  return { items, left };
}

/** The same data at the same path is the same item, of whichever release. */
export const keyOf = ({ path, cid }: Pick<MirrorItem, "path" | "cid">): string => `${identity(cid)} ${path}`;
