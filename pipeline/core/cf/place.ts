/**
 * Where: bounds from every valid position, and a shape to draw.
 *
 * How positions are laid out decides what they mean: two 1-D coordinates span a grid, latitudes and longitudes over the
 * same dimension are places one by one, and `featureType` (CF 9.1) says whether those places are a way, profiles or
 * stations.
 */
import type { Bounds, DatasetFinding, Geometry, Place } from "../dataset.ts";
import { gridSpan, normalLongitude, pointSpan, rangeOf, type Span } from "./bounds.ts";
import {
  boxShape,
  crossesAntimeridian,
  lineShape,
  onePerRow,
  outlineShape,
  type Places,
  pointsShape,
} from "./geometry.ts";
import { type Attributes, type CfVariable, text } from "./variable.ts";

export type Layout = "grid" | "curvilinear" | "line" | "points" | "profiles";

/** What the metadata say about how places are laid out. */
export function layoutOf(
  latitude: CfVariable,
  longitude: CfVariable,
  others: { readonly time?: CfVariable; readonly vertical: readonly CfVariable[] },
  attributes: Attributes,
): Layout {
  const sameDimensions = (other: CfVariable | undefined) => other?.dimensions.join() === latitude.dimensions.join();
  const { length: rank } = latitude.dimensions;
  if (!sameDimensions(longitude)) return "grid";
  // ACDD's word for the same, where CF's is not there.
  switch ((text(attributes, "featureType") || text(attributes, "cdm_data_type")).toLowerCase()) {
    case "trajectory":
      return rank > 0 ? "line" : "points";
    case "trajectoryprofile":
      // With heights at every position a row is a sounding that drifts, not the way of what released it.
      if (rank > 1 && others.vertical.some(sameDimensions)) return "profiles";
      return rank > 0 ? "line" : "points";
    case "profile":
    case "timeseries":
    case "timeseriesprofile":
      return rank > 1 ? "profiles" : "points";
    case "point":
      return "points";
    default:
      if (rank > 1) return "curvilinear";
      return rank === 1 && sameDimensions(others.time) ? "line" : "points";
  }
}

export interface Positions extends Places {
  readonly layout: Layout;
  /** Degrees between neighbouring longitudes, where they are the axis of a grid. */
  readonly step?: number;
  /** How many follow one another in the fastest dimension. */
  readonly rowLength: number;
  /** float64[n], seconds, of each position. */
  readonly time?: Float64Array;
}

/** The place that positions make; findings tell what was left out, and why there is no place where there is none. */
export function placeOf(positions: Positions): { place?: Place; findings: DatasetFinding[] } {
  const findings: DatasetFinding[] = [];
  const latitude = within(positions.latitude, 90, "latitude", findings);
  const longitude = within(positions.longitude, 360, "longitude", findings);
  const range = rangeOf(latitude);
  const span = spanOf({ ...positions, latitude, longitude });
  if (!range || !span) {
    const says = `every ${range ? "longitude" : "latitude"} is missing or impossible, so the dataset has no place`;
    return { findings: [...findings, { level: "warning", rule: "no-place", says }] };
  }
  const bounds = rounded({ ...span, south: range[0], north: range[1] });
  const known = positions.layout === "grid" ? { latitude, longitude } : bothKnown({ latitude, longitude });
  return { place: { bounds, geometry: shapeOf({ ...positions, ...known }, bounds), source: "values" }, findings };
}

function shapeOf(positions: Positions, bounds: Bounds): Geometry {
  const { layout, rowLength, time } = positions;
  switch (layout) {
    case "grid":
      return boxShape(bounds);
    case "curvilinear":
      return outlineShape(positions, bounds, rowLength);
    case "line":
      return lineShape(positions, bounds, rowLength, time);
    case "profiles":
      return pointsShape(onePerRow(positions, rowLength), bounds);
    case "points":
      return pointsShape(positions, bounds);
  }
}

function spanOf(positions: Positions): Span | undefined {
  const { layout, longitude, step, rowLength, time } = positions;
  if (layout === "grid" && step !== undefined) {
    const known = longitude.filter((each) => !Number.isNaN(each));
    return known.length > 0 ? gridSpan(known, step) : undefined;
  }
  const span = pointSpan(longitude);
  if (!span || layout !== "line" || span.west > span.east) return span;
  // A way around the world may cross the antimeridian although the widest gap between its points is elsewhere.
  return crossesAntimeridian(bothKnown(positions), rowLength, time) ? { west: -180, east: 180 } : span;
}

/** The box that `geospatial_lat_min` and its three fellows declare (ACDD 1.3); `undefined` where they don't make one. */
export function declaredPlace(attributes: Attributes): Place | undefined {
  const [south, north, west, east] = ["lat_min", "lat_max", "lon_min", "lon_max"].map((name) => {
    const value = attributes[`geospatial_${name}`];
    return typeof value === "string" && value.trim() !== ""
      ? Number(value)
      : typeof value === "number"
        ? value
        : Number.NaN;
  }) as [number, number, number, number];
  if (!(south >= -90 && south <= north && north <= 90 && west >= -180 && west <= 360 && east >= -180 && east <= 360))
    return undefined;
  const span =
    west <= east
      ? gridSpan(Float64Array.of(west, east), 0)
      : { west: normalLongitude(west), east: normalLongitude(east) };
  const bounds = rounded({ ...span, south, north });
  return { bounds, geometry: boxShape(bounds), source: "attributes" };
}

/** Values beyond ±limit are no angles; they become NaN, and a finding. */
function within(values: Float64Array, limit: number, name: string, findings: DatasetFinding[]): Float64Array {
  const range = rangeOf(values);
  if (!range || (range[0] >= -limit && range[1] <= limit)) return values;
  const possible = values.map((value) => (Math.abs(value) > limit ? Number.NaN : value));
  const bad = values.reduce((count, value) => (Math.abs(value) > limit ? count + 1 : count), 0);
  findings.push({
    level: "warning",
    rule: "impossible-place",
    says: `${bad} of ${values.length} values of ${name} lie beyond ±${limit}° and were left out`,
    fix: "declare the value that stands for missing as _FillValue",
  });
  return possible;
}

function bothKnown(places: Places): Places {
  const latitude = places.latitude.slice();
  const longitude = places.longitude.slice();
  for (let i = 0; i < latitude.length; i++) {
    if (Number.isNaN(longitude[i])) latitude[i] = Number.NaN;
    if (Number.isNaN(latitude[i])) longitude[i] = Number.NaN;
  }
  return { latitude, longitude };
}

/** A millionth of a degree is 10 cm, and takes the noise of float32 and scale factors away. */
function rounded({ west, south, east, north }: Bounds): Bounds {
  const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6 + 0;
  return { west: round(west), south: round(south), east: round(east), north: round(north) };
}
