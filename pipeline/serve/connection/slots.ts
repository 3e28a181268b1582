/**
 * Slots for responses in progress, and a queue for them: each body has some blocks in memory, whatever the reader's speed.
 *
 * A reader that takes nothing has its slot only as long as no request waits for one: otherwise as many such readers as there
 * are slots would block all others.
 */
import { unlessAborted } from "../../core/abort.ts";
import { Failure } from "../../core/failure.ts";
import { Refusal } from "../refusal.ts";

export interface Places {
  /**
   * Resolves when a slot is free. `cut` ends the response; it is called where the slot is needed by others.
   *
   * @throws Refusal 503 after `wait` ms, or at once where the queue is full.
   */
  take(gone: AbortSignal, cut: (reason: Failure) => void): Promise<Slot>;
  /** Free slots. */
  readonly free: number;
}

export interface Slot {
  leave(): void;
  /** Whether the response waits for its reader from now on. */
  waits(isWaiting: boolean): void;
}

/** Most requests in the queue. */
const mostWaiting = 1024;

interface Taken {
  readonly cut: (reason: Failure) => void;
  /** ms: when the response began to wait for its reader; absent where it doesn't. */
  since?: number | undefined;
}

/** @param stall ms after which a reader that takes nothing loses its slot to a waiting request. */
export function placesFor(count: number, { wait, stall }: { readonly wait: number; readonly stall: number }): Places {
  let free = count;
  const waiting: (() => void)[] = [];
  const taken = new Set<Taken>();
  let checking: NodeJS.Timeout | undefined;

  const slotOf = (cut: Taken["cut"]): Slot => {
    const own: Taken = { cut };
    taken.add(own);
    return {
      waits: (isWaiting) => {
        own.since = isWaiting ? performance.now() : undefined;
      },
      leave: () => {
        if (!taken.delete(own)) return;
        passOn();
      },
    };
  };
  const passOn = () => {
    // Passed on directly, not freed and taken again, so that a later request can't take it in between.
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  /** Ends the responses that wait longest for their readers, one for each request in the queue. */
  const check = () => {
    checking = undefined;
    const now = performance.now();
    const stalled = [...taken].filter(({ since }) => since !== undefined && now - since >= stall);
    stalled.sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
    for (const { cut } of stalled.slice(0, waiting.length)) {
      cut(new Failure("unavailable", `nothing was read in ${stall / 1000} s, and others wait`));
    }
    checkLater();
  };
  const checkLater = () => {
    if (waiting.length > 0 && checking === undefined) checking = setTimeout(check, Math.max(50, stall / 5)).unref();
  };
  const full = () =>
    new Refusal(503, `${count} others are being served: try again in a moment`, { "retry-after": "5" });
  return {
    get free() {
      return free;
    },

    async take(gone, cut) {
      if (free > 0) {
        free--;
        return slotOf(cut);
      }
      if (waiting.length >= mostWaiting) throw full();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      checkLater();
      const late = AbortSignal.timeout(wait);
      try {
        await unlessAborted(AbortSignal.any([gone, late]), promise);
        return slotOf(cut);
      } catch {
        const at = waiting.indexOf(resolve);
        // No longer in the queue: the slot arrived at the same moment, and is passed to the next.
        if (at < 0) passOn();
        else waiting.splice(at, 1);
        throw full();
      }
    },
  };
}
