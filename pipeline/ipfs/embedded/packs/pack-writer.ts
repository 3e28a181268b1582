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
import { digestLength, digestSet } from "../../../dag/digest-set.ts";
import { sha256 } from "../../../dag/hash.ts";
import { writeDurably } from "../../../disk/write.ts";
import { markUnchanged } from "../repair/remove-damaged.ts";
import { appendFile, notAsWritten } from "./append-file.ts";
import { entryList } from "./entry-list.ts";
import type { Limits } from "./limits.ts";
import { headLength, packHeader, writeHead } from "./pack.ts";
import { makeIndex, type PackIndex, type Place, readIndex } from "./pack-index.ts";
import { indexName, packName } from "./pack-numbers.ts";

export interface PackWriter {
  readonly number: number;
  /** Whether the block was appended by this writer, committed or not. */
  has(digest: Uint8Array): boolean;
  /** Append a block whose digest and bytes are known. Returns where it is in the pack. */
  append(cid: Uint8Array, digest: Uint8Array, bytes: Uint8Array): Place;
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
  /** Everything appended before the call is on the disk when it returns, and in no index before the next {@link PackWriter.commit}. */
  sync(): Promise<void>;
  /**
   * Everything appended before the call survives a power cut when it returns.
   *
   * @throws Failure `corrupt` naming the pack where the disk afterwards has other bytes than were written.
   */
  commit(): Promise<void>;
  /** Cut off what is neither committed nor synced, which frees its space on the disk, and close. */
  discard(): Promise<void>;
  /** Close; what isn't committed is left to the next writer. */
  close(): Promise<void>;
}

export function isFull({ count, covered }: PackIndex, { packBlocks, packBytes }: Limits): boolean {
  return count >= packBlocks || covered >= packBytes;
}

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
  const file = appendFile(path, fd, piece, index?.covered ?? packHeader.length);
  const entries = entryList(index);
  const added = digestSet();
  const enter = (digest: Uint8Array, place: Place): void => {
    entries.add(digest, place);
    added.add(digest);
  };
  const commits = commitsInTurn({ path, indexPath, fd }, file, entries);
  let synced = file.written;
  let closed = false;
  const end = async (last: () => void): Promise<void> => {
    if (closed) return;
    closed = true;
    file.fail(new Error(`${path} was closed`));
    await commits.settled();
    try {
      last();
    } finally {
      closeSync(fd);
    }
  };

  return {
    number,
    has: (digest) => added.has(digest),
    isFull: () => entries.count >= limits.packBlocks || file.written + file.filled >= limits.packBytes,
    flush: file.flush,

    append(cid, digest, bytes) {
      file.makeRoom();
      const head = writeHead(piece, file.filled, cid, bytes.length);
      piece.set(bytes, file.filled + head);
      const place = { offset: file.written + file.filled + head, length: bytes.length };
      enter(digest, place);
      file.fill(head + bytes.length);
      return place;
    },

    appendRead(cidPrefix, length, fill, isKnown) {
      file.makeRoom();
      const { filled } = file;
      const head = headLength(cidPrefix.length + digestLength, length);
      const bytes = piece.subarray(filled + head, filled + head + length);
      fill(bytes);
      const digest = sha256(bytes);
      if (isKnown(digest, bytes)) return digest;
      writeHead(piece, filled, cidPrefix, digestLength + length);
      piece.set(digest, filled + head - digestLength);
      enter(digest, { offset: file.written + filled + head, length });
      file.fill(head + length);
      return digest;
    },

    async sync() {
      file.flush();
      file.throwIfFailed();
      const end = file.written;
      if (end <= synced) return;
      try {
        await promisify(fdatasync)(fd);
      } catch (why) {
        file.fail(why);
        throw why;
      }
      synced = Math.max(synced, end);
    },

    commit: commits.commit,

    discard: () => end(() => cutOff({ folder, number, path, indexPath }, fd, { written: file.written, synced })),

    close: () => end(() => {}),
  };
}

/** Commits run one after another: an older index must never replace a newer one. */
function commitsInTurn(
  { path, indexPath, fd }: Pick<PackPaths, "path" | "indexPath"> & { readonly fd: number },
  file: ReturnType<typeof appendFile>,
  entries: ReturnType<typeof entryList>,
) {
  let committed = file.written;
  let last: Promise<void> = Promise.resolve();
  const commitNow = async (): Promise<void> => {
    file.flush();
    file.throwIfFailed();
    if (file.written === committed) return;
    // Blocks appended while this commit waits for the disk belong to the next commit.
    const covered = file.written;
    const index = makeIndex(entries.bytes(), covered);
    await promisify(fdatasync)(fd);
    await writeDurably(indexPath, index.bytes);
    await assertCommitted(path, indexPath, index);
    committed = covered;
  };
  return {
    commit(): Promise<void> {
      last = last
        .catch(() => undefined)
        .then(commitNow)
        .catch((why) => {
          file.fail(why);
          throw why;
        });
      return last;
    },
    /** Resolves when the last one has ended, whether it failed or not. */
    settled: () => last.catch(() => undefined),
  };
}

interface PackPaths {
  readonly folder: string;
  readonly number: number;
  readonly path: string;
  readonly indexPath: string;
}

/** Cuts off what the index on the disk does not cover and no `sync` did: a commit may have failed after its index was written. */
function cutOff(
  { folder, number, path, indexPath }: PackPaths,
  fd: number,
  { written, synced }: { readonly written: number; readonly synced: number },
): void {
  const covered = readIndex(readFileSync(indexPath))?.covered;
  if (covered === undefined || fstatSync(fd).size !== written) return;
  const end = Math.max(covered, synced);
  if (end >= written) return;
  ftruncateSync(fd, end);
  markUnchanged(folder, { number, path });
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
