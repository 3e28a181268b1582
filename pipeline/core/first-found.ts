/** Several places that may have the same thing: the first that has it is enough, and one that is down is passed over. */
import { type Failure, isFailure } from "./failure.ts";

/**
 * What the first of `places` that has it gives, asked one after another; `undefined` where none has it.
 *
 * @throws Failure `unavailable` of the first place that could not be asked, where no other has it; any other failure at once.
 */
export async function firstFound<T>(places: readonly (() => Promise<T | undefined>)[]): Promise<T | undefined> {
  let down: Failure | undefined;
  for (const place of places) {
    try {
      const found = await place();
      if (found !== undefined) return found;
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      down ??= error;
    }
  }
  if (down) throw down;
  return undefined;
}
