/** A file of packs or indexes that is read at places, opened at its first read. */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { diskFailure } from "../../../disk/disk-failure.ts";
import { readFully, readFullyApart } from "../../../disk/read-fully.ts";
import type { ReadingThreads } from "../reading/reading-threads.ts";
import type { Place } from "./pack-index.ts";

export interface PackFile {
  read(place: Place, into?: Buffer): Promise<Buffer | undefined>;
  readSync(place: Place, into?: Buffer): Buffer | undefined;
  /** Fills `memory` from byte `position`, in another thread where that pays: see {@link ReadingThreads.read}. */
  readHashed(
    threads: ReadingThreads,
    reading: { readonly position: number; readonly memory: Buffer; readonly parts: readonly number[] },
  ): Promise<Uint8Array | undefined>;
  /** Close when the reads in progress have finished. */
  close(): void;
}

/** `fd`: the file, where it is open for reading already. */
export function packFile(path: string, fd?: number): PackFile {
  let inUse = 0;
  let closing = false;
  const opened = (): number | undefined => {
    if (closing && inUse === 0) return undefined;
    try {
      fd ??= openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      return fd;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw diskFailure(error, `reading ${path}`);
    }
  };
  const closeIfIdle = (): void => {
    if (!closing || inUse > 0 || fd === undefined) return;
    closeSync(fd);
    fd = undefined;
  };

  /** Needed because reading zero bytes succeeds at any offset. */
  const endsBefore = (file: number, offset: number): boolean => fstatSync(file).size < offset;

  return {
    readSync({ offset, length }, bytes = Buffer.allocUnsafeSlow(length)) {
      const file = opened();
      if (file === undefined || (length === 0 && endsBefore(file, offset))) return undefined;
      try {
        return readFully(file, bytes, offset) < length ? undefined : bytes;
      } catch (error) {
        throw diskFailure(error, `reading ${path}`);
      }
    },

    async read({ offset, length }, bytes = Buffer.allocUnsafeSlow(length)) {
      const file = opened();
      if (file === undefined || (length === 0 && endsBefore(file, offset))) return undefined;
      inUse++;
      try {
        return (await readFullyApart(file, bytes, offset)) < length ? undefined : bytes;
      } catch (error) {
        throw diskFailure(error, `reading ${path}`);
      } finally {
        inUse--;
        closeIfIdle();
      }
    },

    async readHashed(threads, reading) {
      const file = opened();
      if (file === undefined) return undefined;
      inUse++;
      try {
        return await threads.read({ fd: file, ...reading });
      } catch (error) {
        throw diskFailure(error, `reading ${path}`);
      } finally {
        inUse--;
        closeIfIdle();
      }
    },

    close() {
      closing = true;
      closeIfIdle();
    },
  };
}
