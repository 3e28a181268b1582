/**
 * Reads the files on a branch of the remote from the private repository, which fetches missing objects.
 *
 * A tip is the branch at one commit. Its folders are fetched with it, its files when they are read. A caller that reads one
 * old file of a folder usually reads all of them, so they are fetched together.
 */
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Repository } from "./repository.ts";
import { entriesOf, entryOf, type TreeEntry, treeOf } from "./tree.ts";

export interface Tip {
  readonly commit: string;
  /** Entries of the top folder, by name. */
  readonly entries: Entries;
}

export interface Branch {
  /** The branch as it is at `commit`, with files of at most `blobsUpTo` bytes. */
  tipAt(commit: string, world: World, limits: { readonly blobsUpTo: number }): Promise<Tip>;
  /** The file at `path`; `undefined` where there is none. @throws Failure `corrupt` where something else is there. */
  find(tip: Tip, path: readonly string[]): Promise<TreeEntry | undefined>;
  /** Bytes of a file, fetched if they are not local. @throws Failure `corrupt` if it has more than `atMost`. */
  content(entry: TreeEntry, atMost: number, world: World): Promise<Uint8Array>;
  /** Fetches every file below the top-level folder `name` that is not local. */
  bringAll(tip: Tip, folder: string, world: World): Promise<void>;
}

type Entries = ReadonlyMap<string, TreeEntry>;

/** Bytes of a folder's own object: four hundred thousand entries. */
const largestFolder = 16 << 20;

/** How deep folders are followed when all below one is brought. Ours have two below the top. */
const deepest = 4;

/** `name`: of the branch, for messages. */
export function branchIn(repository: Repository, name: string): Branch {
  let folders: { readonly of: Tip; readonly byId: Map<string, Entries> } | undefined;

  const entriesAt = async (tree: string): Promise<Entries> => {
    const object = await repository.read(tree, largestFolder);
    if (!object) throw new Failure("corrupt", `${name} lacks its folder ${tree}`);
    return entriesOf(object, `${tree} on ${name}`);
  };

  const lackingBelow = async (folder: string, depth: number): Promise<string[]> => {
    const lacking: string[] = [];
    for (const { kind, oid } of (await entriesAt(folder)).values()) {
      if (kind === "file" && !(await repository.has(oid))) lacking.push(oid);
      if (kind === "folder" && depth < deepest) lacking.push(...(await lackingBelow(oid, depth + 1)));
    }
    return lacking;
  };

  return {
    async tipAt(commit, world, limits) {
      if (!(await repository.has(commit))) {
        await repository.bringCommit(commit, world, limits);
        await repository.record(commit, world);
      }
      const bytes = await repository.read(commit, largestFolder);
      return { commit, entries: await entriesAt(treeOf(bytes!, name)) };
    },

    async find(tip, path) {
      if (folders?.of !== tip) folders = { of: tip, byId: new Map() };
      const { byId } = folders;
      let entries = tip.entries;
      for (const part of path.slice(0, -1)) {
        const folder = entryOf(entries, part, "folder", name);
        if (!folder) return undefined;
        const known = byId.get(folder.oid) ?? (await entriesAt(folder.oid));
        byId.set(folder.oid, known);
        entries = known;
      }
      return entryOf(entries, path.at(-1)!, "file", name);
    },

    async content({ oid }, atMost, world) {
      let object = await repository.read(oid, atMost);
      if (!object) {
        await repository.bringBlobs([oid], world);
        object = await repository.read(oid, atMost);
      }
      if (object?.type !== "blob") throw new Failure("corrupt", `${name} lacks what it lists as ${oid}`);
      return object.bytes;
    },

    async bringAll(tip, folder, world) {
      const top = entryOf(tip.entries, folder, "folder", name);
      const lacking = top ? await lackingBelow(top.oid, 1) : [];
      if (lacking.length > 0) await repository.bringBlobs(lacking, world);
    },
  };
}
