/**
 * Appends to one pack. Only the process that has the lock does so, from one thread for each pack.
 *
 * Existing bytes are never overwritten: a new pack is created only where no file has its name, the file is opened in append
 * mode, and a commit requires the file to be exactly as long as this writer knows it to be. Should two writers ever append to
 * one pack, both fail and no committed bytes change.
 *
 * Bytes are gathered and written in large pieces, with one fsync at the end: syncing earlier, while more was being written,
 * took twice as long. Nothing is committed before {@link PackWriter.commit}, which puts the pack on the disk, then its index,
 * and then reads both again.
 */
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../../core/failure.ts";
import { largestBlock } from "../../../dag/car.ts";
import { digestLength, digestSet } from "../../../dag/digest-set.ts";
import { sha256 } from "../../../dag/hash.ts";
import { writeDurably } from "../../../disk/write.ts";
import { markUnchanged } from "../repair/remove-damaged.ts";
import type { Limits } from "./limits.ts";
import { headLength, longestHead, packHeader, writeHead } from "./pack.ts";
import { entriesOf, entryLength, makeIndex, type PackIndex, readIndex, writeEntry } from "./pack-index.ts";
import { indexName, packName } from "./pack-numbers.ts";

export interface PackWriter {
  readonly number: number;
  /** Whether the block was appended by this writer, committed or not. */
  has(digest: Uint8Array): boolean;
  /** Append a block whose digest and bytes are known. */
  append(cid: Uint8Array, digest: Uint8Array, bytes: Uint8Array): void;
  /**
   * Append a block of `length` bytes that `fill` reads directly into the buffer, unless `isKnown` returns true for its digest
   * and bytes. `cidPrefix`: the bytes of its CID before the digest. Returns the digest.
   */
  appendRead(
    cidPrefix: Uint8Array,
    length: number,
    fill: (into: Uint8Array) => void,
    isKnown: (digest: Uint8Array, bytes: Uint8Array) => boolean,
  ): Uint8Array;
  /** Whether the pack is so large that the next blocks should go into another. */
  isFull(): boolean;
  /** Write the gathered bytes to the file, so that another writer can use the buffer. */
  flush(): void;
  /**
   * Everything appended before the call survives a power cut when it returns.
   *
   * @throws Failure `corrupt` naming the pack where the disk afterwards has other bytes than were written.
   */
  commit(): Promise<void>;
  /** Cut off what isn't committed, which frees its space on the disk, and close. */
  discard(): Promise<void>;
  /** Close; what isn't committed is left to the next writer. */
  close(): Promise<void>;
}

export function isFull({ count, covered }: PackIndex, { packBlocks, packBytes }: Limits): boolean {
  return count >= packBlocks || covered >= packBytes;
}

/** Bytes gathered before they are written. */
const pieceLength = 4 * 1024 * 1024;

/** A buffer in which a writer gathers bytes. Several writers may use it in turn, each flushed before the next begins. */
export const newPiece = (): Buffer => Buffer.allocUnsafeSlow(pieceLength + largestBlock + longestHead);

export interface Opening {
  readonly folder: string;
  readonly number: number;
  /** The index of an existing pack to append to; absent for a new pack. */
  readonly index?: PackIndex;
  readonly piece: Buffer;
  readonly limits: Limits;
}

/**
 * Append to a pack after the bytes that its index covers, or create a new one.
 *
 * @throws Failure `corrupt` where the pack has more or fewer bytes than are committed; the file system's own errors: `EEXIST`
 *   where a new pack's name is taken.
 */
