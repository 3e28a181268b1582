/**
 * Shapes for a map: what a dataset's places look like, small enough to stand in an index.
 *
 * Everything returned lies within the bounds it was given and is split at the antimeridian (RFC 7946, 3.1.9).
 * Coordinates have four decimals, about 10 m.
 */
import type { Bounds, Geometry, Position } from "../../dataset/dataset.ts";
import { clamp, crosses, normalLongitude } from "./bounds.ts";
import { type Piece, simplify } from "./line.ts";

/** Positions one geometry may have. */
export const mostPositions = 2000;

/** Two arrays of the same length, degrees, NaN in both where a place is missing. */
export interface Places {
  readonly longitude: Float64Array;
  readonly latitude: Float64Array;
}

/** The box itself; a line or a point where it has no area. */
export function boxShape(bounds: Bounds): Geometry {
  const { west, south, east, north } = bounds;
  if (west === east && south === north) return { type: "Point", coordinates: [west, south] };
  if (crosses(bounds)) {
    const coordinates = [[ring({ ...bounds, east: 180 })], [ring({ ...bounds, west: -180 })]];
    return south < north
      ? { type: "MultiPolygon", coordinates }
      : {
          type: "MultiLineString",
          coordinates: [
            [
              [west, south],
              [180, south],
            ],
            [
              [-180, south],
              [east, south],
            ],
          ],
        };
  }
  if (west === east || south === north)
    return {
      type: "LineString",
      coordinates: [
        [west, south],
        [east, north],
      ],
    };
  return { type: "Polygon", coordinates: [ring(bounds)] };
}

/** Counterclockwise, as RFC 7946 requires of an outer ring. */
const ring = ({ west, south, east, north }: Bounds): Position[] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];

/** The distinct points; their box where they are too many for a map. */
export function pointsShape(places: Places, bounds: Bounds): Geometry {
  const { longitude, latitude } = places;
  // By longitude and latitude in steps of 1e-4, as one number: millions of values are often few places.
  const points = new Map<number, Position>();
  let lastX = Number.NaN;
  let lastY = Number.NaN;
  for (let i = 0; i < latitude.length; i++) {
    const x = round(longitude[i]!);
    const y = round(latitude[i]!);
    // What hardly moves is at the same place as before, nearly always.
    if (Number.isNaN(y) || (x === lastX && y === lastY)) continue;
    lastX = x;
    lastY = y;
    const point = position(longitude[i]!, latitude[i]!, bounds);
    points.set(Math.round(point[0] * 1e4) * 1e7 + Math.round(point[1] * 1e4), point);
    if (points.size > mostPositions) return boxShape(bounds);
  }
  const coordinates = [...points.values()];
  return coordinates.length === 1
    ? { type: "Point", coordinates: coordinates[0]! }
    : { type: "MultiPoint", coordinates };
}

/** One place for each row of `length`: that in the middle of those that are known, since sondes drift. */
export function onePerRow({ longitude, latitude }: Places, length: number): Places {
  const rows = Math.floor(latitude.length / length);
  const middle = {
    longitude: new Float64Array(rows).fill(Number.NaN),
    latitude: new Float64Array(rows).fill(Number.NaN),
  };
  for (let row = 0; row < rows; row++) {
    const known: number[] = [];
    for (let i = row * length; i < (row + 1) * length; i++) if (!Number.isNaN(latitude[i])) known.push(i);
    const at = known[Math.floor(known.length / 2)];
    if (at === undefined) continue;
    middle.longitude[row] = longitude[at]!;
    middle.latitude[row] = latitude[at]!;
  }
  return middle;
}

/** The way along places that follow one another: {@link wayAlong}. */
export interface Way {
  /** Degrees, of the known places only, with longitudes that don't jump. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** In which the places hang together. */
  readonly pieces: readonly Piece[];
  /** Times that it crosses the antimeridian. */
  readonly crossed: number;
}

/**
 * The line of a way. Missing places are left out, not broken at.
 *
 * @param places that it is along
 * @returns the box where nothing is left to draw a line between
 */
export function lineShape(places: Places, bounds: Bounds, { x, y, pieces, crossed }: Way): Geometry {
  if (pieces.length === 0) return pointsShape(places, bounds);
  // Each crossing adds two positions at ±180; leave room for them.
  const room = Math.max(mostPositions - 2 * crossed, mostPositions / 2);
  const lines = simplify(x, y, pieces, room).flatMap((indices) => split(indices, x, y, bounds));
  const drawn = lines.filter(({ length }) => length > 1);
  if (drawn.length === 0) return pointsShape(places, bounds);
  return drawn.length === 1
    ? { type: "LineString", coordinates: drawn[0]! }
    : { type: "MultiLineString", coordinates: drawn };
}

