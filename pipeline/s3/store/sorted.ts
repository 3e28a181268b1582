/** Lists of keys in byte order. */
import { byBytes } from "../../core/text/order.ts";

/** Index of the first element that is not before `from`. */
export function firstFrom(sorted: readonly string[], from: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byBytes(sorted[middle]!, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The elements from the first that is not before `from`. */
export function* allFrom(sorted: readonly string[], from: string): Generator<string> {
  for (let i = firstFrom(sorted, from); i < sorted.length; i++) yield sorted[i]!;
}
