/**
 * Which variable is the latitude, the longitude, the time, the height.
 *
 * CF gives several criteria, of falling certainty, and real files use all of them, sometimes against each other
 * (`lat:axis = "X"`). So each candidate is ranked: standard_name, then units, then axis, then being named in a
 * `coordinates` attribute, then its own name (CF 4, 5; the spellings are those of cf-xarray's `criteria.py`).
 *
 * A variable that any of these mark but whose units are those of no coordinate is the last choice: it is found, so that a
 * finding names it, but its values are not read.
 */
import type { Dimension } from "../dataset/dataset.ts";
import { perObject } from "../remembered.ts";
import { type Angle, angleOf } from "./place/angle.ts";
import { isTimeUnit } from "./time/time.ts";
import { baseName, type CfVariable, groupOf, text } from "./variable.ts";

export interface Coordinates {
  readonly latitude?: CfVariable;
  readonly longitude?: CfVariable;
  readonly time?: CfVariable;
  /** All there are: pressure in addition to altitude is common. */
  readonly vertical: readonly CfVariable[];
  /** By dimension: the 1-D variable of its own name (CF 1.2, "coordinate variable"). */
  readonly ofDimension: ReadonlyMap<string, CfVariable>;
  /** Names of variables that describe others: coordinates of any kind, their bounds, grid mappings. */
  readonly describing: ReadonlySet<string>;
  /** What the dimension runs along, by its coordinate variable. */
  along(dimension: string): Along;
}

export interface Along {
  readonly kind: Dimension["kind"];
  /** Of a latitude or longitude: other horizontal axes are those of a grid. */
  readonly angle?: Angle;
}

/** Reads metadata only. `global` are the root group's attributes, where xarray lists coordinates of no variable. */
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
    along: (dimension) => runsAlong(ofDimension.get(dimension)),
  };
}

interface Quantity {
  readonly name: "latitude" | "longitude" | "time" | "vertical";
  readonly standardNames: RegExp;
  readonly axis: string;
  /** How its name begins or ends where a `coordinates` attribute vouches for it. */
  readonly namePattern: RegExp;
  readonly names: RegExp;
}

const never = /^(?!)/;
const quantities = {
  latitude: {
    name: "latitude",
    standardNames: /^(platform_)?latitude$/i,
    axis: "Y",
    namePattern: /(^|[^a-z])([cev]|y?nav_)?lat(itude)?([^a-z]|$)|^gphi/i,
    names: /^(y?nav_lat|xlat|[cev]lat|latc?|latitude|gphi[a-z]?|[a-z0-9_]+_lat(itude)?(_\(.*\))?)$/i,
  },
  longitude: {
    name: "longitude",
    standardNames: /^(platform_)?longitude$/i,
    axis: "X",
    namePattern: /(^|[^a-z])([cev]|x?nav_)?lon(gitude)?([^a-z]|$)|^glam/i,
    names: /^(x?nav_lon|xlong|[cev]lon|lonc?|long|longitude|glam[a-z]?|[a-z0-9_]+_lon(gitude)?(_\(.*\))?)$/i,
  },
  time: {
    name: "time",
    standardNames: /^time$/i,
    axis: "T",
    namePattern: never,
    names: /^(time|date|datetime)$/i,
  },
  vertical: {
    name: "vertical",
    standardNames:
      /^(altitude|height|depth|geopotential_height|height_above_.*|model_level_number|(atmosphere|ocean)_.*_coordinate)$/i,
    axis: "Z",
    namePattern: /(^|[^a-z])(alt(itude)?|height|depth|gpsalt)([^a-z]|$)/i,
    names: /^(alt(itude)?|height|depth|gpsalt|z|lev(el)?|range)$/i,
  },
} satisfies Record<string, Quantity>;

/** Of a variable that calls itself something its units are not. */
const contradicted = 6;

/** 0 is the surest; `undefined` where the variable is none. */
const rankOf = (variable: CfVariable, { name }: Quantity, listed: boolean) =>
  (listed ? ranks.listed : ranks.unlisted)[name](variable);

type Ranks = Readonly<Record<Quantity["name"], (variable: CfVariable) => number | undefined>>;

const ranksWhere = (listed: boolean): Ranks => ({
  latitude: perObject((variable) => rankAs(variable, quantities.latitude, listed)),
  longitude: perObject((variable) => rankAs(variable, quantities.longitude, listed)),
  time: perObject((variable) => rankAs(variable, quantities.time, listed)),
  vertical: perObject((variable) => rankAs(variable, quantities.vertical, listed)),
});
const ranks = { listed: ranksWhere(true), unlisted: ranksWhere(false) } as const;

function rankAs(variable: CfVariable, quantity: Quantity, listed: boolean): number | undefined {
  if (!/^(u?int|float|datetime64)/.test(variable.type)) return undefined;
  const isTime = isTimeUnit(text(variable.attributes, "units")) || variable.type.startsWith("datetime64");
  switch (quantity.name) {
    case "time":
      return rankOfTime(variable, isTime);
    case "vertical":
      return isTime ? undefined : rankOfVertical(variable, listed);
    default:
      return isTime ? undefined : rankOfAngle(variable, quantities[quantity.name], listed);
  }
}

