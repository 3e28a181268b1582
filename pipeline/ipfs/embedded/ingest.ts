/**
 * Adding files of this machine, as fast as its cores and its disk allow.
 *
 * Files are handed out in batches and large ones in ranges; what comes back are digests, of which this thread builds files
 * and folders by the code that everybody builds them by. Small work never starts a second thread.
 */
import { statfsSync } from "node:fs";
import type { World } from "../../core/world.ts";
import type { Added, AddOptions } from "../../dag/add.ts";
import { cidOfDigest, codecs, type Link, type Put } from "../../dag/block.ts";
import { makeDirectory, makeSymlink } from "../../dag/directory.ts";
import { balance, type FileLink, leafLink } from "../../dag/file.ts";
import { bytesOf, type Found, filesIn, survey, worthATotal } from "../../dag/files.ts";
import { type Profile, profiles } from "../../dag/profile.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { type Crew, startCrew } from "./crew.ts";
import { digestLength, digestSet } from "./digest-set.ts";
import { type Hashed, hashTask, type Leaves, type Measured, rangeLength, type Task } from "./hash-files.ts";
import type { Writing } from "./writing.ts";

/** Add what stands at `path`, and have it all on the disk, proven. */
export async function ingest(
  path: string,
  options: AddOptions,
  { folder, writing }: { readonly folder: string; readonly writing: Writing },
  world: World,
): Promise<Added> {
  const profile = profiles[options.profile];
  const found = await survey(path, options.symlinks, world);
  const paths = [...filesIn(found)];
  let crew: Crew | undefined;
  try {
    const start = (): Crew => {
      crew = startCrew(folder, options.profile, writing);
      return crew;
    };
    const files = await hashAll(paths, profile, writing, start, world);
    const committing = crew?.commit();
    committing?.catch(() => undefined);
    crew = undefined;

    const distinct = digestSet();
    const put: Put = (block) => {
      distinct.add(block.cid.multihash.digest);
      writing.append(block);
    };
    let bytes = 0;
    for (const { bytes: size, digests } of files.flat()) {
      bytes += size;
      for (let at = 0; at < digests.length; at += digestLength) distinct.add(digests.subarray(at, at + digestLength));
    }
    const { cid, tsize } = build(found, files.values(), profile, put);
    await Promise.all([committing, writing.commit()]);
    await writing.prove(distinct);
    return { cid, tsize, bytes, blocks: distinct.size };
  } catch (error) {
    await crew?.discard();
    throw diskFailure(error, `adding ${path}`, bytesOf(paths) - free(folder));
  }
}

/** The leaves of every file, in their order; those of a large one in several parts. */
async function hashAll(
  paths: readonly string[],
  profile: Profile,
  writing: Writing,
  start: () => Crew,
  world: World,
): Promise<readonly (readonly Leaves[])[]> {
  const files: Leaves[][] = paths.map(() => []);
  const { workers, filesInTask, startWorkers } = writing.limits;
  const tasks = new Map<Task, { readonly file: number; readonly part: number }>();
  const queue: Task[] = [];
  for (let first = 0; first < paths.length; first += filesInTask) {
    const task: Task = { kind: "files", paths: paths.slice(first, first + filesInTask) };
    tasks.set(task, { file: first, part: 0 });
    queue.push(task);
  }
  let ranges = 0;
  let bytes = 0;
  let total: number | undefined;
  let crew: Crew | undefined;

  const split = (file: number, measured: Measured): void => {
    for (let offset = 0, part = 0; offset < measured.size; offset += rangeLength, part++) {
      const length = Math.min(rangeLength, measured.size - offset);
      const task: Task = { kind: "range", offset, length, ...measured };
      tasks.set(task, { file, part });
      queue.push(task);
      ranges++;
    }
  };
  const take = (task: Task, hashed: readonly Hashed[]): void => {
    const { file, part } = tasks.get(task)!;
    tasks.delete(task);
    for (const [i, each] of hashed.entries()) {
      if ("digests" in each) {
        files[file + i]![part] = each;
        bytes += each.bytes;
      } else split(file + i, each);
    }
    if (bytes > worthATotal) total ??= bytesOf(paths);
    world.progress({ task: "adding", done: bytes, ...(total !== undefined && { total }), unit: "bytes" });
  };

  for (;;) {
    world.signal.throwIfAborted();
    const isMuch = queue.length * filesInTask > startWorkers.files || ranges > startWorkers.ranges;
    if (!crew && isMuch && workers > 0) crew = start();
    for (const { task, hashed } of (await crew?.results(queue.length === 0)) ?? []) take(task, hashed);
    while (crew?.hasHands() && queue.length > 1) crew.give(queue.shift()!);
    const task = queue.shift();
    if (task) {
      take(task, hashTask(task, { profile, appending: writing }));
      await writing.settle();
      // Let others speak: answers of workers, the wish to stop.
      await new Promise(setImmediate);
    } else if (!crew || crew.busy === 0) return files;
  }
}

/** `leaves` come in the order of {@link filesIn}. */
function build(found: Found, leaves: Iterator<readonly Leaves[]>, profile: Profile, put: Put): Link {
  switch (found.kind) {
    case "file":
      return balance(linksOf(leaves.next().value!, profile), profile, put);
    case "symlink":
      return makeSymlink(found.target, profile, put);
    case "folder": {
      const links = found.entries.map(({ name, found: each }) => ({ name, ...build(each, leaves, profile, put) }));
      return makeDirectory(links, profile, put);
    }
  }
}

function* linksOf(parts: readonly Leaves[], profile: Profile): Generator<FileLink> {
  for (const { bytes, digests, lengths } of parts) {
    for (let leaf = 0; leaf * digestLength < digests.length; leaf++) {
      const digest = digests.subarray(leaf * digestLength, (leaf + 1) * digestLength);
      const size = Math.min(profile.chunkSize, bytes - leaf * profile.chunkSize);
      if (!lengths) yield leafLink(digest, size);
      else yield { cid: cidOfDigest(codecs.dagPb, digest, profile.cidVersion), tsize: lengths[leaf]!, size };
    }
  }
}

function free(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
