/**
 * The positions and times of a track file, gathered as they are read, and the description that they make.
 *
 * GeoJSON, GPX and KML differ in how they write the same things: points, ways, areas, and when. Bounds and simplified shapes
 * come from the code that draws the tracks of other formats (`core/cf/place`).
 */
import { normalSpan, spanningGrid, spanningPoints } from "../../core/cf/place/bounds.ts";
import { boxShape, mostPositions } from "../../core/cf/place/geometry.ts";
import { placeOf, roundedBounds } from "../../core/cf/place/place.ts";
import { surveyorOf } from "../../core/cf/place/survey.ts";
import type { Bounds, DatasetFinding, Place, Position, TimeExtent } from "../../core/dataset/dataset.ts";
import { type Box, boxAround } from "../../core/dataset/extent.ts";
import { compareInstants, instantOf, periodOf } from "../../core/dataset/instant.ts";

/** What a way is drawn as. The corners of an area follow one another, the first again at the end. */
type Shape = "point" | "line" | "area";

export interface Positions {
  /** Positions that follow one another, degrees; those of an `area` are its outer edge or one of its holes. */
  add(shape: Shape, positions: readonly Position[]): void;
  /** A moment, or the start and end of a period, as ISO 8601 has them; false where it is neither. */
  addTime(text: string): boolean;
  /** How many positions there are. */
  readonly count: number;
  readonly time: TimeExtent | undefined;
  /** Where they are. `misplaced` is what positions that are none mean: that they are left out, or that no place can be known. */
  place(misplaced: "left out" | "no place"): { readonly place?: Place; readonly findings: readonly DatasetFinding[] };
}

interface Way {
  readonly shape: Shape;
  readonly positions: readonly Position[];
}

export function positions(): Positions {
  const ways: Way[] = [];
  let [count, misplacedCount] = [0, 0];
  let [start, end]: (string | undefined)[] = [];
  const widen = (from: string, to: string) => {
    if (start === undefined || compareInstants(from, start) < 0) start = from;
    if (end === undefined || compareInstants(to, end) > 0) end = to;
  };
  return {
    add(shape, all) {
      const known = all.filter(isOnEarth);
      count += all.length;
      misplacedCount += all.length - known.length;
      if (known.length > 0) ways.push({ shape, positions: known });
    },
    addTime(text) {
      const instant = instantOf(text)?.iso;
      const period = instant === undefined ? periodOf(text) : { start: instant, end: instant };
      if (period) widen(period.start, period.end);
      return period !== undefined;
    },
    get count() {
      return count;
    },
    get time() {
      return start !== undefined && end !== undefined ? { start, end, source: "values" as const } : undefined;
    },
    place(misplaced) {
      const findings = misplacedCount > 0 ? [impossible(misplacedCount, count, misplaced)] : [];
      if (ways.length === 0 || (misplacedCount > 0 && misplaced === "no place")) return { findings };
      return ways.every(({ shape }) => shape === "area") ? { place: areaOf(ways), findings } : drawn(ways, findings);
    },
  };
}

/** Longitudes beyond 180 are those of ways that cross the antimeridian without being cut. */
const isOnEarth = ([longitude, latitude]: Position) => Math.abs(longitude) <= 360 && Math.abs(latitude) <= 90;

function impossible(some: number, all: number, misplaced: "left out" | "no place"): DatasetFinding {
  const effect = misplaced === "left out" ? "and are left out" : "so its place is not known";
  return {
    level: "warning",
    rule: "impossible-place",
    says: `${some} of ${all} positions are beyond 90° of latitude or 360° of longitude, ${effect}`,
    ...(misplaced === "no place" && { fix: "write longitude before latitude, in degrees" }),
  };
}

