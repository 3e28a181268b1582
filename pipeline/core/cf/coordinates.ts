/**
 * Which variable says where, when and how high.
 *
 * CF gives several ways to tell, of falling certainty, and real files use all of them, sometimes against each other
 * (`lat:axis = "X"`). So each candidate is ranked: standard_name, then units, then axis, then being named in a
 * `coordinates` attribute, then its own name (CF 4, 5; the spellings are those of cf-xarray's `criteria.py`).
 */
import type { Dimension } from "../dataset.ts";
import { isTimeUnit } from "./time.ts";
import { baseName, type CfVariable, groupOf, text } from "./variable.ts";

export interface Coordinates {
  readonly latitude?: CfVariable;
  readonly longitude?: CfVariable;
  readonly time?: CfVariable;
  /** All there are: pressure beside altitude is common. */
  readonly vertical: readonly CfVariable[];
  /** By dimension: the 1-D variable of its own name (CF 1.2, "coordinate variable"). */
  readonly ofDimension: ReadonlyMap<string, CfVariable>;
  /** Names of variables that describe others: coordinates of any kind, their bounds, grid mappings. */
  readonly describing: ReadonlySet<string>;
  /** What the dimension runs along, told by its coordinate variable. */
  kindOf(dimension: string): Dimension["kind"];
}

/** Looks at metadata only. `global` are the root group's attributes, where xarray lists coordinates of no variable. */
export function findCoordinates(variables: readonly CfVariable[], global: CfVariable["attributes"] = {}): Coordinates {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const named = (attribute: string) => new Set(variables.flatMap((from) => mentioned(from, attribute, byName)));
  const listed = named("coordinates");
  for (const name of words(text(global, "coordinates"))) if (byName.has(name)) listed.add(name);
  const supporting = new Set(
    ["bounds", "climatology", "cell_measures", "grid_mapping", "ancillary_variables"].flatMap((name) => [
      ...named(name),
    ]),
  );
  for (const { name } of variables) if (/_(bnds|bounds|vertices)$/i.test(name)) supporting.add(name);

  const ofDimension = new Map<string, CfVariable>();
  for (const variable of variables) {
    const [dimension] = variable.dimensions;
    if (variable.dimensions.length === 1 && dimension === variable.name) ofDimension.set(dimension, variable);
  }
  const candidates = (quantity: Quantity) =>
    variables
      .filter(({ name }) => !supporting.has(name))
      .map((variable) => ({ variable, rank: rankOf(variable, quantity, listed.has(variable.name)) }))
      .filter(({ rank }) => rank !== undefined)
      .sort(
        (a, b) =>
          a.rank! - b.rank! || preference(a.variable) - preference(b.variable) || byCodeUnits(a.variable, b.variable),
      )
      .map(({ variable }) => variable);
  // Between equals: what a dimension or another variable points at, then what sits nearest to the root.
  const preference = ({ name }: CfVariable) =>
    (ofDimension.has(name) ? 0 : 4) +
    (listed.has(name) ? 0 : 2) +
    (/^(lat|lon|time)(itude|gitude)?$/i.test(baseName(name)) ? 0 : 1) +
    8 * name.split("/").length;

  const [latitude] = candidates(quantities.latitude);
  const longitudes = candidates(quantities.longitude);
  const longitude = longitudes.find((candidate) => latitude && fits(latitude, candidate)) ?? longitudes[0];
  const [time] = candidates(quantities.time);
  const vertical = candidates(quantities.vertical);
  const found = [latitude, longitude, time, ...vertical].flatMap((variable) => variable?.name ?? []);
  return {
    ...(latitude && { latitude }),
    ...(longitude && { longitude }),
    ...(time && { time }),
    vertical,
    ofDimension,
    describing: new Set([...ofDimension.keys(), ...listed, ...supporting, ...found]),
    kindOf: (dimension) => kindOf(ofDimension.get(dimension)),
  };
}

interface Quantity {
  readonly standardNames: RegExp;
  /** A standard name of something else, which overrules units and names. */
  readonly units: RegExp;
  readonly axis: string;
  readonly axisUnits: RegExp;
  /** How its name begins or ends where a `coordinates` attribute vouches for it. */
  readonly looksLike: RegExp;
  readonly names: RegExp;
}

