/**
 * Work that ends when its signal does, even where nothing below heeds the signal.
 *
 * A deadline that is only handed on is as good as the worst of those it is handed to. Two that are in everybody's way:
 * a promise that never settles, and Node's `fetch`, which stops following a Request's signal once nobody refers to the
 * Request (https://github.com/nodejs/node/issues/55428): on a busy machine, which collects garbage while it waits, neither
 * deadline nor Ctrl-C reached it.
 */
import type { World } from "./world.ts";

/** `work`; rejects with the signal's reason once that is aborted. What `work` comes to afterwards is nobody's any more. */
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

/** `items`, as {@link unlessAborted} gives each. However it ends, `items` is told. */
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
    // Refers to the request for as long as it lasts, which keeps its signal following ours.
    return await unlessAborted(request.signal, asked);
  } catch (error) {
    // Where it is answered after all, nobody reads on.
    asked.then(({ body }) => body?.cancel()).catch(() => undefined);
    throw error;
  }
}
