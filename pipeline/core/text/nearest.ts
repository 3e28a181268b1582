/** Did you mean …? */

/** The word of `words` that `typed` is probably a misspelling of: at most a third of its letters wrong. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  if (typed.length > 40) return undefined;
  const written = typed.toLowerCase();
  const near = words
    // As many letters are wrong as one has more than the other, at least.
    .filter((word) => Math.abs(word.length - written.length) <= mostWrong(word))
    .map((word) => ({ word, distance: distance(written, word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= mostWrong(word))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.word;
}

const mostWrong = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/** Letters to add, remove, change or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
