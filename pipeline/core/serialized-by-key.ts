/** Serializes work by key: work with the same key runs one after another, work with different keys in parallel. */
import { atMost } from "./concurrency.ts";

export interface SerializedByKey {
  /** Runs `work` after all earlier work with the same `key` has ended, successfully or not. */
  <T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Whether work with that key runs or waits. */
  has(key: string): boolean;
}

export function serializedByKey(): SerializedByKey {
  const queues = new Map<string, { waiting: number; readonly inTurn: ReturnType<typeof atMost> }>();
  const run = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const queue = queues.get(key) ?? { waiting: 0, inTurn: atMost(1) };
    queues.set(key, queue);
    queue.waiting++;
    try {
      return await queue.inTurn(work);
    } finally {
      if (--queue.waiting === 0) queues.delete(key);
    }
  };
  return Object.assign(run, { has: (key: string) => queues.has(key) });
}
