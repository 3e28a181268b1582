/**
 * Splits files into leaves and appends them to a pack, one task at a time. Runs in the main thread and in workers.
 *
 * Chunks are read directly into the pack's buffer, and dropped from it where the same bytes are stored already. So nothing is
 * copied, adding the same bytes again writes nothing, and bytes that were damaged on the disk are written again.
 */
import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";
import { codecs, hashes } from "../../../dag/block.ts";
import { leafOf } from "../../../dag/build/file.ts";
import { changed } from "../../../dag/build/files.ts";
import { unreadable } from "../../../dag/build/walk-disk.ts";
import { digestLength } from "../../../dag/digest-set.ts";
import { sha256 } from "../../../dag/hash.ts";
import { type Profile, profiles } from "../../../dag/profile.ts";
import { readFully } from "../../../disk/read-fully.ts";
import type { Appending } from "../packs/append.ts";

export type Task =
  /** Whole files; those longer than {@link rangeLength} are only measured. */
  | { readonly kind: "files"; readonly paths: readonly string[] }
  | ({ readonly kind: "range"; readonly offset: number; readonly length: number } & Measured);

export interface Measured {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** ms */
  readonly modified: number;
}

/** The result of a task, its files in their order, as a few arrays: it is sent from one thread to another. */
export interface Hashed {
  /** Bytes of each file, or of the range; -1 for each of `large`. float64[files] */
  readonly sizes: Float64Array;
  /** Files that were only measured. */
  readonly large: readonly Measured[];
  /** Of all leaves, file after file: uint8[32 × leaves] */
  readonly digests: Uint8Array;
  /** Bytes of each leaf's block, where leaves aren't raw: then a block is longer than its chunk. */
  readonly lengths?: readonly number[];
  /** Modification time of each file that is left in place, NaN of the others; absent where none is. ms, float64[files] */
  readonly inPlace?: Float64Array;
}

/** The leaves of a file, or of a range of one. */
export interface Leaves extends Pick<Hashed, "digests" | "lengths"> {
  /** Bytes of contents. */
  readonly bytes: number;
}

/** The result of each file of a task. */
export function* filesIn({ sizes, large, digests, lengths }: Hashed, profile: Profile): Generator<Leaves | Measured> {
  let leaf = 0;
  let nextLarge = 0;
  for (const bytes of sizes) {
    if (bytes < 0) {
      yield large[nextLarge++]!;
      continue;
    }
    const end = leaf + leavesIn(bytes, profile);
    const part = digests.subarray(leaf * digestLength, end * digestLength);
    yield { bytes, digests: part, ...(lengths && { lengths: lengths.slice(leaf, end) }) };
    leaf = end;
  }
}

/** A file always has a leaf: the empty file has an empty one. */
const leavesIn = (bytes: number, { chunkSize }: Profile): number => Math.max(1, Math.ceil(bytes / chunkSize));

/** Bytes of a large file that one thread hashes at a time: a multiple of every chunk size. */
export const rangeLength = 8 * 1024 * 1024;

export interface Hashing {
  readonly profile: Profile;
  readonly appending: Pick<Appending, "has" | "writer">;
  /** Files from this size on are hashed and not stored; absent: all are stored. Bytes. */
  readonly inPlaceFrom?: number;
}

/** @throws Failure `input` for a file that can't be read or changes; the disk's own errors. */
export function hashTask(task: Task, hashing: Hashing): Hashed {
  const leaves = leafList();
  const sizes: number[] = [];
  const large: Measured[] = [];
  const inPlace: number[] = [];
  const { inPlaceFrom = Number.POSITIVE_INFINITY } = hashing;
  const hash = (size: number) => (size >= inPlaceFrom ? hashInPlace : hashRange);
  if (task.kind === "range") {
    const { path, offset, length, size, modified } = task;
    withFile(path, (fd, stat) => {
      assertSame(path, { size, modified }, stat);
      hash(size)(path, fd, offset, length, hashing, leaves);
      assertSame(path, { size, modified }, fstatSync(fd));
    });
    sizes.push(length);
    inPlace.push(size >= inPlaceFrom ? modified : Number.NaN);
  } else {
    for (const path of task.paths) {
      withFile(path, (fd, stat) => {
        const measured = { path, size: stat.size, modified: stat.mtimeMs };
        if (stat.size > rangeLength) {
          large.push(measured);
          sizes.push(-1);
          inPlace.push(Number.NaN);
          return;
        }
        hash(stat.size)(path, fd, 0, stat.size, hashing, leaves);
        assertSame(path, measured, fstatSync(fd));
        sizes.push(stat.size);
        inPlace.push(stat.size >= inPlaceFrom ? stat.mtimeMs : Number.NaN);
      });
    }
  }
  const lengths = !hashing.profile.rawLeaves && { lengths: leaves.lengths };
  const places = hashing.inPlaceFrom !== undefined && { inPlace: Float64Array.from(inPlace) };
  return { sizes: Float64Array.from(sizes), large, digests: leaves.digests(), ...lengths, ...places };
}

