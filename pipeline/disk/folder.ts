/** A directory of this machine as a {@link Folder}, so that datasets are described before they are ever added. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Folder, FolderEntry } from "../core/dataset.ts";

/**
 * The directory at `path`; `undefined` where there is none. Its CIDs are not known, and so are empty. Sizes are those of
 * files; directories count 0. Symbolic links out of the folder are followed, as adding the folder would not: look before you link.
 */
export async function localFolder(path: string): Promise<Folder | undefined> {
  const listed = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!listed) return undefined;
  const entries = new Map<string, FolderEntry>();
  for (const entry of listed) {
    const size = entry.isFile() ? (await stat(join(path, entry.name))).size : 0;
    entries.set(entry.name, { cid: "", size });
  }
  return {
    cid: path,
    entries,
    folder: (below) => localFolder(join(path, below)),

    async read(below, _world, range) {
      const file = await open(join(path, below)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
        throw error;
      });
      if (!file) return undefined;
      try {
        const about = await file.stat();
        if (!about.isFile()) return undefined;
        const offset =
          range === undefined ? 0 : "offset" in range ? range.offset : Math.max(0, about.size - range.suffixLength);
        const length = Math.max(
          0,
          Math.min(about.size - offset, range && "length" in range ? range.length : about.size),
        );
        const bytes = new Uint8Array(length);
        const { bytesRead } = await file.read(bytes, 0, length, offset);
        return bytes.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}
