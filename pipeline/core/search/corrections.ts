/** Words that differ from a typed one by a letter: one more, one less, another, or two that changed places. */
import { baseOf } from "./index/words.ts";

/** Shorter words are too near to too many others. */
export const shortestCorrected = 4;

const letters = "abcdefghijklmnopqrstuvwxyz0123456789_";

/** All texts that differ from `word` by one letter, those that differ at the end first, because they are in the same leaf. */
export function* editsOf(word: string): Generator<string> {
  for (let at = word.length; at >= 0; at--) {
    const [before, after] = [word.slice(0, at), word.slice(at)];
    if (after.length > 1) yield `${before}${after[1]}${after[0]}${after.slice(2)}`;
    if (after !== "") yield before + after.slice(1);
    for (const letter of letters) {
      yield before + letter + after;
      if (after !== "") yield before + letter + after.slice(1);
    }
  }
}

/** Whether two words differ by exactly one letter, in any script. */
export function differByOne(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let [start, endA, endB] = [0, a.length, b.length];
  while (start < endA && start < endB && a[start] === b[start]) start++;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1];
  const [restA, restB] = [a.slice(start, endA), b.slice(start, endB)];
  if (restA.length <= 1 && restB.length <= 1) return true;
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0];
}

/** The word nearest to `word` that most documents have; of several, the first one. */
export function correctionOf(
  word: string,
  terms: Iterable<{ readonly term: string; readonly count: number }>,
): string | undefined {
  const counts = new Map<string, number>();
  for (const { term, count } of terms) {
    const base = baseOf(term);
    if (differByOne(word, base)) counts.set(base, Math.max(count, counts.get(base) ?? 0));
  }
  const [best] = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return best?.[0];
}
