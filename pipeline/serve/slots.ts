/** Who is served at once, and who waits: each body in the making holds some blocks in memory, whatever the reader's speed. */
import { unlessAborted } from "../core/abort.ts";
import { Refusal } from "./refusal.ts";

export interface Places {
  /** Resolves to what gives the place back. @throws Refusal 503 after `wait` ms, or at once where too many wait already. */
  take(gone: AbortSignal): Promise<() => void>;
  /** Places that are free. */
  readonly free: number;
}

/** Requests that wait for a place. */
const mostWaiting = 1024;

export function placesFor(count: number, wait: number): Places {
  let free = count;
  const waiting: (() => void)[] = [];
  const leave = () => {
    // Handed on, not given back and taken again: nobody who comes later can slip in between.
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
        // Not in the line any more: the place came in the same moment, and goes on to the next.
        if (at < 0) leave();
        else waiting.splice(at, 1);
        throw full();
      }
    },
  };
}
