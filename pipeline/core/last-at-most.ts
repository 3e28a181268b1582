/** Finds among ascending values, by halving, the number of the last one that is not above `value`; 0 where all are. */
export function lastAtMost<T extends number | string>(ascending: ArrayLike<T>, value: T): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
