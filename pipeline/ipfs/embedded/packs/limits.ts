/**
 * How large packs grow, and when threads are worth starting.
 *
 * The defaults are right for every campaign, so no key of campaign.yaml sets them. Tests make packs small: what happens
 * where one pack gives way to the next then happens thousands of times in seconds.
 */
import { availableParallelism } from "node:os";

export interface Limits {
  /** Most blocks of a pack: a commit writes the whole index of its pack, 2.8 MB at the default. */
  readonly packBlocks: number;
  /** Most bytes of a pack, give or take a block: a collection needs room for one. */
  readonly packBytes: number;
  /** Most threads beside the main one that hash files. */
  readonly workers: number;
  /** Files in one task of a thread. */
  readonly filesInTask: number;
  /** Work left that makes starting threads worth while: files, or ranges of large files. */
  readonly startWorkers: { readonly files: number; readonly ranges: number };
}

/** Threads beside the main one that pay: disks are busy before many cores are. */
const mostWorkers = 7;

export const defaultLimits: Limits = {
  packBlocks: 65_536,
  packBytes: 4 * 1024 ** 3,
  workers: Math.min(mostWorkers, availableParallelism() - 1),
  filesInTask: 64,
  startWorkers: { files: 192, ranges: 3 },
};
