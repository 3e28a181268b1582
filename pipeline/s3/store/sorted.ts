/** Lists of keys in byte order. */
import { byBytes } from "../../core/text/order.ts";

/** Two sorted lists without a common element, as one. */
export function merged(a: readonly string[], b: readonly string[]): string[] {
  const result: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (j === b.length || (i < a.length && byBytes(a[i]!, b[j]!) < 0)) result.push(a[i++]!);
    else result.push(b[j++]!);
  }
  return result;
}

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
