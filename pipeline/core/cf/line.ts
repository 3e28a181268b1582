/**
 * A track, thinned until a map can draw it.
 *
 * Points are left out where the line without them stays within a tolerance (Ramer, Douglas and Peucker), which grows
 * until few enough remain. Typed arrays and a stack of our own: a campaign's track has a million points.
 */

/** Ends of a piece of a track: indices from `from` up to and without `to`. */
export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** 0.01° is about 1 km: what can't be seen on a map of a campaign. */
const firstTolerance = 0.01;
const growth = 1.6;

/** More points than this are thinned evenly before anything is measured: 2^18 are a point every 4 s of 30 flights. */
const measured = 2 ** 18;

/**
 * Indices of the points to keep, piece by piece, at most `most` in all; each piece keeps its ends. Pieces beyond
 * `most / 2` are left out.
 *
 * @param x float64[n], degrees, without jumps within a piece
 * @param y float64[n], degrees; neither holds NaN
 */
export function simplify(x: Float64Array, y: Float64Array, pieces: readonly Piece[], most: number): number[][] {
  const drawn = pieces.slice(0, Math.floor(most / 2));
  const stride = Math.ceil(drawn.reduce((sum, { from, to }) => sum + to - from, 0) / measured);
  for (let tolerance = firstTolerance; ; tolerance *= growth) {
    const kept: number[][] = [];
    let room = most;
    for (const piece of drawn) {
      const indices = room >= 2 ? keep(x, y, piece, { stride, tolerance, room }) : undefined;
      if (!indices) break;
      kept.push(indices);
      room -= indices.length;
    }
    if (kept.length === drawn.length) return kept;
  }
}

/** `undefined` as soon as more than `room` points would have to be kept. */
function keep(
  x: Float64Array,
  y: Float64Array,
  { from, to }: Piece,
  { stride, tolerance, room }: { readonly stride: number; readonly tolerance: number; readonly room: number },
): number[] | undefined {
  const kept = [from, to - 1];
  const stack = [from, to - 1];
  while (stack.length > 0) {
    const last = stack.pop()!;
    const first = stack.pop()!;
    let furthest = tolerance * tolerance;
    let at = -1;
    for (let i = first + stride; i < last; i += stride) {
      const distance = squaredDistance(x[i]!, y[i]!, x[first]!, y[first]!, x[last]!, y[last]!);
      if (distance > furthest) {
        furthest = distance;
        at = i;
      }
    }
    if (at < 0) continue;
    if (kept.push(at) > room) return undefined;
    stack.push(first, at, at, last);
  }
  return kept.sort((a, b) => a - b);
}

/** From a point to the nearest of the segment from a to b. */
function squaredDistance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}
