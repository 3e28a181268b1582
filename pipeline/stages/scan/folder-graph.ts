/**
 * Folders and what is linked in them, each folder once however many paths lead to it.
 *
 * Three blocks can make a hundred million paths. They are counted without being walked, and listed up to a number.
 */
import { byBytes } from "../../core/text/order.ts";

export interface FolderNode<Here> {
  /** The path by which it was met first; "" for the folder at the top. */
  readonly below: string;
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  /** What was found in the folder itself. */
  here?: Here;
  readonly children: { readonly name: string; readonly node: FolderNode<Here> }[];
}

export interface Paths<Here> {
  /** The first of them, a folder before what is in it, entries in the order of their names. */
  readonly listed: readonly { readonly below: string; readonly node: FolderNode<Here> }[];
  /** All there are. */
  readonly count: number;
}

/** Paths of at most `depth` names to every folder in which something was found. */
export function pathsIn<Here>(
  root: FolderNode<Here>,
  { most, depth }: { readonly most: number; readonly depth: number },
): Paths<Here> {
  const counts = Array.from({ length: depth + 1 }, () => new Map<FolderNode<Here>, number>());
  const count = (node: FolderNode<Here>, left: number): number => {
    const known = counts[left]!.get(node);
    if (known !== undefined) return known;
    let paths = node.here === undefined ? 0 : 1;
    if (left > 0) for (const { node: child } of node.children) paths += count(child, left - 1);
    counts[left]!.set(node, paths);
    return paths;
  };

  const listed: { below: string; node: FolderNode<Here> }[] = [];
  const list = (node: FolderNode<Here>, below: string, left: number): void => {
    if (listed.length >= most || count(node, left) === 0) return;
    if (node.here !== undefined) listed.push({ below, node });
    if (left === 0) return;
    for (const { name, node: child } of node.children.toSorted((a, b) => byBytes(a.name, b.name))) {
      if (listed.length >= most) return;
      list(child, below === "" ? name : `${below}/${name}`, left - 1);
    }
  };
  list(root, "", depth);
  return { listed, count: count(root, depth) };
}