function hashRange(
  path: string,
  fd: number,
  offset: number,
  length: number,
  { profile, appending }: Hashing,
  leaves: LeafList,
): void {
  for (let leaf = 0; leaf < leavesIn(length, profile); leaf++) {
    const at = leaf * profile.chunkSize;
    const chunkLength = Math.min(profile.chunkSize, length - at);
    const fill = (into: Uint8Array): void => readExactly(path, fd, into, offset + at);
    if (profile.rawLeaves) {
      leaves.push(appending.writer().appendRead(rawCidPrefix, chunkLength, fill, appending.has), chunkLength);
      continue;
    }
    const chunk = Buffer.allocUnsafe(chunkLength);
    fill(chunk);
    leafOf(chunk, profile, ({ cid, bytes }) => {
      const { digest } = cid.multihash;
      if (!appending.has(digest, bytes)) appending.writer().append(cid.bytes, digest, bytes);
      leaves.push(digest, bytes.length);
    });
  }
}

/** Hashes chunks without storing them: their profile has raw leaves, so that each is a block as it lies in the file. */
function hashInPlace(
  path: string,
  fd: number,
  offset: number,
  length: number,
  { profile }: Hashing,
  leaves: LeafList,
): void {
  chunk ??= Buffer.allocUnsafeSlow(largestChunk);
  for (let leaf = 0; leaf < leavesIn(length, profile); leaf++) {
    const at = leaf * profile.chunkSize;
    const bytes = chunk.subarray(0, Math.min(profile.chunkSize, length - at));
    readExactly(path, fd, bytes, offset + at);
    leaves.push(sha256(bytes), bytes.length);
  }
}

const largestChunk = Math.max(...Object.values(profiles).map(({ chunkSize }) => chunkSize));

/** One for each thread. */
let chunk: Buffer | undefined;

interface LeafList {
  push(digest: Uint8Array, length: number): void;
  readonly lengths: readonly number[];
  /** A copy, exactly as long as the digests. */
  digests(): Uint8Array;
}

function leafList(): LeafList {
  let digests = new Uint8Array(64 * digestLength);
  const lengths: number[] = [];
  return {
    push(digest, length) {
      const at = lengths.length * digestLength;
      if (at === digests.length) {
        const larger = new Uint8Array(digests.length * 2);
        larger.set(digests);
        digests = larger;
      }
      digests.set(digest, at);
      lengths.push(length);
    },
    lengths,
    digests: () => digests.slice(0, lengths.length * digestLength),
  };
}

/** The bytes before the digest in the CIDv1 of a raw leaf: version, codec, hash function, length. */
export const rawCidPrefix = Uint8Array.of(1, codecs.raw, hashes.sha256, digestLength);

function withFile<T>(path: string, work: (fd: number, stat: Stats) => T): T {
  let fd: number;
  try {
    // The path may have become a link or a pipe since it was listed: don't follow the one or wait for the other.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw changed(path);
    return work(fd, stat);
  } finally {
    closeSync(fd);
  }
}

function readExactly(path: string, fd: number, into: Uint8Array, position: number): void {
  let count: number;
  try {
    count = readFully(fd, into, position);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (count < into.length) throw changed(path, `it ends after ${position + count} bytes`);
}

function assertSame(path: string, before: { readonly size: number; readonly modified: number }, now: Stats): void {
  if (now.size !== before.size) throw changed(path, `it was ${before.size} bytes and is ${now.size}`);
  if (now.mtimeMs !== before.modified) throw changed(path);
}
