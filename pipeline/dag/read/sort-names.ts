/** Sorting many names without keeping everybody else from their turns: at once, 200 000 take a third of a second. */
import { byBytes } from "../../core/text/order.ts";
import { pause } from "../event-loop.ts";

/** Items sorted in one piece: a millisecond or two. */
const run = 2048;

/** `items` in byte order of their names, equal ones as they stood. However many there are, others have their turns meanwhile. */
export async function sortedByName<T extends { readonly name: string }>(items: readonly T[]): Promise<T[]> {
  // Without surrogates bytes and code units agree, and the engine's own comparison is several times faster.
  let plain = true;
  for (let at = 0; at < items.length && plain; at++) {
    plain = !/[\ud800-\uffff]/.test(items[at]!.name);
    if (at % run === run - 1) await pause();
  }
  const compare = plain
    ? (a: T, b: T) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    : (a: T, b: T) => byBytes(a.name, b.name);

  let from = [...items];
  for (let start = 0; start < from.length; start += run) {
    const sorted = from.slice(start, start + run).sort(compare);
    for (let i = 0; i < sorted.length; i++) from[start + i] = sorted[i]!;
    await pause();
  }
  let into = new Array<T>(from.length);
  for (let width = run; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      const [middle, end] = [Math.min(start + width, from.length), Math.min(start + 2 * width, from.length)];
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        const takesLeft = left < middle && (right >= end || compare(from[left]!, from[right]!) <= 0);
        into[at] = takesLeft ? from[left++]! : from[right++]!;
        if (at % run === 0) await pause();
      }
    }
    [from, into] = [into, from];
  }
  return from;
}
