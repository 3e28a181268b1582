/**
 * A graph of folders and their links, with one node for each folder however many paths lead to it.
 *
 * Three blocks can make a hundred million paths. {@link pathsIn} counts paths without walking them, and lists a bounded number.
 */
import { byBytes } from "../../core/text/order.ts";

export interface FolderNode<Here> {
  /** The path by which the search first found it; "" for the top folder. */
  readonly below: string;
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  /** The dataset that the folder itself is. */
  here?: Here;
  readonly children: { readonly name: string; readonly node: FolderNode<Here> }[];
}

export interface Paths<Here> {
  /** The first paths, a folder before its entries, entries in the order of their names. */
  readonly listed: readonly { readonly below: string; readonly node: FolderNode<Here> }[];
  /** The number of all paths. */
  readonly count: number;
}

/** Lists and counts the paths of at most `depth` names to every folder that is a dataset. */
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
