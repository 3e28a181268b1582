/**
 * Threads that read parts of files to shared memory and hash them.
 *
 * Hashing takes most of the time of reading gigabytes, and every block that is read is hashed. Threads start when so much
 * was asked for that they pay for their start; until then, and on a machine with one core, the caller's thread reads.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { sha256 } from "../../../dag/hash.ts";
import { readFully } from "../../../disk/read-fully.ts";

export interface Reading {
  readonly fd: number;
  /** Bytes from the beginning of the file. */
  readonly position: number;
  /** Is filled. Threads are used for shared memory only. */
  readonly memory: Buffer;
  /** Begin and length of each part of `memory` to hash, in turns, bytes. */
  readonly parts: readonly number[];
}

export interface ReadingThreads {
  /**
   * The sha2-256 of each part, uint8[32] one after another; `undefined` where the file ends before.
   *
   * @throws what the disk reports.
   */
  read(reading: Reading): Promise<Uint8Array | undefined>;
  /** Ends the threads. What is read afterwards is read in the caller's thread. */
  close(): void;
}

/** What a thread is sent, one list at a time, and answers in the same order. */
export interface Request extends Omit<Reading, "memory"> {
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

export type Reply =
  | { readonly digests: Uint8Array | undefined }
  | { readonly error: { message: string; code?: string } };

/** Bytes read before threads start: hashing them takes about as long as starting the threads. */
const worthThreads = 16 * 2 ** 20;

/** More threads than this would wait for the disk and for the one that uses what they read. */
const mostThreads = 4;

export function readingThreads({
  count = Math.min(mostThreads, availableParallelism()),
  from = worthThreads,
} = {}): ReadingThreads {
  let members: readonly Member[] | undefined;
  let asked = 0;
  let pending: Waiting[] = [];
  let closed = count < 2;

  const send = (): void => {
    const waiting = pending;
    pending = [];
    members ??= Array.from({ length: count }, () => startMember(() => close()));
    const idleFirst = [...members].sort((a, b) => a.waiting.length - b.waiting.length);
    const each = Math.ceil(waiting.length / count);
    for (const [i, member] of idleFirst.entries()) member.give(waiting.slice(i * each, (i + 1) * each));
  };
  const close = (): void => {
    closed = true;
    for (const member of members ?? []) member.end();
    members = undefined;
  };

  return {
    async read(reading) {
      asked += reading.memory.length;
      const shared = reading.memory.buffer;
      if (closed || asked < from || !(shared instanceof SharedArrayBuffer)) return readHere(reading);
      const reply = await new Promise<Reply | undefined>((answered) => {
        if (pending.length === 0) queueMicrotask(send);
        pending.push({ reading, shared, answered });
      });
      // A thread that ended has not answered.
      if (!reply) return readHere(reading);
      if ("error" in reply) throw Object.assign(new Error(reply.error.message), reply.error);
      return reply.digests;
    },
    close,
  };
}

/** Read and hash in this thread. */
export function readHere({ fd, position, memory, parts }: Reading): Uint8Array | undefined {
  if (readFully(fd, memory, position) < memory.length) return undefined;
  const digests = new Uint8Array(parts.length * 16);
  for (let i = 0; i < parts.length; i += 2) {
    digests.set(sha256(memory.subarray(parts[i]!, parts[i]! + parts[i + 1]!)), i * 16);
  }
  return digests;
}

interface Waiting {
  readonly reading: Reading;
  readonly shared: SharedArrayBuffer;
  readonly answered: (reply: Reply | undefined) => void;
}

interface Member {
  readonly waiting: readonly Waiting[];
  give(some: readonly Waiting[]): void;
  end(): void;
}

/** `onLost` is called where the thread ends by itself. */
function startMember(onLost: () => void): Member {
  // The thread's file has the same ending as this one: .ts in a checkout, .js in the published package.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./reading-worker${ending}`, import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const waiting: Waiting[] = [];
  // The process waits for it only while it has something to read.
  worker.unref();
  worker.on("message", (replies: readonly Reply[]) => {
    for (const reply of replies) waiting.shift()?.answered(reply);
    if (waiting.length === 0) worker.unref();
  });
  const lost = (): void => {
    for (const { answered } of waiting.splice(0)) answered(undefined);
    onLost();
  };
  worker.on("error", lost).on("exit", lost);
  return {
    waiting,
    give(some) {
      if (some.length === 0) return;
      if (waiting.length === 0) worker.ref();
      waiting.push(...some);
      worker.postMessage(some.map(requestOf));
    },
    end: () => void worker.terminate(),
  };
}

function requestOf({ reading: { memory, ...rest }, shared }: Waiting): Request {
  return { ...rest, memory: shared, offset: memory.byteOffset, length: memory.length };
}