/**
 * The way along places that follow one another, broken at the end of each row, where `time` has a gap or goes backwards,
 * and at the antimeridian.
 *
 * @param length of a row, in places
 * @param time float64[n], seconds, where each place has one
 */
export function wayAlong({ longitude, latitude }: Places, length: number, time: Float64Array | undefined): Way {
  const gap = time ? longestPause(time) : Number.POSITIVE_INFINITY;
  const x = new Float64Array(latitude.length);
  const y = new Float64Array(latitude.length);
  const pieces: Piece[] = [];
  let count = 0;
  let from = 0;
  let crossed = 0;
  let previous = -1;
  const close = () => {
    if (count - from > 1) pieces.push({ from, to: count });
    from = count;
  };
  for (let i = 0; i < latitude.length; i++) {
    if (Number.isNaN(latitude[i])) continue;
    const pause = time && previous >= 0 ? time[i]! - time[previous]! : 0;
    if (previous >= 0 && (Math.floor(i / length) !== Math.floor(previous / length) || pause > gap || pause < 0))
      close();
    const normal = normalLongitude(longitude[i]!);
    // The copy of this longitude nearest to the last, so that a crossing is a step like any other.
    x[count] = count > from ? normal + 360 * Math.round((x[count - 1]! - normal) / 360) : normal;
    if (count > from && sheet(x[count]!) !== sheet(x[count - 1]!)) crossed++;
    y[count] = latitude[i]!;
    count++;
    previous = i;
  }
  close();
  return { x, y, pieces, crossed };
}

/** Which turn around the globe an unwrapped longitude is on. */
const sheet = (x: number) => Math.floor((x + 180) / 360);

/** An hour without a position is another flight; for slower platforms, twenty times their usual step. Seconds. */
function longestPause(time: Float64Array): number {
  const steps: number[] = [];
  const every = Math.max(1, Math.floor(time.length / 1000));
  for (let i = every; i < time.length; i += every) {
    const step = time[i]! - time[i - 1]!;
    if (step > 0) steps.push(step);
  }
  steps.sort((a, b) => a - b);
  return Math.max(3600, 20 * (steps[Math.floor(steps.length / 2)] ?? 0));
}

/** One unwrapped line as the lines it makes between -180 and 180. */
function split(indices: readonly number[], x: Float64Array, y: Float64Array, bounds: Bounds): Position[][] {
  const lines: Position[][] = [[]];
  let last: Position | undefined;
  const add = (longitude: number, latitude: number) => {
    const next = position(longitude, latitude, bounds);
    if (last && next[0] === last[0] && next[1] === last[1]) return;
    lines.at(-1)!.push(next);
    last = next;
  };
  for (const [n, i] of indices.entries()) {
    const before = indices[n - 1];
    if (before !== undefined) {
      for (let at = sheet(x[before]!), to = sheet(x[i]!); at !== to; at += Math.sign(to - at)) {
        const edge = Math.max(at, at + Math.sign(to - at)) * 360 - 180;
        const latitude = y[before]! + ((edge - x[before]!) / (x[i]! - x[before]!)) * (y[i]! - y[before]!);
        const eastward = to > at;
        add(eastward ? 180 : -180, latitude);
        lines.push([]);
        last = undefined;
        add(eastward ? -180 : 180, latitude);
      }
    }
    add(x[i]! - 360 * sheet(x[i]!), y[i]!);
  }
  return lines;
}

const round = (degrees: number) => Math.round(degrees * 1e4) / 1e4;

function position(longitude: number, latitude: number, bounds: Bounds): Position {
  return clamp(round(normalLongitude(longitude)), round(latitude), bounds);
}

/**
 * The outline of a curvilinear grid from the places along its edge, the first again at the end: thinned. The box where
 * some are missing, or it crosses ±180 or runs around a pole.
 */
export function outlineShape(edge: Places, bounds: Bounds): Geometry {
  if (crosses(bounds) || bounds.east - bounds.west > 180) return boxShape(bounds);
  const x = edge.longitude.map(normalLongitude);
  const y = edge.latitude;
  if (x.some(Number.isNaN) || y.some(Number.isNaN)) return boxShape(bounds);
  // Halves, since a line's ends always remain and a ring's ends are one point.
  const half = Math.floor(x.length / 2);
  const halves = [
    { from: 0, to: half + 1 },
    { from: half, to: x.length },
  ];
  const [first, second] = simplify(x, y, halves, mostPositions);
  const outline = [...first!, ...second!.slice(1)].map((i) => position(x[i]!, y[i]!, bounds));
  const area = outline.reduce((sum, [ax, ay], i) => {
    const [bx, by] = outline[(i + 1) % outline.length]!;
    return sum + ax * by - bx * ay;
  }, 0);
  if (outline.length < 4 || area === 0) return boxShape(bounds);
  return { type: "Polygon", coordinates: [area > 0 ? outline : outline.toReversed()] };
}
