/**
 * Describes files in a second thread too, where a run describes many of them.
 *
 * Describing takes most of a scan's time, and the main thread reads and verifies blocks meanwhile. The thread is started when
 * enough files have been described to pay for its start, shares the work with the main thread, and ends when it has had none
 * for a while. One thread only, because each takes some 50 MB. Descriptions are the same on either thread.
 *
 * ```ts
 * const readers = inTwoThreads(readersUsing(decompressors));
 * ```
 */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { unlessAborted } from "../../../core/abort.ts";
import type { Description } from "../../../core/dataset/dataset.ts";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import type { World } from "../../../core/world.ts";
import type { FileFormat, FormatReader } from "../../../formats/reader.ts";
import { type Answer, errorOf, type Order, plainError } from "./messages.ts";

export interface ThreadOptions {
  /** Files that were described before the thread is started: fewer take less time than starting it. */
  readonly after?: number;
  /** ms without work after which it ends. */
  readonly idle?: number;
  /** With a single processor there is no second thread. */
  readonly processors?: number;
  /** MB of its objects, above which it is ended. */
  readonly memory?: number;
}

/** MB of the thread's memory for new objects, of which a third is in use at a time; and for all others. */
const heap = { young: 12, old: 64 } as const;

/** Files that the thread has at a time, of the eight that a search reads at once: it must not wait for its next bytes. */
const queued = 4;

/** Bytes of a file that the thread is given: what larger ones take may be more memory than it has. */
const mostBytes = 8 * 2 ** 20;

/** The thread ended, or was ended because it took too much memory. */
class ThreadLost extends Error {}

/** `readers`, whose files are described in two threads. */
export function inTwoThreads(
  readers: readonly FormatReader[],
  { after = 48, idle = 2000, processors = availableParallelism(), memory = heap.old }: ThreadOptions = {},
): readonly FormatReader[] {
  const other = secondThread(idle, memory);
  let begun = 0;
  let isLost = processors < 2;
  const describingOf =
    (name: string, files: FileFormat): FileFormat["describe"] =>
    async (file, world) => {
      const isOthers = ++begun > after && !isLost && file.size <= mostBytes && other.underWay() < queued;
      if (!isOthers) return files.describe(file, world);
      try {
        return await other.describe(name, file, world);
      } catch (error) {
        if (!(error instanceof ThreadLost)) throw error;
        // Here there is more memory. What ended the thread would end another one, too.
        isLost = true;
        return files.describe(file, world);
      }
    };
  return readers.map((reader) => {
    const { name, files } = reader;
    return files ? { ...reader, files: { ...files, describe: describingOf(name, files) } } : reader;
  });
}

interface Task {
  readonly file: RangeSource;
  readonly description: PromiseWithResolvers<Description>;
  /** Of its reads, by their numbers. */
  readonly errors: Map<number, unknown>;
}

/** That of one of the task's reads, as it was thrown here, or the one that the thread reports. */
function failureOf({ error }: Extract<Answer, { kind: "failed" }>, { errors }: Task): unknown {
  return error.read !== undefined && errors.has(error.read) ? errors.get(error.read) : errorOf(error);
}

function secondThread(idle: number, memory: number) {
  const tasks = new Map<number, Task>();
  let worker: Worker | undefined;
  let rest: NodeJS.Timeout | undefined;
  let lastId = 0;

  const send = (order: Order, transfer: ArrayBuffer[] = []) => worker?.postMessage(order, transfer);

  const read = async ({ id, read, offset, length }: Extract<Answer, { kind: "read" }>): Promise<void> => {
    const task = tasks.get(id);
    if (!task) return;
    try {
      const bytes = await task.file.read(offset, length);
      // A file with remembered blocks returns a copy that nothing else refers to, so its memory may be transferred.
      send({ kind: "bytes", id, read, bytes }, bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []);
    } catch (error) {
      task.errors.set(read, error);
      send({ kind: "unread", id, read, error: { ...plainError(error), read } });
    }
  };

  const take = (answer: Answer): void => {
    const task = tasks.get(answer.id);
    switch (answer.kind) {
      case "read":
        void read(answer);
        return;
      case "described":
        task?.description.resolve(answer.description);
        return;
      case "failed":
        task?.description.reject(failureOf(answer, task));
    }
  };

  const start = (): void => {
    const started = newWorker(memory);
    const lost = (why: string): void => {
      if (worker !== started) return;
      worker = undefined;
      for (const { description } of tasks.values()) description.reject(new ThreadLost(why));
    };
    started.on("message", take);
    started.on("error", (error) => lost((error as Error).message));
    started.on("exit", (code) => lost(`it ended with ${code}`));
    worker = started;
  };

  const end = (): void => {
    const ending = worker;
    worker = undefined;
    void ending?.terminate();
  };

  return {
    underWay: () => tasks.size,

    async describe(reader: string, file: RangeSource, world: World): Promise<Description> {
      const id = ++lastId;
      const task: Task = { file, description: Promise.withResolvers(), errors: new Map() };
      clearTimeout(rest);
      if (!worker) start();
      tasks.set(id, task);
      worker?.ref();
      send({ kind: "describe", id, reader, size: file.size });
      try {
        return await unlessAborted(world.signal, task.description.promise);
      } finally {
        tasks.delete(id);
        if (world.signal.aborted) send({ kind: "abort", id });
        if (tasks.size === 0) {
          // It must not prevent the process from ending.
          worker?.unref();
          rest = setTimeout(end, idle).unref();
        }
      }
    },
  };
}

function newWorker(memory: number): Worker {
  // The worker's file has the same ending as this one: .ts in a checkout, .js in the published package.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  // A run that limits the growth of new objects' memory does so for all threads: this one begins with enough.
  setFlagsFromString(`--min-semi-space-size=${heap.young / 3}`);
  return new Worker(new URL(`./describe-worker${ending}`, import.meta.url), {
    // Unbounded, tens of MB of garbage would build up before V8 collects it.
    resourceLimits: { maxYoungGenerationSizeMb: heap.young, maxOldGenerationSizeMb: memory },
  });
}
