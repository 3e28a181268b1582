/** Slots for responses in progress, and a queue for them: each body has some blocks in memory, whatever the reader's speed. */
import { unlessAborted } from "../../core/abort.ts";
import { Refusal } from "../refusal.ts";

export interface Places {
  /** Resolves to a function that frees the slot. @throws Refusal 503 after `wait` ms, or at once where the queue is full. */
  take(gone: AbortSignal): Promise<() => void>;
  /** Free slots. */
  readonly free: number;
}

/** Most requests in the queue. */
const mostWaiting = 1024;

export function placesFor(count: number, wait: number): Places {
  let free = count;
  const waiting: (() => void)[] = [];
  const leave = () => {
    // Passed on directly, not freed and taken again, so that a later request can't take it in between.
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  const full = () =>
    new Refusal(503, `${count} others are being served: try again in a moment`, { "retry-after": "5" });
  return {
    get free() {
      return free;
    },

    async take(gone) {
      if (free > 0) {
        free--;
        return leave;
      }
      if (waiting.length >= mostWaiting) throw full();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      const late = AbortSignal.timeout(wait);
      try {
        await unlessAborted(AbortSignal.any([gone, late]), promise);
        return leave;
      } catch {
        const at = waiting.indexOf(resolve);
        // No longer in the queue: the slot arrived at the same moment, and is passed to the next.
        if (at < 0) leave();
        else waiting.splice(at, 1);
        throw full();
      }
    },
  };
}
