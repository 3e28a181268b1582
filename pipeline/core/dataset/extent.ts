/**
 * Extents: boxes on a sphere and intervals of time, checked, joined and compared.
 *
 * A box whose west is greater than its east crosses the antimeridian (RFC 7946, section 5.2); nothing else does.
 */
import type { Bounds, Geometry, Place, Position } from "./dataset.ts";
import { compareInstants, isInstant } from "./instant.ts";

export interface Interval {
  readonly start: string;
  readonly end: string;
}

export type Box = readonly [west: number, south: number, east: number, north: number];

export function boxOf({ west, south, east, north }: Bounds): Box {
  return [west, south, east, north];
}

/** Why `bounds` are no place on Earth; `undefined` where they are one. */
export function objectionTo({ west, south, east, north }: Bounds): string | undefined {
  const all = [west, south, east, north];
  if (!all.every((degrees) => typeof degrees === "number" && Number.isFinite(degrees))) return "an edge is no number";
  if (Math.abs(south) > 90 || Math.abs(north) > 90) return `latitudes ${south} to ${north} are not within -90 and 90`;
  if (Math.abs(west) > 180 || Math.abs(east) > 180) return `longitudes ${west} to ${east} are not within -180 and 180`;
  if (south > north) return `south (${south}) is greater than north (${north})`;
  return undefined;
}

/** Why a place can't be published; `undefined` where it can. */
export function objectionToPlace({ bounds, geometry }: Pick<Place, "bounds" | "geometry">): string | undefined {
  return objectionTo(bounds) ?? objectionToGeometry(geometry, boxOf(bounds));
}

function objectionToGeometry(geometry: Geometry, box: Box): string | undefined {
  const positions = positionsOf(geometry);
  if (positions.length === 0) return "its geometry is empty";
  if (positions.every(([longitude, latitude]) => longitude === 0 && latitude === 0)) {
    return "it is exactly 0° N, 0° E throughout, which is how instruments write that they know none";
  }
  const outside = positions.find((position) => !contains(box, position));
  return outside && `${outside.slice(0, 2)} is outside its own bounds ${box}`;
}

/** Why two instants are no interval; `undefined` where they are one. */
export function objectionToTime({ start, end }: Interval): string | undefined {
  for (const instant of [start, end]) {
    if (!isInstant(instant)) return `"${instant}" is no instant in UTC with at most six fraction digits`;
  }
  return compareInstants(start, end) > 0 ? `it ends (${end}) before it starts (${start})` : undefined;
}

/** The smallest interval that contains all of `intervals`. */
export function spanOf(intervals: readonly Interval[]): Interval | undefined {
  const [first, ...more] = intervals;
  if (!first) return undefined;
  return more.reduce(
    (span, { start, end }) => ({
      start: compareInstants(start, span.start) < 0 ? start : span.start,
      end: compareInstants(end, span.end) > 0 ? end : span.end,
    }),
    first,
  );
}

/** The smallest box that contains all of `boxes`: it leaves out the widest range of longitudes in which there is no box. */
export function boxAround(boxes: readonly Box[]): Box | undefined {
  if (boxes.length === 0) return undefined;
  // Without a spread: a call takes no more than some hundred thousand arguments.
  const south = boxes.reduce((least, box) => Math.min(least, box[1]), 90);
  const north = boxes.reduce((most, box) => Math.max(most, box[3]), -90);
  // What crosses the antimeridian is cut there. No sums: the answer's edges are edges that were given.
  const arcs = boxes.flatMap(([west, , east]) =>
    west > east ? [[west, 180] as const, [-180, east] as const] : [[west, east] as const],
  );
  arcs.sort((a, b) => a[0] - b[0]);

  const first = arcs[0]![0];
  let reach = -180;
  let widest = { gap: 0, west: first, east: reach };
  for (const [west, east] of arcs) {
    if (west > first && west - reach > widest.gap) widest = { gap: west - reach, west, east: reach };
    reach = Math.max(reach, east);
  }
  // The gap across the antimeridian: the box that leaves it out doesn't cross.
  if (first + 360 - reach >= widest.gap) return [first, south, reach, north];
  return [widest.west, south, widest.east, north];
}

/** Its western and eastern edge in degrees, the eastern one beyond 180 where the box crosses the antimeridian. */
export const unwrapped = ([west, , east]: Box): [west: number, east: number] => [west, west > east ? east + 360 : east];

/** Degrees from its western to its eastern edge. */
export function widthOf(box: Box): number {
  const [west, east] = unwrapped(box);
  return east - west;
}

const epsilon = 1e-6;

/** Whether a position lies in a box or on its edge. */
export function contains([west, south, east, north]: Box, [longitude, latitude]: Position): boolean {
  if (latitude < south - epsilon || latitude > north + epsilon) return false;
  const [afterWest, beforeEast] = [longitude >= west - epsilon, longitude <= east + epsilon];
  return west > east ? afterWest || beforeEast : afterWest && beforeEast;
}

/** Every position of a geometry. */
export function positionsOf(geometry: Geometry): readonly Position[] {
  switch (geometry.type) {
    case "Point":
      return [geometry.coordinates];
    case "MultiPoint":
    case "LineString":
      return geometry.coordinates;
    case "MultiLineString":
    case "Polygon":
      return geometry.coordinates.flat();
    case "MultiPolygon":
      return geometry.coordinates.flat(2);
  }
}
