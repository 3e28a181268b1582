/**
 * What to add again where pins lack blocks: leaves of tree.yaml with their lines, files of older releases, and what was added
 * from this machine, instead of the labels and CIDs that a node knows.
 */
import type { CID } from "multiformats/cid";
import { identity } from "../../core/cid.ts";
import { isFailure } from "../../core/failure.ts";
import { byBytes } from "../../core/text/order.ts";
import { dataLeaves, type Leaf, type Tree } from "../../core/tree/tree.ts";
import { type Get, keyOf } from "../../dag/block.ts";
import { resolve } from "../../dag/read/read.ts";
import type { IncompletePin } from "../../ipfs/node.ts";
import { isWithin } from "./incomplete-pins.ts";
import { type Pinned, pinnedBy } from "./label.ts";

export interface AddAgain {
  /** Of a leaf of tree.yaml; of a file of an older release, which tree.yaml no longer has; on this machine's disk. */
  readonly path: string;
  readonly line?: number;
  readonly cid?: CID;
  /** The newest release that has it, where tree.yaml hasn't. */
  readonly release?: number;
  /** Where it was added from, where that is known. */
  readonly from?: string;
  /** The first files that lack blocks, below `path`. */
  readonly files: readonly string[];
}

interface Found extends Omit<AddAgain, "files"> {
  readonly files: Set<string>;
}

export interface Known {
  readonly tree: Tree;
  readonly campaign: string;
  /** Every pin by its label. */
  readonly pins: ReadonlyMap<string, CID>;
  readonly get: Get;
}

/** What publishing makes by itself (directories above leaves, portals) is left out. */
export async function addAgain(incomplete: readonly IncompletePin[], known: Known): Promise<AddAgain[]> {
  const { tree, campaign, pins, get } = known;
  const found = new Map<string, Found>();
  const note = (what: Omit<AddAgain, "files">, file: string): void => {
    const { path, line, release } = what;
    const key = line === undefined && release !== undefined ? `old ${path}` : path;
    const before = found.get(key);
    const one = before ?? { ...what, files: new Set<string>() };
    found.set(key, { ...one, ...(release !== undefined && { release: Math.max(release, one.release ?? 0) }) });
    if (file !== "") one.files.add(file);
  };

  const older: { readonly cid: CID; readonly path: string; readonly release: number }[] = [];
  /** Blocks that adding what was noted brings. */
  const brought = new Set<string>();
  for (const { label, root, missing } of incomplete) {
    const pinned = pinnedBy(label, campaign);
    for (const { cid, path } of missing) {
      const inTree = pathInTree(pinned, path);
      const leaf = inTree === undefined ? leafOf(tree, root) : leafAt(tree, inTree);
      if (leaf && (inTree === undefined || (await hasLeaf(root, pinned, leaf, get)))) {
        note(leafToAdd(leaf, pins, campaign), inTree === undefined ? path : inTree.slice(leaf.path.length + 1));
        brought.add(keyOf(cid));
      } else if (pinned.what === "added") note({ path: pinned.path, from: pinned.path }, path);
      else if (inTree !== undefined && "release" in pinned && !isFolderOf(tree, inTree))
        older.push({ cid, path: inTree, release: pinned.release });
    }
  }
  for (const { cid, path, release } of older) if (!brought.has(keyOf(cid))) note({ path, release }, "");
  return [...found.values()]
    .map(({ files, ...what }) => ({ ...what, files: [...files] }))
    .sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || byBytes(a.path, b.path));
}

/** Whether what is pinned has at the leaf's path what tree.yaml has there now. */
async function hasLeaf(root: CID, { what }: Pinned, { path, cid }: Leaf, get: Get): Promise<boolean> {
  if (what === "leaf") return identity(root) === identity(cid);
  try {
    const there = await resolve(root, what === "portal" ? `tree/${path}` : path, get);
    return there !== undefined && identity(there) === identity(cid);
  } catch (error) {
    // A directory on the way is missing: it may be the same.
    if (isFailure(error)) return true;
    throw error;
  }
}

function leafOf(tree: Tree, root: CID): Leaf | undefined {
  return dataLeaves(tree).find(({ cid }) => identity(cid) === identity(root));
}

function pathInTree(pinned: Pinned, path: string): string | undefined {
  switch (pinned.what) {
    case "tree":
      return path;
    case "portal":
      return path.startsWith("tree/") ? path.slice("tree/".length) : undefined;
    case "leaf":
      return path === "" ? pinned.path : `${pinned.path}/${path}`;
    default:
      return undefined;
  }
}

function leafAt(tree: Tree, path: string): Leaf | undefined {
  return dataLeaves(tree).find((leaf) => isWithin(path, leaf.path));
}

/** A directory above leaves, which publishing makes anew. */
function isFolderOf(tree: Tree, path: string): boolean {
  return [...tree.keys()].some((leaf) => isWithin(leaf, path));
}

function leafToAdd({ path, line, cid }: Leaf, pins: ReadonlyMap<string, CID>, campaign: string) {
  const [from] = [...pins].flatMap(([label, root]) => {
    const pinned = pinnedBy(label, campaign);
    return pinned.what === "added" && identity(root) === identity(cid) ? [pinned.path] : [];
  });
  return { path, line, cid, ...(from !== undefined && { from }) };
}
