/**
 * Worker threads that hash files, each into a pack of its own.
 *
 * The main thread hashes as well, which saves starting one worker. Workers are started only when enough work is left to pay
 * for their start.
 */
import { Worker } from "node:worker_threads";
import { Failure, type Kind } from "../../../core/failure.ts";
import type { ProfileName } from "../../../dag/profile.ts";
import type { Claim } from "../packs/append.ts";
import type { Limits } from "../packs/limits.ts";
import type { Counter } from "../packs/pack-numbers.ts";
import type { Writing } from "../write-lock.ts";
import type { Hashed, Task } from "./hash-files.ts";

/** What a worker is started with. */
export interface Post {
  readonly folder: string;
  readonly profile: ProfileName;
  /** The pack to begin with; the numbers of those that follow it come from `counter`. */
  readonly claim: Claim;
  readonly counter: Counter;
  readonly limits: Limits;
  /** See `hash-files.ts`. */
  readonly inPlaceFrom?: number;
}

export type Order =
  | { readonly kind: "hash"; readonly id: number; readonly task: Task }
  /** Put what was appended on the disk and end. */
  | { readonly kind: "commit" }
  /** Cut off what was appended and end. */
  | { readonly kind: "discard" };

export type Answer =
  | { readonly kind: "hashed"; readonly id: number; readonly hashed: Hashed }
  /** `number`: the pack that was appended to last, committed and closed. */
  | { readonly kind: "done"; readonly number?: number }
  /** `id`: the task that failed; absent where `commit` or `discard` failed. */
  | { readonly kind: "failed"; readonly id?: number; readonly error: PlainError };

/** An error as it is sent from one thread to another. */
export interface PlainError {
  readonly message: string;
  readonly kind?: Kind;
  readonly hint?: string;
  readonly code?: string;
  readonly path?: string;
}

export interface WorkerPool {
  /** Whether a worker can take a task now. */
  hasCapacity(): boolean;
  give(task: Task): void;
  readonly busy: number;
  /** The results since the last call; waits for one where there is none and a worker is busy. */
  results(wait: boolean): Promise<readonly { readonly task: Task; readonly hashed: Hashed }[]>;
  /** Every worker puts what it appended on the disk and ends. */
  commit(): Promise<void>;
  /** Every worker cuts off what it appended and ends. Never fails. */
  discard(): Promise<void>;
}

/** Tasks that a worker has at a time: one in progress, one queued. */
const tasksEach = 2;

export function startWorkerPool(
  folder: string,
  hashing: Pick<Post, "profile" | "inPlaceFrom">,
  writing: Writing,
): WorkerPool {
  const { counter, limits } = writing;
  const tasks = new Map<number, Task>();
  let results: { task: Task; hashed: Hashed }[] = [];
  let failure: { readonly error: Error } | undefined;
  let wake = (): void => {};
  let lastId = 0;
  const onHashed = (id: number, hashed: Hashed): void => {
    const task = tasks.get(id);
    if (task) results.push({ task, hashed });
    else failure ??= { error: new Error(`a worker hashed the task ${id}, which it was not given`) };
    tasks.delete(id);
    wake();
  };
  const onFailed = (error: Error): void => {
    failure ??= { error };
    wake();
  };
  const members = Array.from({ length: limits.workers }, () =>
    startMember({ folder, ...hashing, claim: writing.claim(), counter, limits }, { onHashed, onFailed }),
  );

  return {
    get busy() {
      return tasks.size;
    },

    hasCapacity: () => members.some((member) => member.tasks < tasksEach),

    give(task) {
      const member = members.reduce((least, each) => (each.tasks < least.tasks ? each : least));
      const id = ++lastId;
      tasks.set(id, task);
      member.tasks++;
      member.worker.postMessage({ kind: "hash", id, task } satisfies Order);
    },

    async results(wait) {
      if (wait && results.length === 0 && tasks.size > 0 && !failure) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure) throw failure.error;
      const ready = results;
      results = [];
      return ready;
    },

    commit: () => leave(members, { kind: "commit" }, writing),
    // What is thrown away may fail: the failure that led here is the one to report.
    discard: () => leave(members, { kind: "discard" }, writing).catch(() => undefined),
  };
}

interface Member {
  readonly worker: Worker;
  /** The number of the pack that it began with. */
  readonly claimed: number;
  tasks: number;
  /** Resolves to the pack that was appended to last when the thread has committed or discarded. */
  readonly left: PromiseWithResolvers<number | undefined>;
}

interface Events {
  onHashed(id: number, hashed: Hashed): void;
  /** A task failed, or the thread ended. */
  onFailed(error: Error): void;
}

function startMember(post: Post, { onHashed, onFailed }: Events): Member {
  // The worker's file has the same ending as this one: .ts in a checkout, .js in the published package.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./ingest-worker${ending}`, import.meta.url), {
    // A thread's objects are small and short-lived: unbounded, 50 MB of garbage would build up before V8 collects it.
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
    workerData: post,
  });
  const member: Member = { worker, claimed: post.claim.number, tasks: 0, left: Promise.withResolvers() };
  worker.on("message", (answer: Answer) => {
    if (answer.kind === "hashed") {
      member.tasks--;
      onHashed(answer.id, answer.hashed);
    } else if (answer.kind === "done") member.left.resolve(answer.number);
    else if (answer.id === undefined) member.left.reject(errorOf(answer.error));
    else onFailed(errorOf(answer.error));
  });
  const lost = (error: Error): void => {
    member.left.reject(error);
    onFailed(error);
  };
  worker.on("error", (error) => lost(error as Error));
  worker.on("exit", (code) => lost(new Error(`a thread that hashes files ended (${code})`)));
  // Awaited by `leave`: until then its failure must not end the process.
  member.left.promise.catch(() => undefined);
  return member;
}

/** Ends all threads, and makes their packs free again. @throws the error of the first that failed. */
async function leave(
  members: readonly Member[],
  order: Exclude<Order, { kind: "hash" }>,
  writing: Writing,
): Promise<void> {
  const leaving = members.map(async ({ worker, claimed, left }) => {
    worker.postMessage(order);
    try {
      // Only now: the thread has committed the pack and closed it.
      writing.returned((await left.promise) ?? claimed);
    } finally {
      await worker.terminate();
    }
  });
  const outcomes = await Promise.allSettled(leaving);
  const lost = outcomes.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (lost) throw lost.reason;
}

function errorOf({ message, kind, hint, code, path }: PlainError): Error {
  if (kind) return new Failure(kind, message, { ...(hint !== undefined && { hint }) });
  return Object.assign(new Error(message), { ...(code && { code }), ...(path && { path }) });
}
