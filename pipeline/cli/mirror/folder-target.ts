/**
 * A plain folder as a mirror, for people without IPFS: each leaf under its path in the tree, with real file names.
 *
 * A leaf is written next to its place and renamed, so that readers and `rsync` find the old version or the new one.
 * `mirror.json` in the folder has what is there; a leaf whose files are no longer those is written again.
 */
import { lstat, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CID } from "multiformats/cid";
import * as v from "valibot";
import { Failure } from "../../core/failure.ts";
import { stableJson } from "../../core/json.ts";
import { isTreePath } from "../../core/tree/names.ts";
import type { Get } from "../../dag/block.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import { type MirrorTarget, statusInJson } from "../../stages/mirror/mirror.ts";
import type { MirrorItem } from "../../stages/mirror/plan.ts";
import { extract } from "../local/extract.ts";

/** `folder`: absolute path. `name`: that of the mirror. */
export function folderTarget(name: string, folder: string, get: Get): MirrorTarget {
  const file = join(folder, "mirror.json");
  let known: Map<string, Copy> | undefined;
  const load = async () => (known ??= await readCopies(file, name));
  const save = async (status: object = { mirror: name }) => {
    const copies = Object.fromEntries(await load());
    await writeDurably(file, stableJson({ ...status, copies }, 2));
  };

  const remove = async (path: string): Promise<void> => {
    const gone = join(folder, `.${name}.gone`);
    await rm(gone, { recursive: true, force: true });
    await rename(join(folder, path), gone).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    });
    (await load()).delete(path);
    await save();
    await rm(gone, { recursive: true, force: true });
    await removeEmptyFolders(folder, dirname(path));
  };

  return {
    name: folder,
    storesByCid: false,
    async items() {
      const found: MirrorItem[] = [];
      for (const [path, { cid, release, bytes, files, size }] of await load()) {
        const there = await measured(join(folder, path));
        if (there.files === files && there.size === size) found.push({ path, cid: CID.parse(cid), release, bytes });
      }
      return found;
    },
    async add(item, world) {
      if (item.path.split("/")[0] === "mirror.json")
        throw new Failure("input", `${item.path} is where the mirror describes itself: leave it out with --path`);
      const target = join(folder, item.path);
      await mkdir(dirname(target), { recursive: true });
      await extract({ cid: item.cid, get, target, replace: true, links: "skip" }, world);
      const { path, cid, release, bytes } = item;
      (await load()).set(path, { cid: cid.toString(), release, bytes, ...(await measured(target)) });
      await save();
    },
    async remove({ path }, world) {
      world.signal.throwIfAborted();
      await remove(path);
    },
    async finish(status) {
      // A damaged copy is not among the items, and one that is no longer meant to be there takes space.
      const meant = new Set(status.items.map(({ path }) => path));
      for (const path of [...(await load()).keys()]) if (!meant.has(path)) await remove(path);
      await save(statusInJson(name, status));
    },
  };
}

interface Copy {
  readonly cid: string;
  readonly release: number;
  readonly bytes: number;
  readonly files: number;
  /** Bytes of the files. */
  readonly size: number;
}

const number = v.pipe(v.number(), v.safeInteger());
/** What is removed is below the folder, whatever the file contains. */
const treePath = v.pipe(v.string(), v.check(isTreePath));
const copies = v.object({
  mirror: v.string(),
  copies: v.record(
    treePath,
    v.object({ cid: v.string(), release: number, bytes: number, files: number, size: number }),
  ),
});

async function readCopies(file: string, name: string): Promise<Map<string, Copy>> {
  const bytes = await readIfThere(file);
  if (!bytes) return new Map();
  try {
    const { mirror, copies: there } = v.parse(copies, JSON.parse(bytes.toString()));
    if (mirror === name) return new Map(Object.entries(there));
    throw new Failure("input", `${file} is that of the mirror ${mirror}, not of ${name}`);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const hint = "move it away: the folder is then filled anew";
    throw new Failure("input", `${file} is not as fieldtree writes it`, { hint, cause });
  }
}

/** Files at and below `path`, and their bytes; none where nothing is there. */
async function measured(path: string): Promise<{ files: number; size: number }> {
  const about = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!about) return { files: -1, size: 0 };
  if (!about.isDirectory()) return { files: 1, size: about.size };
  let [files, size] = [0, 0];
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    size += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return { files, size };
}

/** Folders above what was removed, as far as nothing else is in them. */
async function removeEmptyFolders(folder: string, below: string): Promise<void> {
  for (let at = below; at !== "."; at = dirname(at)) {
    try {
      await rmdir(join(folder, at));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOENT") return;
      throw error;
    }
  }
}
