/**
 * The box around places, on a globe where longitude runs in a circle.
 *
 * A grid and a cloud of points want different answers. The first and last longitude of a grid are its ends, however
 * far apart: 0.5 … 359.5 is the whole globe. Of points only their places are known, so the box leaves out the widest
 * gap between them: 170, 175, -179 is a box across the antimeridian, not one around the world.
 */
import type { Bounds } from "../dataset.ts";

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

/**
 * @param longitudes float64[n], degrees east, one after the other as the grid has them, without NaN; n > 0. Some of them
 *   suffice if they include both ends and none is more than 180° from the next.
 * @param step degrees between neighbours, to tell that the last cell meets the first
 */
export function gridSpan(longitudes: Float64Array, step: number): Span {
  let least = longitudes[0]!;
  let greatest = least;
  let unwrapped = least;
  for (let i = 1; i < longitudes.length; i++) {
    const change = longitudes[i]! - longitudes[i - 1]!;
    unwrapped += Math.abs(change) > 180 && longitudes.length > 2 ? change - 360 * Math.sign(change) : change;
    least = Math.min(least, unwrapped);
    greatest = Math.max(greatest, unwrapped);
  }
  // The tolerance is for steps such as 1/3 that float32 can't hold.
  if (greatest - least + Math.abs(step) >= 360 - 1e-3) return { west: -180, east: 180 };
  const west = normalLongitude(least);
  // An end on the antimeridian belongs to the side the box is on.
  const east = normalLongitude(greatest);
  return { west: west === 180 && least < greatest ? -180 : west, east: east === -180 && least < greatest ? 180 : east };
}

/** @param longitudes float64[n], degrees east in any order, NaN where missing. `undefined` where all are. */
export function pointSpan(longitudes: Float64Array): Span | undefined {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  // By index: iterating a typed array costs three times as much, and there may be millions.
  for (let i = 0; i < longitudes.length; i++) {
    const normal = normalLongitude(longitudes[i]!);
    if (normal < least) least = normal;
    if (normal > greatest) greatest = normal;
  }
  if (least > greatest) return undefined;
  // The gap outside of them is at least half the circle: no gap between them is wider.
  if (greatest - least <= 180) return { west: least, east: greatest };
  const sorted = longitudes
    .map(normalLongitude)
    .filter((longitude) => !Number.isNaN(longitude))
    .sort();
  let widest = least + 360 - greatest;
  let span: Span = { west: least, east: greatest };
  for (let i = 1; i < sorted.length; i++) {
    const gap = sorted[i]! - sorted[i - 1]!;
    if (gap > widest) {
      widest = gap;
      span = { west: sorted[i]!, east: sorted[i - 1]! };
    }
  }
  return span;
}

/** Least and greatest of float64[n], NaN left out; `undefined` where nothing is left. */
export function rangeOf(values: Float64Array): readonly [least: number, greatest: number] | undefined {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least <= greatest ? [least, greatest] : undefined;
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
