/**
 * Time and place of like files together: the span of their times, the box around their boxes, and a shape for a map.
 *
 * The shape has points or tracks of all files as far as {@link mostPositions} allows, each file with an equal share.
 */
import { boxShape, mostPositions } from "../cf/place/geometry.ts";
import { type Piece, simplify } from "../cf/place/line.ts";
import type { Description, ExtentSource, Geometry, Place, Position, TimeExtent } from "../dataset/dataset.ts";
import { boxAround, boxOf, positionsOf, spanOf } from "../dataset/extent.ts";
import { evenlyOf } from "../evenly.ts";

/** From the surest: the source of an extent of several files is the least sure of theirs. */
const sources: readonly ExtentSource[] = ["values", "sampled", "attributes", "sidecar"];

const leastSure = (all: readonly { readonly source: ExtentSource }[]): ExtentSource =>
  sources.findLast((source) => all.some((one) => one.source === source)) ?? "values";

/** The span of all times; `undefined` where no file has one, or their calendars differ. */
export function timeOfAll(all: readonly Description[]): TimeExtent | undefined {
  const times = all.flatMap(({ time }) => time ?? []);
  const span = spanOf(times);
  const calendar = times[0]?.calendar;
  if (!span || times.some((time) => time.calendar !== calendar)) return undefined;
  return { ...span, source: leastSure(times), ...(calendar && { calendar }) };
}

/** `undefined` where no file has a place. */
export function placeOfAll(all: readonly Description[]): Place | undefined {
  const places = all.flatMap(({ place }) => place ?? []);
  const box = boxAround(places.map(({ bounds }) => boxOf(bounds)));
  if (!box) return undefined;
  const [west, south, east, north] = box;
  const bounds = { west, south, east, north };
  return { bounds, geometry: geometryOfAll(places) ?? boxShape(bounds), source: leastSure(places) };
}

/** `undefined` where nothing but the box of all fits. */
function geometryOfAll(places: readonly Place[]): Geometry | undefined {
  const geometries = places.map(({ geometry }) => geometry);
  if (geometries.some(isArea)) return areasOf(places);
  const lines = geometries.flatMap(linesIn);
  if (lines.length > 0 && geometries.every((geometry) => linesIn(geometry).length > 0)) return tracksOf(lines);
  return pointsOf(geometries);
}

const isArea = ({ type }: Geometry) => type === "Polygon" || type === "MultiPolygon";

function linesIn(geometry: Geometry): readonly (readonly Position[])[] {
  switch (geometry.type) {
    case "LineString":
      return [geometry.coordinates];
    case "MultiLineString":
      return geometry.coordinates;
    default:
      return [];
  }
}

const tracksOf = (lines: readonly (readonly Position[])[]): Geometry => ({
  type: "MultiLineString",
  coordinates: simplified(lines, mostPositions),
});

/** A shape of at most `most` positions in place of a track or of points. An area stays as it is. */
export function thinned(geometry: Geometry, most: number): Geometry {
  switch (geometry.type) {
    case "MultiPoint":
      return { type: "MultiPoint", coordinates: evenlyOf(geometry.coordinates, most) };
    case "LineString":
      return { type: "LineString", coordinates: simplified([geometry.coordinates], most)[0]! };
    case "MultiLineString":
      return { type: "MultiLineString", coordinates: simplified(geometry.coordinates, most) };
    default:
      return geometry;
  }
}

/** Lines of at most `most` positions together: all of them, or some, simplified. */
function simplified(lines: readonly (readonly Position[])[], most: number): readonly (readonly Position[])[] {
  // A line has two positions at least.
  const drawn = evenlyOf(lines, most / 2);
  const positions = drawn.flat();
  const x = Float64Array.from(positions, ([longitude]) => longitude);
  const y = Float64Array.from(positions, ([, latitude]) => latitude);
  const pieces: Piece[] = [];
  for (const { length } of drawn) {
    const from = pieces.at(-1)?.to ?? 0;
    pieces.push({ from, to: from + length });
  }
  return simplify(x, y, pieces, most).map((indices) => indices.map((i) => positions[i]!));
}

/** Distinct positions; of each file as many as of the others. */
function pointsOf(geometries: readonly Geometry[]): Geometry {
  const each = Math.max(1, Math.floor(mostPositions / geometries.length));
  const points = new Map(
    geometries.flatMap((geometry) =>
      evenlyOf(positionsOf(geometry), each).map((position) => [position.join(), position] as const),
    ),
  );
  const coordinates = evenlyOf([...points.values()], mostPositions);
  return coordinates.length === 1
    ? { type: "Point", coordinates: coordinates[0]! }
    : { type: "MultiPoint", coordinates };
}

/** The areas, with a box for what is none; `undefined` where a file has no area, or they have too many positions. */
function areasOf(places: readonly Place[]): Geometry | undefined {
  const areas = places.map(({ geometry, bounds }) => (isArea(geometry) ? geometry : boxShape(bounds)));
  const coordinates = areas.flatMap((area) =>
    area.type === "Polygon" ? [area.coordinates] : area.type === "MultiPolygon" ? area.coordinates : [],
  );
  if (!areas.every(isArea) || coordinates.flat(2).length > mostPositions) return undefined;
  return { type: "MultiPolygon", coordinates };
}
