/**
 * The box around places, on a globe where longitude runs in a circle.
 *
 * A grid and a cloud of points need different rules. The first and last longitude of a grid are its ends, however
 * far apart: 0.5 … 359.5 is the whole globe. Of points only their places are known, so the box leaves out the widest
 * gap between them: 170, 175, -179 is a box across the antimeridian, not one around the world.
 */
import type { Bounds } from "../../dataset/dataset.ts";

/** Longitudes, degrees east, in [-180, 180]; west is greater than east across the antimeridian. */
export interface Span {
  readonly west: number;
  readonly east: number;
}

/** Into [-180, 180], the ends as they are. */
export function normalLongitude(longitude: number): number {
  if (longitude >= -180 && longitude <= 180) return longitude;
  const turned = (((longitude + 180) % 360) + 360) % 360;
  return turned - 180;
}

/** Finds a span in one pass over longitudes, degrees east; NaN is passed over. `span` is `undefined` where all are NaN. */
export interface Spanning {
  add(longitudes: Float64Array): void;
  span(): Span | undefined;
}

/** Of a grid: its longitudes one after the other, as its axis has them. */
export function spanningGrid(): Spanning {
  const [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let state = { count: 0, first: 0, previous: 0, unwrapped: 0, low, high, lowAsIs: low, highAsIs: high };
  return {
    add(longitudes) {
      // In variables of its own: numbers that outlive the call are allocated anew at each change.
      let { count, first, previous, unwrapped, low, high, lowAsIs, highAsIs } = state;
      for (let i = 0; i < longitudes.length; i++) {
        const longitude = longitudes[i]!;
        if (Number.isNaN(longitude)) continue;
        if (count++ === 0) first = unwrapped = longitude;
        else {
          const change = longitude - previous;
          unwrapped += Math.abs(change) > 180 ? change - 360 * Math.sign(change) : change;
        }
        previous = longitude;
        if (unwrapped < low) low = unwrapped;
        if (unwrapped > high) high = unwrapped;
        if (longitude < lowAsIs) lowAsIs = longitude;
        if (longitude > highAsIs) highAsIs = longitude;
      }
      state = { count, first, previous, unwrapped, low, high, lowAsIs, highAsIs };
    },
    span() {
      const { count, first, unwrapped, low: least, high: greatest, lowAsIs, highAsIs } = state;
      if (count === 0) return undefined;
      // Two columns have no step that could show in which direction they go.
      if (count < 3) return normalSpan(lowAsIs, highAsIs);
      const step = Math.abs(unwrapped - first) / (count - 1);
      // The last cell meets the first. The tolerance is for steps such as 1/3 that float32 can't represent.
      if (greatest - least + step >= 360 - 1e-3) return { west: -180, east: 180 };
      return normalSpan(least, greatest);
    },
  };
}

/** From the least longitude eastward to the greatest, degrees; the whole globe where they are a turn apart. */
export function normalSpan(least: number, greatest: number): Span {
  if (greatest - least >= 360) return { west: -180, east: 180 };
  const west = normalLongitude(least);
  // An end on the antimeridian belongs to the side the box is on.
  const east = normalLongitude(greatest);
  return { west: west === 180 && least < greatest ? -180 : west, east: east === -180 && least < greatest ? 180 : east };
}

/** Gaps narrower than an eighth of a degree are none where places are all around the globe. */
const binsPerDegree = 8;

/** Of places in any order. */
export function spanningPoints(): Spanning {
  // Least and greatest in each bin: gaps between bins are then as exact as the places, however many there are.
  const leastIn = new Float64Array(360 * binsPerDegree + 1).fill(Number.POSITIVE_INFINITY);
  const greatestIn = new Float64Array(leastIn.length).fill(Number.NEGATIVE_INFINITY);
  return {
    add(longitudes) {
      // By index: iterating a typed array costs three times as much, and there may be millions.
      for (let i = 0; i < longitudes.length; i++) {
        const normal = normalLongitude(longitudes[i]!);
        if (Number.isNaN(normal)) continue;
        const bin = Math.floor((normal + 180) * binsPerDegree);
        if (normal < leastIn[bin]!) leastIn[bin] = normal;
        if (normal > greatestIn[bin]!) greatestIn[bin] = normal;
      }
    },
    span() {
      const filled: number[] = [];
      for (let bin = 0; bin < leastIn.length; bin++) if (leastIn[bin]! <= greatestIn[bin]!) filled.push(bin);
      if (filled.length === 0) return undefined;
      const [west, east] = [leastIn[filled[0]!]!, greatestIn[filled.at(-1)!]!];
      let widest = west + 360 - east;
      let span: Span = { west, east };
      // The gap outside of them is at least half the circle: no gap between them is wider.
      if (widest >= 180) return span;
      for (const [i, bin] of filled.entries()) {
        const before = greatestIn[filled[i - 1] ?? bin]!;
        const gap = i === 0 ? 0 : leastIn[bin]! - before;
        if (gap > widest) {
          widest = gap;
          span = { west: leastIn[bin]!, east: before };
        }
      }
      return span;
    },
  };
}

/** Whether the box crosses ±180. */
export const crosses = ({ west, east }: Span) => west > east;

/** The point of `bounds` nearest to a position: for coordinates that rounding put just outside. */
export function clamp(longitude: number, latitude: number, bounds: Bounds): readonly [number, number] {
  const { west, south, east, north } = bounds;
  const y = Math.min(Math.max(latitude, south), north);
  if (!crosses(bounds)) return [Math.min(Math.max(longitude, west), east), y];
  if (longitude >= west || longitude <= east) return [longitude, y];
  return [west - longitude < longitude - east ? west : east, y];
}
