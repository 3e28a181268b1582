/**
 * Numbers of documents, which stay the same from release to release: the lists of an index change little then.
 *
 * Leaves of the tree are numbered in the order in which releases added them, within a release by path. A leaf that is moved or
 * updated keeps its number; one that is removed leaves a hole, and gets another number when it comes back. The first dataset of a
 * leaf has the number of the leaf. Others have numbers far above, in the order of their paths: a leaf has room for 8, 64, 4096
 * and 1 048 576 of them, each with its own range of numbers.
 */
import { byBytes } from "../../core/text/order.ts";
import type { Change } from "../../core/tree/changes.ts";
import type { Fold } from "../view.ts";

/** Plain JSON. Leaves are divided by the hash of their path, so that a release copies the few parts it changes. */
export type LeafNumbers = {
  /** The number of the next leaf. */
  readonly next: number;
  readonly parts: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

export const noLeaves: LeafNumbers = { next: 0, parts: {} };

/** What a merged release changed is among the changes of the merge. So no number changes when a release follows a merge. */
export const numbers: Fold<LeafNumbers> = {
  name: "numbers",
  version: 1,
  empty: noLeaves,
  step: (state, { release, isMerged }) => (isMerged ? state : afterChanges(state, release.changes)),
};

/** Parts are named by the first letters of a hash of the path. */
const partCount = 1024;

/** The numbers after a release. */
export function afterChanges({ next, parts }: LeafNumbers, changes: readonly Change[]): LeafNumbers {
  const after: Record<string, Readonly<Record<string, number>>> = { ...parts };
  const copied = new Map<string, Record<string, number>>();
  const partFor = (path: string): Record<string, number> => {
    const name = partOf(path);
    const known = copied.get(name);
    if (known) return known;
    // Paths are user input: with a null prototype, one named __proto__ is like any other.
    const copy: Record<string, number> = Object.assign(Object.create(null), parts[name]);
    copied.set(name, copy);
    after[name] = copy;
    return copy;
  };
  // A path may be the origin of one move and the target of another: all origins are taken before a target is set.
  const moved = new Map<string, number | undefined>();
  for (const change of changes) {
    const leaves = (path: string) => partFor(path);
    if (change.op === "move") {
      moved.set(change.path, leaves(change.from)[change.from]);
      delete leaves(change.from)[change.from];
    } else if (change.op === "remove") delete leaves(change.path)[change.path];
  }
  let number = next;
  for (const { path } of [...changes].filter(({ op }) => op !== "remove").sort((a, b) => byBytes(a.path, b.path))) {
    const leaves = partFor(path);
    leaves[path] = moved.get(path) ?? leaves[path] ?? number++;
  }
  return { next: number, parts: after };
}

function partOf(path: string): string {
  let hash = 0;
  for (let i = 0; i < path.length; i++) hash = (Math.imul(hash, 31) + path.charCodeAt(i)) >>> 0;
  return String(hash % partCount);
}

/** Numbers of documents by their paths, and the number of the next leaf. A path below no leaf is numbered after all leaves. */
export function numbersOf(
  leaves: LeafNumbers,
  paths: readonly string[],
): { numbers: Map<string, number>; next: number } {
  const numbers = new Map<string, number>();
  const below = new Map<number, number>();
  let { next } = leaves;
  for (const path of [...paths].sort(byBytes)) {
    const leaf = leafAbove(path, leaves) ?? next++;
    const before = below.get(leaf) ?? 0;
    below.set(leaf, before + 1);
    numbers.set(path, numberOf(leaf, before));
  }
  return { numbers, next };
}

function leafAbove(path: string, { parts }: LeafNumbers): number | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const above = path.slice(0, end);
    const part = parts[partOf(above)];
    if (part && Object.hasOwn(part, above)) return part[above];
  }
  return undefined;
}

/** Bits that number the datasets of one leaf, after the first, for 8, 64, 4096 and 2^20 of them. */
const roomBits = [3, 6, 12, 20];

/** Numbers below this are those of leaves. */
const mostLeaves = 2 ** 28;

/** The number of dataset `i` of a leaf. */
export function numberOf(leaf: number, i: number): number {
  if (i === 0) return leaf;
  let start = mostLeaves;
  for (const bits of roomBits) {
    if (i < 2 ** bits) return start + leaf * 2 ** bits + i;
    start += mostLeaves * 2 ** bits;
  }
  throw new RangeError(`dataset ${i} of one leaf has no number`);
}
