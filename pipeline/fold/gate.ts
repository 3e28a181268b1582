/**
 * A gate that work passes through, and that may be closed by several at once.
 *
 * Closing waits for work that is under way; work that comes later waits until each of those closings has ended.
 */
import { unlessAborted } from "../core/abort.ts";

export interface Gate {
  readonly isClosed: boolean;
  /** Does `work` when the gate is open. @throws The signal's reason where it is aborted while the gate is closed. */
  pass<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T>;
  /** Resolves when nothing is under way. The gate stays closed until the result is disposed of; twice is once. */
  close(): Promise<AsyncDisposable>;
}

export function gate(): Gate {
  let closers = 0;
  let opened = Promise.withResolvers<void>();
  const underWay = new Set<Promise<unknown>>();

  return {
    get isClosed() {
      return closers > 0;
    },

    async pass(work, signal) {
      // Another may close it again between the opening and this turn.
      while (closers > 0) await unlessAborted(signal, opened.promise);
      signal.throwIfAborted();
      const working = (async () => work())();
      underWay.add(working);
      try {
        return await working;
      } finally {
        underWay.delete(working);
      }
    },

    async close() {
      if (closers++ === 0) opened = Promise.withResolvers<void>();
      let isOpen = false;
      const open = async () => {
        if (isOpen) return;
        isOpen = true;
        if (--closers === 0) opened.resolve();
      };
      await Promise.allSettled(underWay);
      return { [Symbol.asyncDispose]: open };
    },
  };
}
