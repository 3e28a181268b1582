/** A directory of this machine as a {@link Folder}, so that datasets are described before they are ever added. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Folder, type FolderEntry, splitFirst } from "../core/dataset.ts";

/**
 * The directory at `path`; `undefined` where there is none.
 *
 * Its CIDs are not known, and so are empty; sizes are those of files, and 0 for directories. A symbolic link is an entry
 * that is neither file nor folder, as it will be once it has been added.
 */
export async function localFolder(path: string): Promise<Folder | undefined> {
  const listed = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!listed) return undefined;

  const kinds = new Map(listed.map((entry) => [entry.name, entry]));
  const entries = new Map<string, FolderEntry>();
  for (const entry of listed) {
    const size = entry.isFile() ? (await stat(join(path, entry.name))).size : 0;
    entries.set(entry.name, { cid: "", size });
  }
  const inner = async (name: string) => (kinds.get(name)?.isDirectory() ? localFolder(join(path, name)) : undefined);

  return {
    cid: path,
    entries,

    async folder(below, world) {
      const [name, rest] = splitFirst(below);
      const folder = await inner(name);
      return rest === undefined ? folder : folder?.folder(rest, world);
    },

    async read(below, world, range) {
      const [name, rest] = splitFirst(below);
      if (rest !== undefined) return (await inner(name))?.read(rest, world, range);
      return kinds.get(name)?.isFile() ? readFile(join(path, name), range) : undefined;
    },
  };
}

async function readFile(path: string, range: Parameters<Folder["read"]>[2]): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const offset = range === undefined ? 0 : "offset" in range ? range.offset : Math.max(0, size - range.suffixLength);
    const length = Math.max(0, Math.min(size - offset, range && "length" in range ? range.length : size));
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
