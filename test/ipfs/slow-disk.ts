/**
 * `node --import slow-disk.ts …`: a disk that takes its time, differently each time.
 *
 * What has to reach the disk before it counts is held up here, in every thread: whoever goes on as if it were done meets
 * another who acts on what is not there yet. `SLOW_DISK` is the seed; most calls are let through at once, some wait long.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout } from "node:timers/promises";
import { threadId } from "node:worker_threads";

let state = (Number(process.env.SLOW_DISK) * 7919 + threadId * 104_729 + 1) >>> 0;

/** ms */
function delay(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  const chance = state / 2 ** 32;
  return chance < 0.7 ? 0 : chance < 0.97 ? chance * 2 : 20;
}

const { fdatasync } = fs;
const { rename } = fs.promises;
fs.fdatasync = ((fd: number, done: fs.NoParamCallback) => {
  globalThis.setTimeout(() => fdatasync(fd, done), delay());
}) as typeof fs.fdatasync;
fs.promises.rename = async (from, to) => {
  await setTimeout(delay());
  return rename(from, to);
};
syncBuiltinESMExports();
