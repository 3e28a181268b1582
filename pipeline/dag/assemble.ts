/**
 * The root from the tree: leaves by path become nested directories.
 *
 * Pure, given each leaf's CID and Tsize: no block of any leaf is read here. An {@link Assembly} stays around and knows what
 * it made, so that a change makes only the folders above it again.
 *
 * ```ts
 * const { cid: root } = assemble([{ path: "products/radar.zarr", cid, tsize }], profiles["cid-v1"], put);
 * ```
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { Link, Put } from "./block.ts";
import { badName, type Directory, emptyDirectory } from "./directory.ts";
import type { Profile } from "./profile.ts";

/** A leaf with its CID as written in the tree, or a folder that stands empty. */
export type Leaf =
  | { readonly path: string; readonly cid: CID; readonly tsize: number }
  | { readonly path: string; readonly empty: true };

export type Content = Link | { readonly empty: true };

export interface Assembly {
  /**
   * Let `content` stand at `path`, in place of the leaf or empty folder that stood there.
   *
   * @throws Failure `input` where `path` is, or lies below, something of the other kind: a folder, a leaf.
   */
  set(path: string, content: Content): void;
  /**
   * Take away what stands at `path`; folders left without anything go with it, as they do when their line leaves the tree.
   *
   * @throws Failure `input` where nothing stands there.
   */
  remove(path: string): void;
  /** The root as it is now. `put` is given the blocks of folders that weren't made before, children before parents. */
  root(put: Put): Link;
}

/** @throws Failure `input` where a path is empty, twice there, or both a leaf and a folder. */
export function assemble(leaves: Iterable<Leaf>, profile: Profile, put: Put): Link {
  return assembly(leaves, profile).root(put);
}

/** @throws Failure `input` as {@link assemble} does. */
export function assembly(leaves: Iterable<Leaf>, profile: Profile): Assembly {
  const top = emptyFolder(profile);

  const set = (path: string, content: Content, mayReplace: boolean): void => {
    const { above, name } = namesOf(path);
    let folder = top;
    for (const [depth, step] of above.entries()) {
      folder.stale.add(step);
      let next = folder.folders.get(step);
      if (next?.standsEmpty || (!next && folder.directory.has(step))) {
        throw new Failure("input", `${above.slice(0, depth + 1).join("/")} is a leaf, so ${path} can't lie below it`);
      }
      if (!next) {
        next = emptyFolder(profile);
        folder.folders.set(step, next);
      }
      folder = next;
    }
    const held = folder.folders.get(name);
    if (held && !held.standsEmpty) {
      throw new Failure("input", `${path} is a folder with leaves below it, so it can't be a leaf itself`);
    }
    if (!mayReplace && (held || folder.directory.has(name))) throw new Failure("input", `${path} is there twice`);
    if ("cid" in content) {
      folder.folders.delete(name);
      folder.directory.set({ name, cid: content.cid, tsize: content.tsize });
    } else {
      folder.folders.set(name, { ...emptyFolder(profile), standsEmpty: true });
      folder.stale.add(name);
    }
  };

  for (const leaf of leaves) set(leaf.path, leaf, false);

  return {
    set: (path, content) => set(path, content, true),

    remove(path) {
      const { above, name } = namesOf(path);
      const way: Folder[] = [top];
      for (const step of above) {
        const next = way.at(-1)!.folders.get(step);
        if (!next) throw new Failure("input", `nothing stands at ${path}`);
        way.push(next);
      }
      const held = way.at(-1)!.folders.get(name);
      if (held ? !held.standsEmpty : !way.at(-1)!.directory.has(name)) {
        throw new Failure("input", `no leaf stands at ${path}`);
      }
      takeOut(way.at(-1)!, name);
      for (let depth = above.length; depth > 0; depth--) {
        const folder = way[depth]!;
        if (folder.folders.size > 0 || folder.directory.size > 0) way[depth - 1]!.stale.add(above[depth - 1]!);
        else takeOut(way[depth - 1]!, above[depth - 1]!);
      }
    },

    root: (put) => make(top, put),
  };
}

interface Folder {
  readonly folders: Map<string, Folder>;
  /** Leaves, and the folders as they were when last made. */
  readonly directory: Directory;
  /** Folders that have changed since. */
  readonly stale: Set<string>;
  /** The tree says that this folder is empty: it is a leaf of the tree, nothing may lie below it. */
  readonly standsEmpty: boolean;
}

/** Folders above one another; more are a mistake or an attack, and names this long fit no gateway's URL. */
const deepest = 512;

function emptyFolder(profile: Profile): Folder {
  return { folders: new Map(), directory: emptyDirectory(profile), stale: new Set(), standsEmpty: false };
}

function takeOut(folder: Folder, name: string): void {
  folder.folders.delete(name);
  folder.stale.delete(name);
  folder.directory.remove(name);
}

function make(folder: Folder, put: Put): Link {
  for (const name of folder.stale) {
    folder.directory.set({ name, ...make(folder.folders.get(name)!, put) });
  }
  folder.stale.clear();
  return folder.directory.make(put);
}

function namesOf(path: string): { above: readonly string[]; name: string } {
  const names = path.split("/");
  if (names.length > deepest) {
    throw new Failure("input", `${path.slice(0, 60)}… is ${names.length} names deep; ${deepest} are the most`);
  }
  refuseBadNames(names, path);
  return { above: names.slice(0, -1), name: names.at(-1)! };
}

function refuseBadNames(names: readonly string[], path: string): void {
  const bad = names.find((name) => badName(name) !== undefined);
  if (bad !== undefined) throw new Failure("input", `${JSON.stringify(path)} holds a name that ${badName(bad)}`);
}
