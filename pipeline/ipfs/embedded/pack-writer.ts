/**
 * One pack being appended to, by the one process that holds the lock and one thread of it.
 *
 * Bytes are gathered and written in large pieces, and the disk is waited for once, at the end: telling it earlier, while more
 * is being written, took twice as long. Nothing is promised before {@link PackWriter.commit}, which puts the pack on the disk first and then its index.
 */
import { closeSync, constants, fdatasync, ftruncateSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sha256 } from "../../dag/block.ts";
import { largestBlock } from "../../dag/car.ts";
import { writeDurably } from "../../disk/write.ts";
import { digestLength, digestSet } from "./digest-set.ts";
import { headLength, longestHead, packHeader, writeHead } from "./pack.ts";
import { entriesOf, entryLength, makeIndex, type PackIndex, writeEntry } from "./pack-index.ts";
import { indexName, packName } from "./packs.ts";

export interface PackWriter {
  readonly number: number;
  /** Whether the block was appended by this writer, committed or not. */
  has(digest: Uint8Array): boolean;
  /** Append a block whose digest and bytes are known. */
  append(cid: Uint8Array, digest: Uint8Array, bytes: Uint8Array): void;
  /**
   * Append a block of `length` bytes that `fill` reads straight into its place, unless `isKnown` says of its digest that
   * there's no need. `cidPrefix`: the bytes of its CID before the digest. Returns the digest.
   */
  appendRead(
    cidPrefix: Uint8Array,
    length: number,
    fill: (into: Uint8Array) => void,
    isKnown: (digest: Uint8Array) => boolean,
  ): Uint8Array;
  /** Whether it has grown so large that the next blocks should go into another. */
  isFull(): boolean;
  /** Everything appended before the call survives a power cut when it returns. */
  commit(): Promise<void>;
  /** Cut off what isn't committed, so that its room on the disk is free again, and close. */
  discard(): Promise<void>;
  /** Close; what isn't committed is left to whoever writes next. */
  close(): Promise<void>;
}

/** A commit writes the whole index of its pack, so a pack has no more than this many blocks (2.8 MB of index)… */
const mostBlocks = 65_536;
/** … and a collection needs room for one pack, so it has no more than this many bytes. */
const mostBytes = 4 * 1024 ** 3;

export function isFull({ count, covered }: PackIndex): boolean {
  return count >= mostBlocks || covered >= mostBytes;
}

/** Bytes gathered before they are written. */
const pieceLength = 4 * 1024 * 1024;

/**
 * Append to pack `number` in `folder`, behind what `index` covers; without an index a new pack is made.
 *
 * @throws the file system's own errors; `EEXIST` where the new pack is there already.
 */
export function openWriter(folder: string, number: number, index?: PackIndex): PackWriter {
  const path = join(folder, packName(number));
  const flags = index
    ? constants.O_RDWR | constants.O_NOFOLLOW
    : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  const fd = openSync(path, flags, 0o666);

  if (!index) {
    writeSync(fd, packHeader);
    // An empty index, so that a pack without one is known to have lost it.
    writeFileSync(join(folder, indexName(number)), makeIndex(Buffer.alloc(0), packHeader.length).bytes);
  }

  const piece = Buffer.allocUnsafeSlow(pieceLength + largestBlock + longestHead);
  let filled = 0;
  let written = index?.covered ?? packHeader.length;
  let committed = written;
  let entries = Buffer.allocUnsafeSlow(Math.max(1024, (index?.count ?? 0) * 2) * entryLength);
  let count = index?.count ?? 0;
  if (index) entriesOf(index).copy(entries);
  const appended = digestSet();

  const flush = (): void => {
    for (let done = 0; done < filled; ) done += writeSync(fd, piece, done, filled - done, written + done);
    written += filled;
    filled = 0;
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

  return {
    number,
    has: (digest) => appended.has(digest),
    isFull: () => count >= mostBlocks || written + filled >= mostBytes,

    append(cid, digest, bytes) {
      const head = writeHead(piece, filled, cid, bytes.length);
      piece.set(bytes, filled + head);
      remember(digest, written + filled + head, bytes.length);
      filled += head + bytes.length;
      if (filled >= pieceLength) flush();
    },

    appendRead(cidPrefix, length, fill, isKnown) {
      const head = headLength(cidPrefix.length + digestLength, length);
      const bytes = piece.subarray(filled + head, filled + head + length);
      fill(bytes);
      const digest = sha256(bytes);
      if (isKnown(digest)) return digest;
      writeHead(piece, filled, cidPrefix, digestLength + length);
      piece.set(digest, filled + head - digestLength);
      remember(digest, written + filled + head, length);
      filled += head + length;
      if (filled >= pieceLength) flush();
      return digest;
    },

    async commit() {
      if (filled > 0) flush();
      if (written === committed) return;
      // More may be appended while the disk works: that is for the next commit.
      const covered = written;
      const index = makeIndex(entries.subarray(0, count * entryLength), covered);
      await promisify(fdatasync)(fd);
      await writeDurably(join(folder, indexName(number)), index.bytes);
      committed = covered;
    },

    async discard() {
      ftruncateSync(fd, committed);
      closeSync(fd);
    },

    async close() {
      closeSync(fd);
    },
  };
}
