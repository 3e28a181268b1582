/**
 * Files into leaves in a pack, one thread's share at a time. Runs in the main thread and in workers alike.
 *
 * Chunks are read straight to where they will stand in the pack, and given up again where the same bytes are stored already:
 * nothing is copied, adding the same bytes again writes nothing, and adding what was damaged on the disk writes it anew.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { codecs, hashes } from "../../dag/block.ts";
import { leafOf } from "../../dag/file.ts";
import { changed, unreadable } from "../../dag/files.ts";
import type { Profile } from "../../dag/profile.ts";
import type { Appending } from "./appending.ts";
import { digestLength } from "./digest-set.ts";

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

/** What became of each file of a task, in their order. */
export type Hashed = Measured | Leaves;

export interface Leaves {
  /** Bytes of contents. */
  readonly bytes: number;
  /** uint8[32 × leaves] */
  readonly digests: Uint8Array;
  /** Bytes of each leaf's block, where leaves aren't raw: then it isn't the bytes of its chunk. */
  readonly lengths?: readonly number[];
}

/** Bytes of a large file that one thread hashes at a time: a multiple of every chunk size. */
export const rangeLength = 8 * 1024 * 1024;

export interface Hashing {
  readonly profile: Profile;
  readonly appending: Pick<Appending, "has" | "writer">;
}

/** @throws Failure `input` for a file that can't be read or changes; the disk's own errors. */
export function hashTask(task: Task, hashing: Hashing): Hashed[] {
  if (task.kind === "files")
    return task.paths.map((path) => withFile(path, (fd, stat) => hashFile(path, fd, stat, hashing)));
  const { path, offset, length, size, modified } = task;
  const leaves = withFile(path, (fd, stat) => {
    assertSame(path, { size, modified }, stat);
    const made = hashRange(path, fd, offset, length, hashing);
    assertSame(path, { size, modified }, fstatSync(fd));
    return made;
  });
  return [leaves];
}

function hashFile(path: string, fd: number, stat: Stats, hashing: Hashing): Hashed {
  const measured = { path, size: stat.size, modified: stat.mtimeMs };
  if (stat.size > rangeLength) return measured;
  const leaves = hashRange(path, fd, 0, stat.size, hashing);
  assertSame(path, measured, fstatSync(fd));
  return leaves;
}

function hashRange(path: string, fd: number, offset: number, length: number, { profile, appending }: Hashing): Leaves {
  const count = Math.max(1, Math.ceil(length / profile.chunkSize));
  const digests = new Uint8Array(count * digestLength);
  const lengths: number[] = [];
  for (let leaf = 0; leaf < count; leaf++) {
    const at = leaf * profile.chunkSize;
    const chunkLength = Math.min(profile.chunkSize, length - at);
    const fill = (into: Uint8Array): void => readExactly(path, fd, into, offset + at);
    if (profile.rawLeaves) {
      digests.set(appending.writer().appendRead(rawCidPrefix, chunkLength, fill, appending.has), leaf * digestLength);
      continue;
    }
    const chunk = Buffer.allocUnsafe(chunkLength);
    fill(chunk);
    leafOf(chunk, profile, ({ cid, bytes }) => {
      const { digest } = cid.multihash;
      if (!appending.has(digest, bytes)) appending.writer().append(cid.bytes, digest, bytes);
      digests.set(digest, leaf * digestLength);
      lengths.push(bytes.length);
    });
  }
  return { bytes: length, digests, ...(!profile.rawLeaves && { lengths }) };
}

/** What stands before the digest in the CIDv1 of a raw leaf: version, codec, hash function, length. */
const rawCidPrefix = Uint8Array.of(1, codecs.raw, hashes.sha256, digestLength);

function withFile<T>(path: string, work: (fd: number, stat: Stats) => T): T {
  let fd: number;
  try {
    // What was a file a moment ago may be a link or a pipe by now: follow neither, wait for neither.
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
  for (let done = 0; done < into.length; ) {
    let count: number;
    try {
      count = readSync(fd, into, done, into.length - done, position + done);
    } catch (error) {
      throw unreadable(path, error);
    }
    if (count === 0) throw changed(path, `it ends after ${position + done} bytes`);
    done += count;
  }
}

function assertSame(path: string, before: { readonly size: number; readonly modified: number }, now: Stats): void {
  if (now.size !== before.size) throw changed(path, `it was ${before.size} bytes and is ${now.size}`);
  if (now.mtimeMs !== before.modified) throw changed(path);
}
