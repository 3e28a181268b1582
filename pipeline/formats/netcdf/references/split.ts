/** The shape of chunks into which an array is cut that lies in a file as a whole. */

/** Bytes that a chunk should have at most, and how many parts an array is cut into. */
const sought = { bytes: 4 * 2 ** 20, parts: 20_000 } as const;

/**
 * Equal parts, each of them in one piece of the file: along the first dimension, along the next where that is cut into
 * single steps, and so on. Each length is divided without remainder, because Zarr's last chunk is as long as the others.
 */
export function splitShape(shape: readonly number[], itemSize: number): number[] {
  const chunk = [...shape];
  let bytes = shape.reduce((all, length) => all * length, itemSize);
  let parts = 1;
  for (let axis = 0; axis < shape.length && bytes > sought.bytes; axis++) {
    const count = divisor(shape[axis]!, bytes / sought.bytes, sought.parts / parts);
    chunk[axis] = shape[axis]! / count;
    bytes /= count;
    parts *= count;
    if (chunk[axis] !== 1) break;
  }
  return chunk;
}

/** The least divisor from `least` on, else the greatest below it; none above `greatest`. */
function divisor(length: number, least: number, greatest: number): number {
  let best = 1;
  for (let small = 1; small * small <= length; small++) {
    if (length % small !== 0) continue;
    for (const each of [small, length / small]) {
      if (each > greatest) continue;
      const isBetter = best < least ? each > best : each >= least && each < best;
      if (isBetter) best = each;
    }
  }
  return best;
}
