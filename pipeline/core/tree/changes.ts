/** What differs between two trees, by identity of the data and not by its spelling. */
import { identity } from "../cid.ts";
import { byBytes } from "../text/order.ts";
import type { Leaf, Tree } from "./tree.ts";

export type Change =
  /** `to`: the CID as written. */
  | { readonly op: "add"; readonly path: string; readonly to: string }
  | { readonly op: "remove"; readonly path: string; readonly from: string }
  | { readonly op: "update"; readonly path: string; readonly from: string; readonly to: string }
  /** As in JSON Patch: `from` is the path it had; the data is the same. */
  | { readonly op: "move"; readonly path: string; readonly from: string; readonly to: string }
  /** The same data under another spelling of its CID: the root changes, no data does. */
  | { readonly op: "respell"; readonly path: string; readonly from: string; readonly to: string };

/**
 * The changes that turn `base` into `next`, in byte order of the paths.
 *
 * Data that left one path and appeared at another moved; where the same data left or appeared several times, the
 * first path is paired with the first. An empty folder never moves: all empty folders are the same data.
 */
export function changesBetween(base: Tree, next: Tree): Change[] {
  const changes: Change[] = [];
  const added: Leaf[] = [];
  for (const leaf of next.values()) {
    const before = base.get(leaf.path);
    if (!before) added.push(leaf);
    else if (spelling(before) !== spelling(leaf)) {
      const op = identity(before.cid) === identity(leaf.cid) ? "respell" : "update";
      changes.push({ op, path: leaf.path, from: spelling(before), to: spelling(leaf) });
    }
  }
  const left = new Map<string, Leaf[]>();
  for (const leaf of inOrder(base.values().filter(({ path }) => !next.has(path)))) {
    const data = leaf.kind === "empty-folder" ? leaf.path : identity(leaf.cid);
    const same = left.get(data);
    if (same) same.push(leaf);
    else left.set(data, [leaf]);
  }
  for (const leaf of inOrder(added)) {
    const isNew = leaf.kind === "empty-folder" || left.size === 0;
    const from = isNew ? undefined : left.get(identity(leaf.cid))?.shift();
    if (from) changes.push({ op: "move", path: leaf.path, from: from.path, to: spelling(leaf) });
    else changes.push({ op: "add", path: leaf.path, to: spelling(leaf) });
  }
  for (const leaf of [...left.values()].flat()) {
    changes.push({ op: "remove", path: leaf.path, from: spelling(leaf) });
  }
  return inOrder(changes);
}

/** As linked: an empty value is the CID of the empty directory. */
function spelling(leaf: Leaf): string {
  return leaf.kind === "empty-folder" ? leaf.cid.toString() : leaf.written;
}

function inOrder<T extends { readonly path: string }>(items: Iterable<T>): T[] {
  return [...items].sort((a, b) => byBytes(a.path, b.path));
}