const never = /^(?!)/;
const angle = /^(|deg(ree)?s?)$/i;
const quantities = {
  latitude: {
    standardNames: /^(platform_)?latitude$/i,
    units: /^deg(ree)?s?_?n(orth)?$/i,
    axis: "Y",
    axisUnits: /^deg(ree)?s?$/i,
    looksLike: /(^|[^a-z])(y?nav_)?lat(itude)?([^a-z]|$)|^gphi/i,
    names: /^(y?nav_lat|xlat|latc?|latitude|gphi[a-z]?|[a-z0-9_]+_lat(itude)?(_\(.*\))?)$/i,
  },
  longitude: {
    standardNames: /^(platform_)?longitude$/i,
    units: /^deg(ree)?s?_?e(ast)?$/i,
    axis: "X",
    axisUnits: /^deg(ree)?s?$/i,
    looksLike: /(^|[^a-z])(x?nav_)?lon(gitude)?([^a-z]|$)|^glam/i,
    names: /^(x?nav_lon|xlong|lonc?|long|longitude|glam[a-z]?|[a-z0-9_]+_lon(gitude)?(_\(.*\))?)$/i,
  },
  time: {
    standardNames: /^time$/i,
    units: /\ssince\s/i,
    axis: "T",
    axisUnits: /\ssince\s/i,
    looksLike: never,
    names: /^(time|date|datetime|t)$/i,
  },
  vertical: {
    standardNames:
      /^(altitude|height|depth|geopotential_height|height_above_.*|model_level_number|(atmosphere|ocean)_.*_coordinate)$/i,
    units: never,
    axis: "Z",
    axisUnits: /(?:)/,
    looksLike: /(^|[^a-z])(alt(itude)?|height|depth|gpsalt)([^a-z]|$)/i,
    names: /^(alt(itude)?|height|depth|gpsalt|z|lev(el)?|range)$/i,
  },
} satisfies Record<string, Quantity>;

/** 0 is the surest; `undefined` where the variable is none. */
function rankOf(variable: CfVariable, quantity: Quantity, listed: boolean): number | undefined {
  const { attributes, type, name } = variable;
  if (!/^(u?int|float|datetime64)/.test(type)) return undefined;
  const standardName = text(attributes, "standard_name");
  const units = text(attributes, "units");
  if (quantity.standardNames.test(standardName)) return 0;
  const isTime = isTimeUnit(units) || type.startsWith("datetime64");
  if (isTime) return quantity !== quantities.time ? undefined : standardName === "" ? 1 : 5;
  if (quantity === quantities.time) {
    // A name alone is a weak claim, but a finding about its units is what the author needs to hear.
    return axisOf(variable) === "T" || (quantities.time.names.test(baseName(name)) && variable.shape.length < 2)
      ? 6
      : undefined;
  }
  // It says that it is something else: grid_latitude, or the standard error of a latitude.
  if (standardName !== "") return quantity === quantities.vertical && axisOf(variable) === "Z" ? 2 : undefined;
  if (quantity.units.test(units)) return 1;
  if (/^(grid|rotated|r)_?(lat|lon)/i.test(baseName(name))) return undefined;
  if (quantity === quantities.vertical) {
    if (axisOf(variable) === "Z" || /^(up|down)$/i.test(text(attributes, "positive"))) return 2;
  } else {
    if (axisOf(variable) === quantity.axis && quantity.axisUnits.test(units)) return 2;
    if (!angle.test(units) && !/^deg/i.test(units)) return undefined;
  }
  if (listed && quantity.looksLike.test(baseName(name))) return 3;
  return quantity.names.test(baseName(name)) ? 4 : undefined;
}

const axisOf = ({ attributes }: CfVariable) => text(attributes, "axis").toUpperCase();

function kindOf(coordinate: CfVariable | undefined): Dimension["kind"] {
  if (!coordinate) return "other";
  const is = (quantity: Quantity) => (rankOf(coordinate, quantity, false) ?? 9) < 5;
  if (is(quantities.latitude)) return "y";
  if (is(quantities.longitude)) return "x";
  if (is(quantities.time)) return "time";
  if (is(quantities.vertical)) return "z";
  const standardName = text(coordinate.attributes, "standard_name");
  if (/^(projection_x|grid_longitude|projection_x_angular)/.test(standardName)) return "x";
  if (/^(projection_y|grid_latitude|projection_y_angular)/.test(standardName)) return "y";
  if (standardName === "air_pressure") return "z";
  switch (axisOf(coordinate)) {
    case "X":
      return "x";
    case "Y":
      return "y";
    default:
      return "other";
  }
}

/** Whether two variables can be the two coordinates of the same places. */
function fits(latitude: CfVariable, longitude: CfVariable): boolean {
  if (groupOf(latitude.name) !== groupOf(longitude.name)) return false;
  const same = latitude.dimensions.join() === longitude.dimensions.join();
  const grid =
    latitude.dimensions.length === 1 && longitude.dimensions.length === 1 && latitude.dimensions[0] === latitude.name;
  return same || grid;
}

/** Variables that `from` names in an attribute: in its own group, or one of the groups around it (CF 2.7). */
function mentioned(from: CfVariable, attribute: string, byName: ReadonlyMap<string, CfVariable>): string[] {
  return words(text(from.attributes, attribute)).flatMap((word) => {
    for (let group = groupOf(from.name); ; group = groupOf(group)) {
      const name = group === "" || word.startsWith("/") ? word.replace(/^\//, "") : `${group}/${word}`;
      if (byName.has(name)) return [name];
      if (group === "") return [];
    }
  });
}

const words = (value: string) => value.split(/\s+/).filter(Boolean).slice(0, 1000);
const byCodeUnits = (a: CfVariable, b: CfVariable) => (a.name < b.name ? -1 : 1);
