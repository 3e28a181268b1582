/**
 * Asking again where that can help.
 *
 * Only failures whose kind says so are worth another try: a service that said no says no again, and to ask it once more
 * is how accounts get locked.
 */
import { isFailure, kinds } from "../core/failure.ts";
import type { World } from "../core/world.ts";

export interface Tries {
  /** In all, from 1. */
  readonly tries: number;
  /** ms before the second try. Each further one waits twice as long, without chance: two runs behave alike. */
  readonly first: number;
  /** ms that no wait exceeds, whatever the other side asks for. */
  readonly longest: number;
}

/**
 * What `work` resolves to, in the first of its tries that doesn't fail.
 *
 * A failure that carries a {@link Failure.wait} (`Retry-After`) is waited for as it says, at most `longest`.
 *
 * @throws what the last try threw; at once where its kind says that asking again can't help, or where the run is to stop.
 */
export async function again<T>(work: () => Promise<T>, { tries, first, longest }: Tries, world: World): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (!isFailure(error) || !kinds[error.kind].again || tried >= tries) throw error;
      world.signal.throwIfAborted();
      const wait = Math.min(error.wait ?? first * 2 ** (tried - 1), longest);
      world.log(`${error.message}; asking again in ${wait / 1000} s`);
      await pause(wait, world);
    }
  }
}

/**
 * Sleep for `ms`, and no longer than `world.signal` allows: where somebody set an earlier end to a world, its own
 * sleep does not know of it.
 *
 * @throws the signal's reason.
 */
export async function pause(ms: number, world: World): Promise<void> {
  const { signal } = world;
  signal.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    await Promise.race([world.sleep(ms), stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
