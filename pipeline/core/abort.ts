/**
 * Ends waiting when a signal aborts, even where the code that is waited for ignores the signal.
 *
 * Two cases need this: a promise that never settles, and Node's `fetch`, which stops following a Request's signal as soon
 * as nothing refers to the Request (https://github.com/nodejs/node/issues/55428). On a busy machine, which collects garbage
 * while it waits, neither a deadline nor Ctrl-C then ends the request.
 */
import type { World } from "./world.ts";

/** `work`; rejects with the signal's reason when the signal aborts. A later result or error of `work` is discarded. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** `world`, which is also to stop when one of `signals` aborts: at a deadline, or when an answer is no longer needed. */
export function endedBy(world: World, ...signals: readonly AbortSignal[]): World {
  return { ...world, signal: AbortSignal.any([world.signal, ...signals]) };
}

/** `items`, each awaited as by {@link unlessAborted}. `items.return` is called however the iteration ends. */
export async function* eachUnlessAborted<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncGenerator<T> {
  const rest = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await unlessAborted(signal, rest.next());
      if (done) return;
      yield value;
    }
  } finally {
    // Not waited for: it may be stuck in what was given up.
    rest.return?.()?.catch(() => undefined);
  }
}

/** `world.fetch`, ended by the request's signal for certain. @throws as `world.fetch` does, or the signal's reason. */
export async function fetchUnlessAborted(request: Request, world: World): Promise<Response> {
  const asked = world.fetch(request);
  try {
    // The reference to `request` lasts as long as this waits, so that its signal goes on following ours.
    return await unlessAborted(request.signal, asked);
  } catch (error) {
    // A response that arrives after all is cancelled, because no caller reads it.
    asked.then(({ body }) => body?.cancel()).catch(() => undefined);
    throw error;
  }
}
