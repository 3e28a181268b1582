/**
 * The root from the tree: leaves by path become nested directories.
 *
 * Pure, given each leaf's CID and Tsize: no block of any leaf is read here. An {@link Assembly} stays around and knows what
 * it built, so that a change rebuilds only the folders above it.
 *
 * ```ts
 * const { cid: root } = assemble([{ path: "products/radar.zarr", cid, tsize }], profiles["cid-v1"], put);
 * ```
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { Link, Put } from "./block.ts";
import { badName, type Directory, emptyDirectory, makeDirectory } from "./directory.ts";
import type { Profile } from "./profile.ts";

/** A leaf with its CID as written in the tree, or an empty folder. */
export type Leaf =
  | { readonly path: string; readonly cid: CID; readonly tsize: number }
  | { readonly path: string; readonly empty: true };

export type Content = Link | { readonly empty: true };

export interface Assembly {
  /**
   * Put `content` at `path`, in place of the leaf or empty folder that was there.
   *
   * @throws Failure `input` where `path` is a folder with leaves, or is below a leaf.
   */
  set(path: string, content: Content): void;
  /**
   * Remove the leaf or empty folder at `path`, and the folders above that are empty then, as when their line leaves the tree.
   *
   * @throws Failure `input` where there is none.
   */
  remove(path: string): void;
  /** The root as it is now. `put` is given the blocks of folders that changed since the last call, children before parents. */
  root(put: Put): Link;
}

/** @throws Failure `input` where a path is empty, twice there, or both a leaf and a folder. */
export function assemble(leaves: Iterable<Leaf>, profile: Profile, put: Put): Link {
  return assembly(leaves, profile).root(put);
}

/** @throws Failure `input` as {@link assemble} does. */
export function assembly(leaves: Iterable<Leaf>, profile: Profile): Assembly {
  const top: Folder = { name: "", parent: undefined, directory: emptyDirectory(profile), stale: new Set() };
  const folders = new Map<string, Folder>([["", top]]);
  let emptyIsOwed = false;

  /** The folder at `path`, created with its parents where it is absent; none is created where a part of the path is refused. */
  const folderAt = (path: string, leaf: string): Folder => {
    const known = folders.get(path);
    if (known) return known;
    const depth = path.split("/").length;
    if (depth > deepest) {
      throw new Failure(
        "input",
        `${leaf.slice(0, 60)}… lies in ${depth} folders, one in another; ${deepest} are the most`,
      );
    }
    const { above, name } = divided(path);
    refuseBadName(name, leaf);
    const parent = folderAt(above, leaf);
    if (parent.directory.has(name)) throw new Failure("input", `${path} is a leaf, so ${leaf} can't lie below it`);
    const folder = { name, parent, directory: emptyDirectory(profile), stale: new Set<Folder>() };
    folders.set(path, folder);
    return folder;
  };

  const set = (path: string, content: Content, mayReplace: boolean): void => {
    const { above, name } = divided(path);
    refuseBadName(name, path);
    const folder = folderAt(above, path);
    if (folders.has(path)) {
      throw new Failure("input", `${path} is a folder with leaves below it, so it can't be a leaf itself`);
    }
    if (!mayReplace && folder.directory.has(name)) throw new Failure("input", `${path} is there twice`);
    const link = "cid" in content ? content : makeDirectory([], profile, () => undefined);
    emptyIsOwed ||= link !== content;
    folder.directory.set({ name, cid: link.cid, tsize: link.tsize });
    markStale(folder);
  };

  for (const leaf of leaves) set(leaf.path, leaf, false);

  return {
    set: (path, content) => set(path, content, true),

    remove(path) {
      const { above, name } = divided(path);
      const folder = folders.get(above);
      if (!folder?.directory.has(name) || folders.has(path)) throw new Failure("input", `no leaf is at ${path}`);
      folder.directory.remove(name);
      markStale(folder);
      prune(folder, above);
    },

    root(put) {
      if (emptyIsOwed) makeDirectory([], profile, put);
      emptyIsOwed = false;
      return make(top, put);
    },
  };

  function prune(folder: Folder, path: string): void {
    if (!folder.parent || folder.directory.size > 0 || folder.stale.size > 0) return;
    folders.delete(path);
    folder.parent.stale.delete(folder);
    folder.parent.directory.remove(folder.name);
    prune(folder.parent, divided(path).above);
  }
}

interface Folder {
  readonly name: string;
  readonly parent: Folder | undefined;
  /** Leaves, and the folders below as they were when last built. */
  readonly directory: Directory;
  /** Folders below that changed since, or were never built. A folder in this set has each of its parents in the set of theirs. */
  readonly stale: Set<Folder>;
}

/** Folders one in another. More are a mistake or an attack, and no gateway would take an address that long. */
const deepest = 512;

function markStale(folder: Folder): void {
  for (let each = folder; each.parent && !each.parent.stale.has(each); each = each.parent) each.parent.stale.add(each);
}

function make(folder: Folder, put: Put): Link {
  for (const below of folder.stale) {
    const { cid, tsize } = make(below, put);
    folder.directory.set({ name: below.name, cid, tsize });
  }
  folder.stale.clear();
  return folder.directory.make(put);
}

function divided(path: string): { readonly above: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  if (slash === 0) throw new Failure("input", `${JSON.stringify(path)} begins with a slash`);
  return slash < 0 ? { above: "", name: path } : { above: path.slice(0, slash), name: path.slice(slash + 1) };
}

function refuseBadName(name: string, path: string): void {
  const why = badName(name);
  if (why) throw new Failure("input", `${JSON.stringify(path)} can't be a path: a name in it ${why}`);
}