export function openWriter({ folder, number, index, piece, limits }: Opening): PackWriter {
  const path = join(folder, packName(number));
  const indexPath = join(folder, indexName(number));
  const fd = index ? opened(path, index) : created(path, indexPath);

  let filled = 0;
  /** Bytes of the file, all of which this writer wrote or the index covers. */
  let written = index?.covered ?? packHeader.length;
  let committed = written;
  let entries = Buffer.allocUnsafeSlow(Math.max(64, (index?.count ?? 0) * 2) * entryLength);
  let count = index?.count ?? 0;
  if (index) entriesOf(index).copy(entries);
  const appended = digestSet();
  let fault: { readonly why: unknown } | undefined;
  let closed = false;
  // Commits run one after another: an older index must never replace a newer one.
  let committing: Promise<void> = Promise.resolve();

  /** After a failed write the contents of the file are unknown, so every later call fails as well. */
  const orFault = <T>(work: () => T): T => {
    if (fault) throw fault.why;
    try {
      return work();
    } catch (why) {
      fault = { why };
      throw why;
    }
  };
  const assertOurs = (): void => {
    const { size, ino } = fstatSync(fd);
    if (size !== written) throw notAsWritten(path, `it has ${size} bytes and ${written} were written`);
    const named = statSync(path, { throwIfNoEntry: false });
    if (named?.ino !== ino) throw notAsWritten(path, named ? "another file has its name" : "it is gone");
  };
  const flush = (): void => {
    if (filled === 0) return;
    orFault(() => {
      for (let done = 0; done < filled; ) {
        const bytes = writeSync(fd, piece, done, filled - done);
        done += bytes;
        written += bytes;
      }
      filled = 0;
      assertOurs();
    });
  };
  const room = (): void => {
    if (fault) throw fault.why;
    if (filled >= pieceLength) flush();
  };
  const remember = (digest: Uint8Array, offset: number, length: number): void => {
    if ((count + 1) * entryLength > entries.length) {
      const larger = Buffer.allocUnsafeSlow(entries.length * 2);
      entries.copy(larger);
      entries = larger;
    }
    writeEntry(entries, count++, digest, { offset, length });
    appended.add(digest);
  };

  const commitNow = async (): Promise<void> => {
    flush();
    if (fault) throw fault.why;
    if (written === committed) return;
    // Blocks appended while this commit waits for the disk belong to the next commit.
    const covered = written;
    const index = makeIndex(entries.subarray(0, count * entryLength), covered);
    await promisify(fdatasync)(fd);
    await writeDurably(indexPath, index.bytes);
    await assertCommitted(path, indexPath, index);
    committed = covered;
  };

  return {
    number,
    has: (digest) => appended.has(digest),
    isFull: () => count >= limits.packBlocks || written + filled >= limits.packBytes,
    flush,

    append(cid, digest, bytes) {
      room();
      const head = writeHead(piece, filled, cid, bytes.length);
      piece.set(bytes, filled + head);
      remember(digest, written + filled + head, bytes.length);
      filled += head + bytes.length;
    },

    appendRead(cidPrefix, length, fill, isKnown) {
      room();
      const head = headLength(cidPrefix.length + digestLength, length);
      const bytes = piece.subarray(filled + head, filled + head + length);
      fill(bytes);
      const digest = sha256(bytes);
      if (isKnown(digest, bytes)) return digest;
      writeHead(piece, filled, cidPrefix, digestLength + length);
      piece.set(digest, filled + head - digestLength);
      remember(digest, written + filled + head, length);
      filled += head + length;
      return digest;
    },

    commit() {
      committing = committing
        .catch(() => undefined)
        .then(commitNow)
        .catch((why) => {
          fault ??= { why };
          throw why;
        });
      return committing;
    },

    async discard() {
      if (closed) return;
      closed = true;
      fault ??= { why: new Error(`${path} was closed`) };
      await committing.catch(() => undefined);
      try {
        // What the index on the disk covers: a commit may have failed after its index was written.
        const covered = readIndex(readFileSync(indexPath))?.covered;
        if (covered !== undefined && covered < written && fstatSync(fd).size === written) {
          ftruncateSync(fd, covered);
          markUnchanged(folder, { number, path });
        }
      } finally {
        closeSync(fd);
      }
    },

    async close() {
      if (closed) return;
      closed = true;
      fault ??= { why: new Error(`${path} was closed`) };
      await committing.catch(() => undefined);
      closeSync(fd);
    },
  };
}

function opened(path: string, index: PackIndex): number {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  const { size } = fstatSync(fd);
  if (size === index.covered) return fd;
  closeSync(fd);
  throw notAsWritten(path, `it has ${size} bytes and ${index.covered} are committed`);
}

function created(path: string, indexPath: string): number {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    writeSync(fd, packHeader);
    // An empty index first, so that a pack without an index is known to have lost it.
    writeFileSync(indexPath, makeIndex(Buffer.alloc(0), packHeader.length).bytes, { flag: "wx" });
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Require that the disk has the index, and a pack of the length, that were written. */
async function assertCommitted(path: string, indexPath: string, index: PackIndex): Promise<void> {
  const read = await readFile(indexPath);
  if (Buffer.compare(read, index.bytes) !== 0) throw notAsWritten(path, "its index is not the one that was written");
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < index.covered) throw notAsWritten(path, `it has ${size} bytes and ${index.covered} were committed`);
}

function notAsWritten(path: string, how: string): Failure {
  return new Failure("corrupt", `${path} is not as it was written: ${how}`, {
    hint: "does another program write to that folder? `fieldtree fsck` tells what is lost; then run this again",
  });
}
