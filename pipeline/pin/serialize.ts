/** Serializes work by key: work with the same key runs one after another, work with different keys in parallel. */
import { atMost } from "../core/concurrency.ts";

/** Returns a function that runs `work` after all earlier work with the same `key` has ended, successfully or not. */
export function serializedByKey(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const queues = new Map<string, { waiting: number; readonly inTurn: ReturnType<typeof atMost> }>();
  return async (key, work) => {
    const queue = queues.get(key) ?? { waiting: 0, inTurn: atMost(1) };
    queues.set(key, queue);
    queue.waiting++;
    try {
      return await queue.inTurn(work);
    } finally {
      if (--queue.waiting === 0) queues.delete(key);
    }
  };
}
