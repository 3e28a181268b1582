/**
 * Retries after temporary failures.
 *
 * Only failures of a temporary kind are retried: a service that rejected a request rejects it again, and repeated
 * rejections can lock an account.
 */
import { isFailure, kinds } from "../core/failure.ts";
import type { World } from "../core/world.ts";

export interface Tries {
  /** Number of tries, at least 1. */
  readonly tries: number;
  /** ms before the second try; doubled before each further one. No random part, so that two runs behave alike. */
  readonly first: number;
  /** Maximum ms of a pause, also if the server's `Retry-After` is longer. */
  readonly longest: number;
}

/**
 * The result of `work`, from the first try that succeeds.
 *
 * After a failure with a {@link Failure.wait} (`Retry-After`), the pause has that length, at most `longest`.
 *
 * @throws the error of the last try; without a retry if its kind is not temporary, or the run was aborted.
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
 * Sleeps for `ms`, or until `world.signal` aborts: a caller may have replaced the signal by one that aborts earlier, which
 * `world.sleep` does not use.
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
