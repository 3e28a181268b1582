/** At most `most` elements of a list: the first and the last among them, evenly spaced; of one alone, that in the middle. */
export function evenlyOf<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  if (most === 1) return [list[Math.floor(list.length / 2)]!];
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]!);
}
