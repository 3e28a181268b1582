/** Errors of the file system as failures whose messages state what to do. */
import { Failure } from "../core/failure.ts";

/**
 * The failure for an `error` of the file system, while `doing` (a participle: "adding flight.nc").
 *
 * Any other error is returned unchanged. `need`: bytes that were still to be written, where known.
 */
export function diskFailure(error: unknown, doing: string, need?: number): unknown {
  const { code, path, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT": {
      const room = need === undefined ? "some space" : `${Math.max(1, Math.ceil(need / 1e6))} MB`;
      const what = code === "ENOSPC" ? "disk full" : "disk quota reached";
      return new Failure("refused", `${what} while ${doing}; nothing was lost`, {
        hint: `free ${room} and run it again`,
        cause: error,
      });
    }
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new Failure("refused", `no permission for ${path ?? "the disk"} while ${doing}`, {
        hint: code === "EROFS" ? "the disk is mounted read-only" : "check who owns it and its mode",
        cause: error,
      });
    case "EMFILE":
    case "ENFILE":
      return new Failure("refused", `too many open files while ${doing}`, { hint: "raise `ulimit -n`", cause: error });
    case "ENOENT":
      return new Failure("input", `${path} isn't there, while ${doing}`, { cause: error });
    case "ENOTDIR":
    case "EISDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
    case "EEXIST":
      return new Failure("input", `${path ?? "something"} is not what is needed there (${code}) while ${doing}`, {
        hint: "move it away and run it again",
        cause: error,
      });
    case "EIO":
      return new Failure("corrupt", `the disk can't read or write ${path ?? "its data"} while ${doing}: ${message}`, {
        hint: "the disk may be failing: copy its contents",
        cause: error,
      });
    default:
      return error;
  }
}
