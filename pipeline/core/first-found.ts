/** Several sources that may have the same thing: the first that has it is enough, and one that is down is passed over. */
import { type Failure, isFailure } from "./failure.ts";

/**
 * The first result that is not `undefined`, of `sources` called one after another; `undefined` where none has one.
 *
 * @throws Failure `unavailable` of the first source that could not be reached, where no other has it; any other failure at once.
 */
export async function firstFound<T>(sources: readonly (() => Promise<T | undefined>)[]): Promise<T | undefined> {
  let down: Failure | undefined;
  for (const source of sources) {
    try {
      const found = await source();
      if (found !== undefined) return found;
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      down ??= error;
    }
  }
  if (down) throw down;
  return undefined;
}
