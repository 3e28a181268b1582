/**
 * Files that are either the old one or the new one, whatever happens in between.
 *
 * The new bytes are on the disk before they get the name, and the name is on the disk before we say so: after a power
 * cut a reader finds all of one version, never a mixture, never an empty file.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskFailure } from "./disk-failure.ts";

/**
 * Replace the file at `path`, or make it; its folder must exist. A symbolic link stays, the file it names is replaced.
 *
 * @throws Failure `refused` where the disk is full or says no; what stood at `path` is then untouched.
 */
export async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  const target = await realpath(path).catch((error) => unlessAbsent(error, path, path));
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}${draftEnding}`);
  try {
    const mode = await modeOf(target);
    const file = await open(draft, "wx", mode);
    try {
      // What umask took away of it stays the file's own.
      if (mode !== undefined && ((await file.stat()).mode & permissions) !== mode) await file.chmod(mode);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(draft, { force: true });
    throw diskFailure(error, `writing ${path}`);
  }
}

/** What the name of a draft ends in: one that a crash left behind can be told by it, and removed. */
export const draftEnding = ".draft";

/** Make names that were made or removed in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, "r");
  } catch (error) {
    if (foldersCannotBeOpened.has((error as NodeJS.ErrnoException).code!)) return;
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (!foldersCannotBeOpened.has((error as NodeJS.ErrnoException).code!)) throw error;
  } finally {
    await handle.close();
  }
}

/** How Windows and some network file systems say that folders need no, and know no, fsync. */
const foldersCannotBeOpened: ReadonlySet<string> = new Set(["EISDIR", "EINVAL", "EPERM", "ENOTSUP"]);

const permissions = 0o777;

/** `undefined` where nothing stands there. */
async function modeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mode }) => mode & permissions,
    (error) => unlessAbsent(error, path, undefined),
  );
}

/** `instead` where nothing stands at `path`. Whatever else the disk says must not pass for that. */
function unlessAbsent<T>(error: NodeJS.ErrnoException, path: string, instead: T): T {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return instead;
  throw diskFailure(error, `writing ${path}`);
}
