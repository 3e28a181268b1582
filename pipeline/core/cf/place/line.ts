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

/** 0.01° is about 1 km: invisible on a map of a campaign. */
const firstTolerance = 0.01;
const growth = 1.6;

/** More points than this are thinned evenly before anything is measured: 2^18 are a point every 4 s of 30 flights. */
const measured = 2 ** 18;

/**
 * Distances measured for one track: half a second's work. A spiral of a million points would take minutes, since each of its
 * points is the furthest of those that are left.
 */
const mostDistances = 5e7;

/**
 * Indices of the points to use, piece by piece, at most `most` in all; the ends of each piece are among them. Pieces beyond
 * `most / 2` are left out. What would take too long to measure is thinned evenly.
 *
 * @param x float64[n], degrees, without jumps within a piece
 * @param y float64[n], degrees; neither contains NaN
 */
export function simplify(x: Float64Array, y: Float64Array, pieces: readonly Piece[], most: number): number[][] {
  const drawn = pieces.slice(0, Math.floor(most / 2));
  const stride = Math.ceil(drawn.reduce((sum, { from, to }) => sum + to - from, 0) / measured);
  const effort = { left: mostDistances };
  for (let tolerance = firstTolerance; effort.left > 0; tolerance *= growth) {
    const chosen: number[][] = [];
    let room = most;
    for (const piece of drawn) {
      const indices = room >= 2 ? simplifyPiece(x, y, piece, { stride, tolerance, room, effort }) : undefined;
      if (!indices) break;
      chosen.push(indices);
      room -= indices.length;
    }
    if (chosen.length === drawn.length) return chosen;
  }
  return evenly(drawn, most);
}

/** Points at even distances in their order, the ends of each piece among them. */
function evenly(pieces: readonly Piece[], most: number): number[][] {
  const total = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const spare = most - 2 * pieces.length;
  return pieces.map(({ from, to }) => {
    const between = Math.min(to - from - 2, Math.floor((spare * (to - from)) / total));
    const step = (to - 1 - from) / (between + 1);
    return [...Array.from({ length: between + 1 }, (_, i) => Math.floor(from + i * step)), to - 1];
  });
}

/** `undefined` as soon as more than `room` points would remain, or the effort is spent. */
function simplifyPiece(
  x: Float64Array,
  y: Float64Array,
  { from, to }: Piece,
  { stride, tolerance, room, effort }: SimplifyOptions,
): number[] | undefined {
  const chosen = [from, to - 1];
  const stack = [from, to - 1];
  while (stack.length > 0) {
    const last = stack.pop()!;
    const first = stack.pop()!;
    effort.left -= (last - first) / stride;
    if (effort.left <= 0) return undefined;
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
    if (chosen.push(at) > room) return undefined;
    stack.push(first, at, at, last);
  }
  return chosen.sort((a, b) => a - b);
}

interface SimplifyOptions {
  readonly stride: number;
  readonly tolerance: number;
  readonly room: number;
  /** Distances that may still be measured. */
  readonly effort: { left: number };
}

/** From a point to the nearest of the segment from a to b. */
function squaredDistance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}
