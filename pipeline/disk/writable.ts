/**
 * Whether a file that belongs to the user may be changed.
 *
 * fieldtree changes a file by replacing it, which a read-only mode of the file doesn't prevent, and no mode stops root. A user
 * who removed the write permission meant the file to stay unchanged, so the mode is checked before anything is done.
 */
import { access, constants, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure } from "../core/failure.ts";
import { diskFailure } from "./disk-failure.ts";

/**
 * Refuse to change a file that is read-only, or in a read-only folder, or on a read-only disk. A file that doesn't exist may
 * be created where its folder allows it.
 *
 * @throws Failure `refused` naming which of these it is and what to do.
 */
export async function assertMayChange(path: string): Promise<void> {
  const target = await realpath(path).catch((error) => unlessAbsent(error, path));
  const folder = dirname(target);
  for (const place of [target, folder]) {
    const mode = await stat(place).then(
      (found) => found.mode,
      (error) => unlessAbsent(error, undefined),
    );
    if (mode === undefined) continue;
    const which = place === folder ? "its folder is read-only" : "it is read-only";
    const shown = `mode ${(mode & 0o7777).toString(8).padStart(4, "0")}`;
    if ((mode & 0o222) === 0) throw readOnly(path, `${which} (${shown})`, `chmod u+w ${place}`);
    try {
      await access(place, constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EROFS") throw readOnly(path, "its disk is mounted read-only", "run it where it can be changed");
      if (code !== "EACCES" && code !== "EPERM") throw diskFailure(error, `examining ${place}`);
      throw readOnly(path, `${which} for others than its owner (${shown})`, "run it as its owner");
    }
  }
}

function readOnly(path: string, why: string, todo: string): Failure {
  return new Failure("refused", `${path} is left as it is: ${why}`, { hint: todo });
}

function unlessAbsent<T>(error: NodeJS.ErrnoException, instead: T): T {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return instead;
  throw error;
}
