/**
 * Adds files of this machine, as fast as its cores and its disk allow.
 *
 * Workers get batches of files, and ranges of large files, and return digests. This thread builds files and folders of them,
 * in order, by the same code as every other way of adding. The number of files in progress is bounded, and what is needed of all
 * blocks in the end is sorted on the disk, so memory hardly grows with the number of files. Small additions start no second thread.
 */
import { statfsSync } from "node:fs";
import { Failure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import type { Put } from "../../../dag/block.ts";
import type { Added, AddOptions } from "../../../dag/build/add-options.ts";
import { addingProgress } from "../../../dag/build/files.ts";
import { recordSorter, withoutRepeats } from "../../../dag/build/record-sorter.ts";
import { treeBuilder } from "../../../dag/build/tree-builder.ts";
import { bytesOf, stepsOf, survey } from "../../../dag/build/walk-disk.ts";
import { profiles } from "../../../dag/profile.ts";
import { diskFailure } from "../../../disk/disk-failure.ts";
import { limitYoungHeap } from "../../../disk/young-heap.ts";
import type { InPlace } from "../in-place/in-place.ts";
import { placeRecorder } from "../in-place/record-places.ts";
import type { Writing } from "../write-lock.ts";
import { type Hashed, hashTask, type Task } from "./hash-files.ts";
import { stepsUnderWay } from "./pending-steps.ts";
import { recordTask } from "./record-task.ts";
import { startWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface Ingesting {
  readonly folder: string;
  readonly writing: Writing;
  /** Present: blocks of files stay in the files, but for those of small files. */
  readonly inPlace?: InPlace;
}

/** Add the file or folder at `path`. Returns when all of it is on the disk and verified. */
export async function ingest(
  path: string,
  options: AddOptions,
  { folder, writing, inPlace }: Ingesting,
  world: World,
): Promise<Added> {
  limitYoungHeap();
  const { workers, filesInTask, startWorkers } = writing.limits;
  const profile = profiles[options.profile];
  if (inPlace && !profile.rawLeaves) throw notTheBytes(options.profile);
  const inPlaceFrom = inPlace && { inPlaceFrom: writing.limits.inPlaceFrom };
  const surveyed = await survey(path, options.symlinks, world, folder);
  const adding = addingProgress(surveyed, world);
  const digests = recordSorter(folder);
  const places = inPlace && placeRecorder(inPlace.folder, surveyed.path, writing.limits.packBlocks);
  const put: Put = (block) => {
    digests.add(block.cid.multihash.digest);
    writing.append(block);
  };
  const tree = treeBuilder(profile, { scratch: folder });
  const walk = stepsOf(surveyed, world.signal);
  const steps = stepsUnderWay(walk, {
    profile,
    filesInTask,
    put,
    tree,
    addDigest: digests.add,
  });
  const take = (task: Task, hashed: Hashed): void => {
    if (places) recordTask(task, hashed, profile, places);
    adding.add(steps.take(task, hashed));
  };
  let pool: WorkerPool | undefined;
  try {
    for (;;) {
      world.signal.throwIfAborted();
      await steps.fill();
      if (!pool && workers > 0 && steps.isMuch(startWorkers))
        pool = startWorkerPool(folder, { profile: options.profile, ...inPlaceFrom }, writing);
      for (const { task, hashed } of (await pool?.results(steps.waiting === 0)) ?? []) take(task, hashed);
      while (pool?.hasCapacity() && steps.waiting > 1) pool.give(steps.next()!);
      const task = steps.next();
      if (task) {
        take(task, hashTask(task, { profile, appending: writing, ...inPlaceFrom }));
        await writing.settle();
        await places?.settle();
        // Let the event loop run: results of workers, an abort signal.
        await new Promise(setImmediate);
      }
      await steps.build();
      if (steps.isDone()) break;
    }
    await Promise.all([pool?.commit(), writing.commit()]);
    // Only now: what refers to blocks in place is on the disk, and nothing is pinned yet.
    await places?.commit();
    let blocks = 0;
    const counted = function* () {
      for (const digest of withoutRepeats(digests.sorted())) {
        blocks++;
        yield digest;
      }
    };
    await writing.prove(counted());
    return { ...tree.root!, bytes: adding.bytes, blocks };
  } catch (error) {
    await pool?.discard();
    throw diskFailure(error, `adding ${path}`, (await bytesOf(surveyed, world)) - free(folder));
  } finally {
    await walk.return(undefined);
    tree.close();
    digests.close();
  }
}

function notTheBytes(profile: string): Failure {
  return new Failure(
    "input",
    `blocks of the profile ${profile} are not the bytes of files, so they can't stay in place`,
    {
      hint: "without --profile, or with one that has raw leaves: cid-v1, v0-raw-leaves, unixfs-v1-2025",
    },
  );
}

function free(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
