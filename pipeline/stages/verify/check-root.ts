/**
 * Checks whether a root is the root of a tree. It reads directories only, no leaf, so a CAR without the data is enough.
 *
 * A directory that an earlier, already checked root has at the same path with the same CID is not read again: the cost of
 * a log of a thousand releases depends on the changes in them.
 */
import type { CID } from "multiformats/cid";
import { emptyDirectory, identity } from "../../core/cid.ts";
import { Failure } from "../../core/failure.ts";
import type { Leaf, Tree } from "../../core/tree/tree.ts";
import type { Get } from "../../dag/block.ts";
import { entries } from "../../dag/read/read.ts";

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly leaves: Map<string, Leaf>;
}

/** A root that passed the check. */
export interface CheckedRoot {
  readonly cid: CID;
  readonly folder: Folder;
}

/**
 * `before`: the result for an earlier root.
 *
 * @throws Failure `corrupt` with the first path that differs; `unavailable` where a directory is out of reach.
 */
export async function checkRoot(
  root: CID,
  tree: Tree,
  before: CheckedRoot | undefined,
  get: Get,
): Promise<CheckedRoot> {
  const checked = { cid: root, folder: folderOf(tree) };
  await compare({ path: "", ...checked }, before, get);
  return checked;
}

interface FolderToCheck extends CheckedRoot {
  readonly path: string;
}

async function compare({ path, cid, folder }: FolderToCheck, before: CheckedRoot | undefined, get: Get): Promise<void> {
  if (before?.cid.equals(cid) && same(before.folder, folder)) return;
  const earlier = new Map<string, CID>();
  if (before) for await (const { name, cid } of entries(before.cid, get)) earlier.set(name, cid);
  const left = new Set([...folder.folders.keys(), ...folder.leaves.keys()]);
  for await (const entry of entries(cid, get)) {
    const at = path === "" ? entry.name : `${path}/${entry.name}`;
    left.delete(entry.name);
    const leaf = folder.leaves.get(entry.name);
    const below = folder.folders.get(entry.name);
    if (!leaf && !below) throw new Failure("corrupt", `${at} stands in the root, and not in tree.yaml`);
    if (leaf?.kind === "data" && !leaf.cid.equals(entry.cid)) {
      throw new Failure("corrupt", `${at} is ${entry.cid} in the root, and ${leaf.written} in tree.yaml`);
    }
    // The CID of the usual empty directory proves that it is empty, and a CAR of directories need not have its block. Other
    // profiles give other CIDs, so for any other CID the entries are read: there must be none.
    if (leaf?.kind === "empty-folder" && identity(entry.cid) !== identity(emptyDirectory))
      for await (const { name } of entries(entry.cid, get))
        throw new Failure("corrupt", `${at}/${name} stands in the root, and not in tree.yaml`);
    if (!below) continue;
    const folderThen = before?.folder.folders.get(entry.name);
    const cidThen = earlier.get(entry.name);
    await compare(
      { path: at, cid: entry.cid, folder: below },
      folderThen && cidThen && { cid: cidThen, folder: folderThen },
      get,
    );
  }
  const [missing] = left;
  if (missing !== undefined)
    throw new Failure(
      "corrupt",
      `${path === "" ? missing : `${path}/${missing}`} stands in tree.yaml, and not in the root`,
    );
}

function folderOf(tree: Tree): Folder {
  const root: Folder = { folders: new Map(), leaves: new Map() };
  for (const leaf of tree.values()) {
    const names = leaf.path.split("/");
    let at = root;
    for (const name of names.slice(0, -1)) {
      const below = at.folders.get(name) ?? { folders: new Map(), leaves: new Map() };
      at.folders.set(name, below);
      at = below;
    }
    at.leaves.set(names.at(-1)!, leaf);
  }
  return root;
}

function same(a: Folder, b: Folder): boolean {
  if (a.folders.size !== b.folders.size || a.leaves.size !== b.leaves.size) return false;
  for (const [name, leaf] of a.leaves) {
    const other = b.leaves.get(name);
    if (other?.kind !== leaf.kind || !other.cid.equals(leaf.cid)) return false;
  }
  for (const [name, folder] of a.folders) {
    const other = b.folders.get(name);
    if (!other || !same(folder, other)) return false;
  }
  return true;
}