function rankOfTime(variable: CfVariable, isTime: boolean): number | undefined {
  const { standardNames, names } = quantities.time;
  const standardName = text(variable.attributes, "standard_name");
  const isNamed = standardNames.test(standardName);
  if (isTime) return isNamed ? 0 : standardName === "" ? 1 : 5;
  // A name alone is a weak claim, but a finding about its units is what the author needs to hear.
  const isCalled = axisOf(variable) === "T" || (names.test(baseName(variable.name)) && variable.shape.length < 2);
  return isNamed || (isCalled && standardName === "") ? contradicted : undefined;
}

function rankOfVertical(variable: CfVariable, listed: boolean): number | undefined {
  const { standardNames, namePattern, names } = quantities.vertical;
  const standardName = text(variable.attributes, "standard_name");
  if (standardNames.test(standardName)) return 0;
  if (axisOf(variable) === "Z") return 2;
  if (standardName !== "") return undefined;
  if (/^(up|down)$/i.test(text(variable.attributes, "positive"))) return 2;
  if (listed && namePattern.test(baseName(variable.name))) return 3;
  return names.test(baseName(variable.name)) ? 4 : undefined;
}

function rankOfAngle(variable: CfVariable, quantity: Quantity, listed: boolean): number | undefined {
  const { attributes } = variable;
  const name = baseName(variable.name);
  const standardName = text(attributes, "standard_name");
  const angle = angleIn(variable, quantity.name);
  if (quantity.standardNames.test(standardName)) return angle ? 0 : contradicted;
  // Its standard name is another one: grid_latitude, or the standard error of a latitude.
  if (standardName !== "") return undefined;
  const other = quantity === quantities.latitude ? quantities.longitude : quantities.latitude;
  if (angle?.along) return other.names.test(name) ? contradicted : 1;
  if (/^(grid|rotated|r)_?(lat|lon)/i.test(name)) return undefined;
  const units = text(attributes, "units");
  // Of other angles on an axis, radians may be those of a satellite's instrument.
  if (axisOf(variable) === quantity.axis && angle?.degrees === 1 && units !== "") return 2;
  const isCalled = quantity.names.test(name);
  if (!angle) return isCalled && !/^[a-z0-9_]+_l(at|on)/i.test(name) ? contradicted : undefined;
  if (listed && quantity.namePattern.test(name)) return 3;
  return isCalled ? 4 : undefined;
}

/**
 * How a variable's numbers are degrees north or east; `undefined` where its units are no angle, or one along the other.
 * Without units they are degrees, as everywhere else.
 */
export function angleIn(variable: CfVariable, along: Quantity["name"]): Angle | undefined {
  const angle = angleOfUnits(variable);
  return angle && (angle.along ?? along) === along ? angle : undefined;
}

const angleOfUnits = perObject(({ attributes }: CfVariable): Angle | undefined => {
  const units = Object.hasOwn(attributes, "units") ? attributes.units : "";
  if (units === "" || units === null) return { degrees: 1 };
  return typeof units === "string" ? angleOf(units) : undefined;
});

const axisOf = ({ attributes }: CfVariable) => text(attributes, "axis").toUpperCase();

function runsAlong(coordinate: CfVariable | undefined): Along {
  if (!coordinate) return { kind: "other" };
  const is = (quantity: Quantity) => (rankOf(coordinate, quantity, false) ?? contradicted) < 5;
  for (const [name, kind] of [
    ["latitude", "y"],
    ["longitude", "x"],
  ] as const) {
    if (is(quantities[name])) return { kind, angle: angleIn(coordinate, name)! };
  }
  if (is(quantities.time)) return { kind: "time" };
  if (is(quantities.vertical)) return { kind: "z" };
  const standardName = text(coordinate.attributes, "standard_name");
  if (/^(projection_x|grid_longitude|projection_x_angular)/.test(standardName)) return { kind: "x" };
  if (/^(projection_y|grid_latitude|projection_y_angular)/.test(standardName)) return { kind: "y" };
  if (standardName === "air_pressure") return { kind: "z" };
  const isContradicted = [quantities.latitude, quantities.longitude].some(
    (quantity) => rankOf(coordinate, quantity, false) === contradicted,
  );
  if (isContradicted) return { kind: "other" };
  switch (axisOf(coordinate)) {
    case "X":
      return { kind: "x" };
    case "Y":
      return { kind: "y" };
    default:
      return { kind: "other" };
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

const words = (value: string) => (value === "" ? [] : value.split(/\s+/).filter(Boolean).slice(0, 1000));
const byCodeUnits = (a: CfVariable, b: CfVariable) => (a.name < b.name ? -1 : 1);
