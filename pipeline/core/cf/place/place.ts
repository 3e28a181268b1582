/**
 * Where: bounds from every valid position, and a shape to draw.
 *
 * How positions are laid out decides what they mean: two 1-D coordinates span a grid, latitudes and longitudes over the
 * same dimension are places one by one, and `featureType` (CF 9.1) declares whether those places are a way, profiles or
 * stations.
 */
import type { Bounds, DatasetFinding, Place } from "../../dataset/dataset.ts";
import { type Attributes, type CfVariable, text } from "../variable.ts";
import type { Span } from "./bounds.ts";
import {
  boxShape,
  lineShape,
  onePerRow,
  outlineShape,
  type Places,
  pointsShape,
  type Way,
  wayAlong,
} from "./geometry.ts";
import type { Survey } from "./survey.ts";

export type Layout = "grid" | "curvilinear" | "line" | "points" | "profiles";

/** How places are laid out, by the metadata. */
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

export interface Positions {
  readonly layout: Layout;
  readonly latitude: Survey;
  readonly longitude: Survey;
  /** Of a grid: whether its longitudes are those of an axis, one after the other. */
  readonly isAxis?: boolean;
  /** How many of the places follow one another in the fastest dimension. */
  readonly rowLength: number;
  /** float64[n], seconds, of each place that is used. */
  readonly time?: Float64Array;
}

/** The place that positions make; findings name what was left out, and why there is no place where there is none. */
export function placeOf(positions: Positions): { place?: Place; findings: DatasetFinding[] } {
  const { latitude, longitude } = positions;
  const findings = [...impossible(latitude, "latitude", 90), ...impossible(longitude, "longitude", 360)];
  const known = knownPlaces(positions);
  const way = known && positions.layout === "line" ? wayAlong(known, positions.rowLength, positions.time) : undefined;
  const span = spanOf(positions, way);
  if (!latitude.range || !span) {
    const says = `every ${latitude.range ? "longitude" : "latitude"} is missing or impossible, so the dataset has no place`;
    return { findings: [...findings, { level: "warning", rule: "no-place", says }] };
  }
  const bounds = roundedBounds({ ...span, south: latitude.range[0], north: latitude.range[1] });
  return { place: { bounds, geometry: shapeOf(positions, known, way, bounds), source: "values" }, findings };
}

function shapeOf(
  { layout, latitude, longitude, rowLength }: Positions,
  known: Places | undefined,
  way: Way | undefined,
  bounds: Bounds,
) {
  if (layout === "curvilinear" && latitude.edge && longitude.edge)
    return outlineShape({ latitude: latitude.edge, longitude: longitude.edge }, bounds);
  if (!known) return boxShape(bounds);
  if (way) return lineShape(known, bounds, way);
  switch (layout) {
    case "profiles":
      return pointsShape(onePerRow(known, rowLength), bounds);
    case "points":
      return pointsShape(known, bounds);
    default:
      return boxShape(bounds);
  }
}

function spanOf({ layout, isAxis, longitude }: Positions, way: Way | undefined): Span | undefined {
  if (layout === "grid" && isAxis) return longitude.spans?.grid;
  const span = longitude.spans?.points;
  if (!span || span.west > span.east) return span;
  // A way around the world may cross the antimeridian although the widest gap between its points is elsewhere.
  return way && way.crossed > 0 ? { west: -180, east: 180 } : span;
}

/** The places that are used, NaN in both where one is missing; `undefined` where they were too many. */
function knownPlaces({ latitude: { samples: y }, longitude: { samples: x } }: Positions): Places | undefined {
  if (!x || !y || x.length !== y.length) return undefined;
  const [latitude, longitude] = [y.slice(), x.slice()];
  for (let i = 0; i < latitude.length; i++) {
    if (Number.isNaN(longitude[i])) latitude[i] = Number.NaN;
    if (Number.isNaN(latitude[i])) longitude[i] = Number.NaN;
  }
  return { latitude, longitude };
}

/** Values beyond the limit are no angles; they were left out. */
function impossible({ impossible, count }: Survey, name: string, limit: number): DatasetFinding[] {
  if (impossible === 0) return [];
  return [
    {
      level: "warning",
      rule: "impossible-place",
      says: `${impossible} of ${count} values of ${name} lie beyond ±${limit}° and were left out`,
      fix: "declare the value that stands for missing as _FillValue",
    },
  ];
}

/** A millionth of a degree is 10 cm, and takes the noise of float32 and scale factors away. */
export function roundedBounds({ west, south, east, north }: Bounds): Bounds {
  const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6 + 0;
  return { west: round(west), south: round(south), east: round(east), north: round(north) };
}
