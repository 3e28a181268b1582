/**
 * How large packs grow, and from how much work on threads are started.
 *
 * The defaults suit every campaign, so no key of campaign.yaml sets them. Tests use small packs, so that the change from one
 * pack to the next happens thousands of times in seconds.
 */
import { availableParallelism } from "node:os";

export interface Limits {
  /** Most blocks of a pack: a commit writes the whole index of its pack, 2.8 MB at the default. */
  readonly packBlocks: number;
  /** Most bytes of a pack, exceeded by less than a block: a collection needs free space for one pack. */
  readonly packBytes: number;
  /** Most threads in addition to the main one that hash files. */
  readonly workers: number;
  /** Files in one task of a thread. */
  readonly filesInTask: number;
  /** Bytes from which a file is left in place where that is asked for: what lists have of a smaller one is more than 1 % of it. */
  readonly inPlaceFrom: number;
  /** Work left from which starting threads pays: files, or ranges of large files. */
  readonly startWorkers: { readonly files: number; readonly ranges: number };
}

/** Most useful threads in addition to the main one: the disk is the limit before many cores are. */
const mostWorkers = 7;

export const defaultLimits: Limits = {
  packBlocks: 65_536,
  packBytes: 4 * 1024 ** 3,
  workers: Math.min(mostWorkers, availableParallelism() - 1),
  filesInTask: 64,
  inPlaceFrom: 16_384,
  startWorkers: { files: 192, ranges: 3 },
};
