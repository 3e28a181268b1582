/** Parts of byte arrays in byte order, without views of them: sorting compares them some twenty times for each record. */

/** Below 0 where the part of `a` comes before that of `b`, above 0 where it comes after. */
export function compared(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const shorter = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}
