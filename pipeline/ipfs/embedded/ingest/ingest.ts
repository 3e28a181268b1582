/**
 * Adds files of this machine, as fast as its cores and its disk allow.
 *
 * Workers get batches of files, and ranges of large files, and return digests. This thread builds files and folders of them,
 * in order, by the same code as every other way of adding. The number of files in progress is bounded, so memory hardly grows
 * with the number of files. Small additions start no second thread.
 */
import { statfsSync } from "node:fs";
import type { World } from "../../../core/world.ts";
import type { Put } from "../../../dag/block.ts";
import type { Added, AddOptions } from "../../../dag/build/add-options.ts";
import { addingProgress } from "../../../dag/build/files.ts";
import { treeBuilder } from "../../../dag/build/tree-builder.ts";
import { bytesOf, stepsOf, survey } from "../../../dag/build/walk-disk.ts";
import { digestSet } from "../../../dag/digest-set.ts";
import { profiles } from "../../../dag/profile.ts";
import { diskFailure } from "../../../disk/disk-failure.ts";
import { limitYoungHeap } from "../../../disk/young-heap.ts";
import type { Writing } from "../write-lock.ts";
import { hashTask } from "./hash-files.ts";
import { stepsUnderWay } from "./pending-steps.ts";
import { startWorkerPool, type WorkerPool } from "./worker-pool.ts";

export interface Ingesting {
  readonly folder: string;
  readonly writing: Writing;
}

/** Add the file or folder at `path`. Returns when all of it is on the disk and verified. */
export async function ingest(
  path: string,
  options: AddOptions,
  { folder, writing }: Ingesting,
  world: World,
): Promise<Added> {
  limitYoungHeap();
  const { workers, filesInTask, startWorkers } = writing.limits;
  const profile = profiles[options.profile];
  const surveyed = await survey(path, options.symlinks, world);
  const adding = addingProgress(surveyed, world);
  const distinct = digestSet();
  const put: Put = (block) => {
    distinct.add(block.cid.multihash.digest);
    writing.append(block);
  };
  const tree = treeBuilder(profile, put);
  const steps = stepsUnderWay(stepsOf(surveyed), {
    profile,
    filesInTask,
    put,
    tree,
    seen: (digest) => void distinct.add(digest),
  });
  let pool: WorkerPool | undefined;
  try {
    for (;;) {
      world.signal.throwIfAborted();
      steps.fill();
      if (!pool && workers > 0 && steps.isMuch(startWorkers)) pool = startWorkerPool(folder, options.profile, writing);
      for (const { task, hashed } of (await pool?.results(steps.waiting === 0)) ?? [])
        adding.add(steps.take(task, hashed));
      while (pool?.hasCapacity() && steps.waiting > 1) pool.give(steps.next()!);
      const task = steps.next();
      if (task) {
        adding.add(steps.take(task, hashTask(task, { profile, appending: writing })));
        await writing.settle();
        // Let the event loop run: results of workers, an abort signal.
        await new Promise(setImmediate);
      }
      await steps.build();
      if (steps.isDone()) break;
    }
    await Promise.all([pool?.commit(), writing.commit()]);
    await writing.prove(distinct);
    return { ...tree.root!, bytes: adding.bytes, blocks: distinct.size };
  } catch (error) {
    await pool?.discard();
    throw diskFailure(error, `adding ${path}`, (await bytesOf(surveyed, world)) - free(folder));
  }
}

function free(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
