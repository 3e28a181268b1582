/**
 * What of a dataset can be drawn, and how: its variables with the axes they have.
 *
 * Metadata alone decide, so that nothing is read before a person gets the choices.
 */
import { type Coordinates, findCoordinates } from "../../pipeline/core/cf/coordinates.ts";
import { type CfVariable, text } from "../../pipeline/core/cf/variable.ts";
import type { OpenArrays } from "../../pipeline/formats/arrays.ts";
import { isNumeric } from "./values.ts";

export type PlotKind = "series" | "profile" | "track" | "field" | "histogram" | "value";

export interface Drawable {
  readonly variable: CfVariable;
  /** The best one first; never empty. */
  readonly kinds: readonly PlotKind[];
}

export interface Catalog {
  readonly arrays: OpenArrays;
  readonly coordinates: Coordinates;
  /** Data first, then coordinates; what interests most people first among the data. */
  readonly drawables: readonly Drawable[];
  /** What is drawn when nothing was chosen: of `drawables`. */
  readonly first: Drawable | undefined;
}

export function catalogOf(arrays: OpenArrays): Catalog {
  const coordinates = findCoordinates(arrays.variables, arrays.attributes);
  const isSounding = soundings.test(JSON.stringify(arrays.attributes));
  const all = arrays.variables.filter(
    (variable) => isNumeric(variable) && variable.shape.every((length) => length > 0),
  );
  const drawables = all
    .map((variable) => ({ variable, kinds: kindsOf(variable, coordinates, isSounding) }))
    .sort((a, b) => Number(isCoordinate(a, coordinates)) - Number(isCoordinate(b, coordinates)));
  const first = drawables.toSorted((a, b) => interest(b, coordinates) - interest(a, coordinates))[0];
  return { arrays, coordinates, drawables, first };
}

/** Dimensions with more than one value, slowest first. */
export function freeDimensions({ dimensions, shape }: CfVariable): readonly string[] {
  return dimensions.filter((_, i) => shape[i]! > 1);
}

/** How a dataset of soundings is named somewhere among its attributes. */
const soundings = /"profile"|"trajectoryProfile"|dropsonde|radiosonde|sounding|ascent/i;

function kindsOf(variable: CfVariable, coordinates: Coordinates, isSounding: boolean): readonly PlotKind[] {
  const free = freeDimensions(variable);
  if (free.length === 0) return ["value"];
  const kinds: PlotKind[] = [];
  const along = new Set(free.map((dimension) => coordinates.along(dimension).kind));
  const isField = free.length > 1;
  const isGrid = along.has("x") && along.has("y");
  const isCurtain = along.has("time") && along.has("z");
  const vertical = verticalOf(variable, coordinates);
  const isProfile = vertical !== undefined && vertical.name !== variable.name;
  if (isField && (isGrid || isCurtain)) kinds.push("field");
  if (isProfile && (along.has("z") || isSounding)) kinds.push("profile");
  if (isOrdered(variable, coordinates)) kinds.push("series");
  if (isProfile) kinds.push("profile");
  if (isField) kinds.push("field");
  if (placesOf(variable, coordinates)) kinds.push("track");
  kinds.push("histogram", "series");
  return [...new Set(kinds)];
}

/** Whether one of its dimensions has an order that is known: a coordinate, or a time along it. */
function isOrdered(variable: CfVariable, coordinates: Coordinates): boolean {
  return freeDimensions(variable).some((dimension) => axisOf(dimension, variable, coordinates) !== undefined);
}

/** The coordinate of a dimension: the variable of its name, or the time that runs along it. */
export function axisOf(
  dimension: string,
  { dimensions }: CfVariable,
  coordinates: Coordinates,
): CfVariable | undefined {
  const own = coordinates.ofDimension.get(dimension);
  if (own) return isNumeric(own) ? own : undefined;
  const { time } = coordinates;
  return dimensions.includes(dimension) && time?.dimensions.length === 1 && time.dimensions[0] === dimension
    ? time
    : undefined;
}

/** The height, altitude, depth or pressure that goes with a variable's values: as many dimensions as it takes, of its own. */
export function verticalOf(variable: CfVariable, coordinates: Coordinates): CfVariable | undefined {
  const free = freeDimensions(variable);
  const fits = (candidate: CfVariable) =>
    freeDimensions(candidate).length > 0 && freeDimensions(candidate).every((each) => free.includes(each));
  // Between equals what the dimension itself runs along.
  const own = free
    .filter((each) => coordinates.along(each).kind === "z")
    .map((each) => coordinates.ofDimension.get(each)!);
  return [...own, ...coordinates.vertical].find((candidate) => isNumeric(candidate) && fits(candidate));
}

/** Where each value of a variable was measured; `undefined` where its latitude and longitude are axes of a grid, or absent. */
export function placesOf(
  variable: CfVariable,
  { latitude, longitude }: Coordinates,
): { readonly latitude: CfVariable; readonly longitude: CfVariable } | undefined {
  if (!latitude || !longitude || latitude.dimensions.join() !== longitude.dimensions.join()) return undefined;
  const free = freeDimensions(latitude);
  const fits = free.length > 0 && free.every((dimension) => variable.dimensions.includes(dimension));
  return fits ? { latitude, longitude } : undefined;
}

const isCoordinate = ({ variable }: Drawable, { describing }: Coordinates) => describing.has(variable.name);

const common =
  /temp|humid|(^|_)(rh|ta|tdry|t2m|theta|q|u|v|w|wspd|wind|dbz|z_?e|rain|precip|radia|bt|tb|aod|conc|co2|o3|chl|sst|salin)(_|\d|$)|reflectiv|refl|backscat|speed/i;
const service = /flag|qc|quality|status|count|number|index|(^|_)id(_|$)|mask|error|uncertain|std|calib|crs|version/i;

function interest(drawable: Drawable, coordinates: Coordinates): number {
  const { variable } = drawable;
  const { attributes, type, name } = variable;
  const words = `${name} ${text(attributes, "standard_name")}`;
  return (
    (isCoordinate(drawable, coordinates) ? -20 : 0) +
    (freeDimensions(variable).length > 0 ? 8 : 0) +
    (text(attributes, "standard_name") !== "" ? 3 : 0) +
    (text(attributes, "units") !== "" ? 2 : 0) +
    (type.startsWith("float") || "scale_factor" in attributes ? 1 : 0) +
    (common.test(words) ? 2 : 0) +
    (/air_temperature|humidity|reflectivity|wind_speed|radiance/.test(words) ? 2 : 0) -
    (/pressure|altitude|height/.test(words) ? 3 : 0) -
    (service.test(words) ? 6 : 0) -
    (variable === coordinates.time ? 4 : 0)
  );
}
