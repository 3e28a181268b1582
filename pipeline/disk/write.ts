/**
 * Atomic, durable writes: after a crash at any time, the file is either the old or the new one.
 *
 * The new bytes are on the disk before they get the name, and the name is on the disk before the write returns. After a power
 * cut a reader finds one complete version, never a mixture or an empty file.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskFailure } from "./disk-failure.ts";

/**
 * Replace or create the file at `path`; its folder must exist. A symbolic link stays, and the file it points to is replaced.
 *
 * @throws Failure `refused` where the disk is full or denies access; the file at `path` is then unchanged.
 */
export async function writeDurably(
  path: string,
  bytes: Uint8Array | string | AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = await realpath(path).catch((error) => unlessAbsent(error, path, path));
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}${draftEnding}`);
  try {
    const mode = await modeOf(target);
    const file = await open(draft, "wx", mode);
    try {
      // Restore the permissions of the replaced file that umask removed.
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

/** The ending of a temporary file's name, by which files left by a crash are recognized and removed. */
export const draftEnding = ".draft";

/** Make the creation and removal of names in `folder` survive a power cut. */
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

/** Errors by which Windows and some network file systems report that folders neither need nor support fsync. */
const foldersCannotBeOpened: ReadonlySet<string> = new Set(["EISDIR", "EINVAL", "EPERM", "ENOTSUP"]);

const permissions = 0o777;

/** `undefined` where there is no file. */
async function modeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mode }) => mode & permissions,
    (error) => unlessAbsent(error, path, undefined),
  );
}

/** `instead` where there is no file at `path`. Any other error is thrown, so that it isn't taken for a missing file. */
function unlessAbsent<T>(error: NodeJS.ErrnoException, path: string, instead: T): T {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return instead;
  throw diskFailure(error, `writing ${path}`);
}
