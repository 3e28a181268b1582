/** Whether a file is still as it was listed, and its bytes: what is wrong with it is a phrase that follows its path. */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import { diskFailure } from "../../../disk/disk-failure.ts";
import { readFully, readFullyApart, smallRead } from "../../../disk/read-fully.ts";
import type { ListedFile } from "./place-list.ts";

/** Why a file's blocks can't be read: `is gone`, `was changed since`. */
export interface FileProblem {
  readonly problem: string;
}

/** `undefined` where it has the size and the modification time that are listed. Reads nothing. */
export function problemOf({ path, size, modified, damagedAt }: ListedFile): string | undefined {
  let stat: Stats | undefined;
  try {
    stat = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return problemIn(error, path);
  }
  if (!stat) return gone;
  const kind = kindProblem(stat);
  if (kind) return kind;
  if (stat.size !== size) return sizeProblem(size, stat.size);
  if (stat.mtimeMs === damagedAt) return otherBytes;
  return stat.mtimeMs === modified ? undefined : writtenTo;
}

/** A file as it is now, in bytes and ms. */
export interface FileVersion {
  readonly size: number;
  readonly modified: number;
}

/** Whether the file has another size or time than those that are listed, and was not found damaged since: its blocks decide. */
export function isTouched({ size, modified, damagedAt }: ListedFile, now: FileVersion | undefined): boolean {
  if (now === undefined || now.modified === damagedAt) return false;
  return now.size !== size || now.modified !== modified;
}

/** That it was truncated or has grown; `undefined` where it has the size that is listed. */
export function sizeProblemOf({ path, size }: ListedFile): string | undefined {
  const stat = statOf(path);
  return stat?.isFile() && stat.size !== size ? sizeProblem(size, stat.size) : undefined;
}

const sizeProblem = (before: number, now: number): string => `had ${before} bytes and has ${now}`;

/** `undefined` where there is no file. */
export function versionNow(path: string): FileVersion | undefined {
  const stat = statOf(path);
  return stat?.isFile() ? { size: stat.size, modified: stat.mtimeMs } : undefined;
}

/** `length` bytes of the file from `offset`, not verified. Follows no link, and does not wait for a pipe. */
export async function readFilePart(path: string, offset: number, length: number): Promise<Uint8Array | FileProblem> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return { problem: problemIn(error, path) };
  }
  try {
    const kind = kindProblem(fstatSync(fd));
    if (kind) return { problem: kind };
    const bytes = Buffer.allocUnsafeSlow(length);
    const count = length <= smallRead ? readFully(fd, bytes, offset) : await readFullyApart(fd, bytes, offset);
    return count < length ? { problem: `ends after ${offset + count} bytes` } : bytes;
  } catch (error) {
    return { problem: problemIn(error, path) };
  } finally {
    closeSync(fd);
  }
}

const gone = "is gone";
const writtenTo = "was written to since";
export const otherBytes = "has other bytes than when it was added";

function kindProblem(stat: Stats): string | undefined {
  if (stat.isFile()) return undefined;
  if (stat.isDirectory()) return "is a folder now";
  return stat.isSymbolicLink() ? linkNow : "is no file now";
}

const linkNow = "is a symbolic link now";

/** @throws an error that is not about the file, such as too many open files. */
function problemIn(error: unknown, path: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
    case "ENOTDIR":
      return gone;
    case "ELOOP":
      return linkNow;
    case "EACCES":
    case "EPERM":
      return "may not be read";
    case "ENXIO":
    case "EISDIR":
      return "is no file now";
    case "EIO":
    case "ESTALE":
      return "can't be read: the disk fails";
    default:
      throw diskFailure(error, `reading ${path}`);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // Throws where the error is not about the file. Else the file can't be reached: it counts as absent.
    problemIn(error, path);
    return undefined;
  }
}
