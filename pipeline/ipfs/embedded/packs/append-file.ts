/**
 * Gathers bytes and appends them to a file in large pieces. After a failed write the contents of the file are unknown, so
 * every later call fails as well, with the error of the first.
 */
import { fstatSync, statSync, writeSync } from "node:fs";
import { Failure } from "../../../core/failure.ts";
import { largestBlock } from "../../../dag/car.ts";
import { longestHead } from "./pack.ts";

export interface AppendFile {
  /** Bytes of the file, without those that are gathered. */
  readonly written: number;
  /** Bytes that are gathered. */
  readonly filled: number;
  /** Makes room for a block of the largest size, and its head, after what is gathered. */
  makeRoom(): void;
  /** Counts `length` more bytes of the buffer as gathered. */
  fill(length: number): void;
  /** Writes what is gathered. */
  flush(): void;
  /** From now on every call fails with `why`, unless one failed before. */
  fail(why: unknown): void;
  /** @throws the error of the first call that failed. */
  throwIfFailed(): void;
}

/** Bytes gathered before they are written. */
const pieceLength = 4 * 1024 * 1024;

/** A buffer in which a writer gathers bytes. Several writers may use it in turn, each flushed before the next begins. */
export const newPiece = (): Buffer => Buffer.allocUnsafeSlow(pieceLength + largestBlock + longestHead);

/** `written`: bytes that the file has; `fd` is open for appending. */
export function appendFile(path: string, fd: number, piece: Buffer, length: number): AppendFile {
  let written = length;
  let filled = 0;
  let fault: { readonly why: unknown } | undefined;

  const assertOurs = (): void => {
    const { size, ino } = fstatSync(fd);
    if (size !== written) throw notAsWritten(path, `it has ${size} bytes and ${written} were written`);
    const named = statSync(path, { throwIfNoEntry: false });
    if (named?.ino !== ino) throw notAsWritten(path, named ? "another file has its name" : "it is gone");
  };
  const throwIfFailed = (): void => {
    if (fault) throw fault.why;
  };
  const flush = (): void => {
    if (filled === 0) return;
    throwIfFailed();
    try {
      for (let done = 0; done < filled; ) {
        const bytes = writeSync(fd, piece, done, filled - done);
        done += bytes;
        written += bytes;
      }
      filled = 0;
      assertOurs();
    } catch (why) {
      fault = { why };
      throw why;
    }
  };

  return {
    get written() {
      return written;
    },
    get filled() {
      return filled;
    },
    makeRoom() {
      throwIfFailed();
      if (filled >= pieceLength) flush();
    },
    fill(length) {
      filled += length;
    },
    flush,
    fail(why) {
      fault ??= { why };
    },
    throwIfFailed,
  };
}

/** The failure where a pack has other bytes than its writer wrote. */
export function notAsWritten(path: string, how: string): Failure {
  return new Failure("corrupt", `${path} is not as it was written: ${how}`, {
    hint: "does another program write to that folder? `fieldtree fsck` lists what is lost; then run this again",
  });
}
