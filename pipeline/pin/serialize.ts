/** Work on one thing at a time: what is asked of the same thing meanwhile waits its turn, what is asked of others doesn't. */
import { atMost } from "../core/concurrency.ts";

/** Runs `work` once all that was asked before under the same `key` has ended, well or not. */
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