/** Points and lines; areas among them as their edges. */
function drawn(ways: readonly Way[], findings: readonly DatasetFinding[]) {
  const isPoints = ways.every(({ shape, positions }) => shape === "point" || positions.length === 1);
  const count = ways.reduce((sum, { positions }) => sum + positions.length, 0);
  const [longitude, latitude, order] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  let at = 0;
  for (const [number, { positions }] of ways.entries()) {
    for (const [i, [x, y]] of positions.entries()) {
      longitude[at] = x;
      latitude[at] = y;
      // A line is broken where its times go backwards, and so between two ways.
      order[at++] = i - number * 1e7;
    }
  }
  const surveyed = (along: "longitude" | "latitude" | "time", values: Float64Array) => {
    const surveyor = surveyorOf({ along, unit: 1, shape: [count], record: "places" });
    surveyor.add(values, { from: [0], size: [count], start: 0 });
    return surveyor.survey();
  };
  const { samples: time } = surveyed("time", order);
  const { place, findings: more } = placeOf({
    layout: isPoints ? "points" : "line",
    longitude: surveyed("longitude", longitude),
    latitude: surveyed("latitude", latitude),
    rowLength: count,
    ...(!isPoints && time && { time }),
  });
  return { ...(place && { place }), findings: [...findings, ...more] };
}

/** Areas as they are where they are few corners, else their box. */
function areaOf(ways: readonly Way[]): Place {
  const bounds = roundedBounds(boundsOf(boxAroundAll(ways.map(({ positions }) => boxOfRing(positions)))));
  const rings = ways.map(({ positions }) => positions.map(rounded));
  const corners = rings.reduce((sum, ring) => sum + ring.length, 0);
  const isPlain = corners <= mostPositions && rings.every((ring) => ring.length > 3 && isUncut(ring, bounds));
  if (!isPlain) return { bounds, geometry: boxShape(bounds), source: "values" };
  const [only, ...more] = rings;
  const geometry =
    more.length === 0
      ? ({ type: "Polygon", coordinates: [only!] } as const)
      : ({ type: "MultiPolygon", coordinates: rings.map((ring) => [ring]) } as const);
  return { bounds, geometry, source: "values" };
}

/** Some at a time: `boxAround` passes all of them to one call of `Math.min`. */
function boxAroundAll(boxes: readonly Box[]): Box {
  let all = boxes;
  while (all.length > perBox) {
    const joined: Box[] = [];
    for (let i = 0; i < all.length; i += perBox) joined.push(boxAround(all.slice(i, i + perBox))!);
    all = joined;
  }
  return boxAround(all)!;
}

const perBox = 1000;

/** Within the bounds, closed, and nowhere across the antimeridian. */
function isUncut(ring: readonly Position[], { south, north }: Bounds): boolean {
  const [first, last] = [ring[0]!, ring.at(-1)!];
  return (
    first[0] === last[0] &&
    first[1] === last[1] &&
    ring.every(([x, y], i) => {
      const previous = ring[Math.max(0, i - 1)]!;
      return Math.abs(x) <= 180 && Math.abs(x - previous[0]) <= 180 && y >= south && y <= north;
    })
  );
}

/** Millionths of a degree, as bounds have. */
const rounded = ([x, y]: Position): Position => [Math.round(x * 1e6) / 1e6 + 0, Math.round(y * 1e6) / 1e6 + 0];

function boxOfRing(ring: readonly Position[]): Box {
  const longitudes = Float64Array.from(ring, ([x]) => x);
  const latitudes = ring.map(([, y]) => y);
  // Corners that follow one another show the direction of rotation; two don't.
  const spanning = ring.length > 2 ? spanningGrid() : spanningPoints();
  spanning.add(longitudes);
  const { west, east } = spanning.span() ?? normalSpan(0, 0);
  const [south, north] = latitudes.reduce(
    ([least, greatest], y) => [Math.min(least, y), Math.max(greatest, y)],
    [90, -90],
  ) as [number, number];
  return [west, south, east, north];
}

const boundsOf = ([west, south, east, north]: Box): Bounds => ({ west, south, east, north });
