/**
 * A set of keys in byte order, in short runs: adding one moves a few hundred others, however many there are.
 *
 * ```ts
 * const keys = sortedKeys();
 * keys.add("b");
 * [...keys.from("a")]; // ["b"]
 * ```
 */
import { byBytes } from "../../core/text/order.ts";
import { firstFrom } from "./sorted.ts";

export interface SortedKeys {
  /** A key that is there already must not be added. */
  add(key: string): void;
  remove(key: string): void;
  /** Keys from the first that is not before `from`. Keys may be added and removed meanwhile: those behind the last one are given. */
  from(from: string): Generator<string>;
}

const longestRun = 512;

export function sortedKeys(): SortedKeys {
  const runs: string[][] = [];
  /** Index of the run that has `key`, or has its place. */
  const runOf = (key: string): number => {
    let [low, high] = [0, runs.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (byBytes(runs[middle]![0]!, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    add(key) {
      if (runs.length === 0) runs.push([]);
      const at = runOf(key);
      const run = runs[at]!;
      run.splice(firstFrom(run, key), 0, key);
      if (run.length <= longestRun) return;
      // Keys that come in order fill their runs.
      const isLast = at === runs.length - 1 && run.at(-1) === key;
      runs.splice(at + 1, 0, run.splice(isLast ? run.length - 1 : run.length >> 1));
    },
    remove(key) {
      const at = runOf(key);
      const run = runs[at];
      const index = run ? firstFrom(run, key) : 0;
      if (run?.[index] !== key) return;
      run.splice(index, 1);
      if (run.length === 0) runs.splice(at, 1);
    },
    *from(from) {
      let at = runOf(from);
      let run = runs[at];
      let index = run ? firstFrom(run, from) : 0;
      while (run) {
        const key = run[index];
        if (key === undefined) {
          at++;
          run = runs[at];
          index = 0;
          continue;
        }
        yield key;
        if (runs[at] === run && run[index] === key) index++;
        else {
          at = runOf(key);
          run = runs[at];
          index = run ? firstFrom(run, key) : 0;
          if (run?.[index] === key) index++;
        }
      }
    },
  };
}
