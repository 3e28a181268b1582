/**
 * What a dataset is about, from its variables: dimensions with their extents, when and where.
 *
 * Formats hand in variables and a way to read values; the same rules then hold for all of them. Values are read for
 * coordinates only, and of a coordinate that runs one way only its ends.
 *
 * ```ts
 * const { dimensions, variables, time, place, findings } = await describe({ attributes, variables, read });
 * ```
 */

import type { DatasetFinding, Description, Dimension, Place, TimeExtent, Variable } from "../dataset.ts";
import { compareInstants, instantOf } from "../instant.ts";
import { shown } from "../shown.ts";
import type { Angle } from "./angle.ts";
import { angleIn, type Coordinates, findCoordinates } from "./coordinates.ts";
import { type Extremes, extremesOf, type Numbers, packingOf, unpacked } from "./packing.ts";
import { declaredPlace, layoutOf, placeOf } from "./place.ts";
import { datetime64CodingOf, instantAt, isIsoDate, isoOf, type TimeCoding, timeCodingOf } from "./time.ts";
import { type Attributes, type CfVariable, type Raw, type ReadValues, text } from "./variable.ts";

export interface CfDataset {
  /** Of the root group. */
  readonly attributes: Attributes;
  readonly variables: readonly CfVariable[];
  readonly read: ReadValues;
}

export type Described = Omit<Description, "access" | "attributes">;

/** What strangers call a variable or its unit. */
const longest = { name: 500, unit: 100 } as const;

/** Values of a string coordinate that are listed, and how long each may be. */
const listed = { most: 100, length: 200 } as const;

export async function describe({ attributes, variables, read }: CfDataset): Promise<Described> {
  const coordinates = findCoordinates(variables, attributes);
  const findings: DatasetFinding[] = [];
  const reading: Reading = { coordinates, attributes, values: remembering(read), findings };
  // All that will be needed is asked for at once, so that a slow network is waited for once.
  const [place, time, dimensions] = await Promise.all([
    whereOf(reading),
    whenOf(reading),
    Promise.all(dimensionsOf(variables).map(([name, size]) => dimensionOf(name, size, variables, reading))),
  ]);
  return {
    dimensions,
    variables: variables.map((variable) => summaryOf(variable, coordinates)),
    ...(time && { time }),
    ...(place && { place }),
    findings: distinct(findings),
  };
}

interface Reading {
  readonly coordinates: Coordinates;
  readonly attributes: Attributes;
  readonly values: ReadValues;
  readonly findings: DatasetFinding[];
}

// When

async function whenOf({ coordinates, attributes, values, findings }: Reading): Promise<TimeExtent | undefined> {
  const declared = declaredTime(attributes);
  const variable = coordinates.time;
  if (!variable) return declared;
  const coding = codingOf(variable);
  if ("problem" in coding) {
    findings.push({ level: "warning", rule: "time-units", says: `${shown(variable.name)}: ${coding.problem}` });
    return declared;
  }
  const extremes = await extremesBy(variable, values, declared !== undefined, findings);
  if (!extremes) return declared;
  const found = datesOf(extremes, coding);
  if (!found) {
    const says = `${shown(variable.name)} runs from ${extremes.least} to ${extremes.greatest} "${text(variable.attributes, "units")}", of which xarray or RFC 3339 (years 0 to 9999) can't make dates`;
    findings.push({ level: "warning", rule: "time-range", says });
    return declared;
  }
  const time: TimeExtent = { ...found, source: "values" };
  if (declared) findings.push(...disagreement(time, declared, attributes));
  return time;
}

/** First and last date, by the coding's own calendar, which is named where that is not ISO 8601's. */
function datesOf({ least, greatest }: Extremes, coding: TimeCoding): Omit<TimeExtent, "source"> | undefined {
  const instants = [instantAt(least, coding), instantAt(greatest, coding)] as const;
  const [start, end] = instants.map((instant) => instant && isoOf(instant));
  if (!start || !end) return undefined;
  const calendar = instants.every((instant) => instant && isIsoDate(instant)) ? undefined : coding.calendar.name;
  // February 30 at 6:00 is told as a day that comes before February 29 at 18:00.
  return { start, end: compareInstants(start, end) > 0 ? start : end, ...(calendar && { calendar }) };
}

/** ACDD 1.3 `time_coverage_start` and `time_coverage_end`. */
function declaredTime(attributes: Attributes): TimeExtent | undefined {
  const start = instantOf(text(attributes, "time_coverage_start"))?.iso;
  const end = instantOf(text(attributes, "time_coverage_end"))?.iso;
  return start && end && compareInstants(start, end) <= 0 ? { start, end, source: "attributes" } : undefined;
}

function disagreement(values: TimeExtent, declared: TimeExtent, attributes: Attributes): DatasetFinding[] {
  // A day without a time of day means all of it.
  const slack = text(attributes, "time_coverage_end").length <= 10 ? 86_400_000 : 60_000;
  const apart = (a: string, b: string) => Math.abs(Date.parse(a) - Date.parse(b)) > slack;
  if (!apart(values.start, declared.start) && !apart(values.end, declared.end)) return [];
  const says = `time_coverage_start and time_coverage_end say ${declared.start} to ${declared.end}, but times run from ${values.start} to ${values.end}`;
  return [
    {
      level: "warning",
      rule: "declared-time",
      says,
      fix: "correct or remove time_coverage_start and time_coverage_end",
    },
  ];
}

function codingOf({ attributes, type }: CfVariable): TimeCoding | { readonly problem: string } {
  const [, step = "", unit] = /^datetime64\[(\d*)([A-Za-z]+)\]$/.exec(type) ?? [];
  if (unit) return datetime64CodingOf(unit, step) ?? { problem: `xarray can't read times of type ${type}` };
  const calendar = Object.hasOwn(attributes, "calendar") ? attributes.calendar : "standard";
  if (typeof calendar !== "string") return { problem: `calendar ${shown(JSON.stringify(calendar), 40)} is no name` };
  return timeCodingOf(text(attributes, "units"), calendar);
}

// Where

async function whereOf({ coordinates, attributes, values, findings }: Reading): Promise<Place | undefined> {
  const declared = declaredPlace(attributes);
  const { latitude, longitude, time } = coordinates;
  if (!latitude || !longitude) {
    const alone = latitude ?? longitude;
    if (alone && !angleIn(alone, latitude ? "latitude" : "longitude")) {
      findings.push(noAngle(alone, latitude ? "latitude" : "longitude"));
    } else if (!declared && alone) {
      const says = `${shown(alone.name)} has no ${latitude ? "longitude" : "latitude"} beside it, so the dataset has no place`;
      findings.push({ level: "warning", rule: "no-place", says });
    }
    return declared;
  }
  const [north, east] = [angleIn(latitude, "latitude"), angleIn(longitude, "longitude")];
  if (!north || !east) {
    const bad = [...(north ? [] : [latitude]), ...(east ? [] : [longitude])];
    findings.push(...bad.map((variable) => noAngle(variable, variable === latitude ? "latitude" : "longitude")));
    return declared;
  }
  const layout = layoutOf(latitude, longitude, coordinates, attributes);
  const clock = layout === "line" && time?.dimensions.join() === latitude.dimensions.join() ? time : undefined;
  const axes = layout === "grid" && latitude.dimensions.length < 2 && longitude.dimensions.length < 2;
  const get = axes ? axisValues : allValues;
  const [y, x, t] = await Promise.all([
    get(latitude, values),
    get(longitude, values),
    clock && allValues(clock, values),
  ]);
  let [sampledY, sampledX] = [y, x];
  if (!y || !x) {
    if (declared) return declared;
    [sampledY, sampledX] = await Promise.all([someValues(latitude, values), someValues(longitude, values)]);
    if (!sampledY || !sampledX) return undefined;
    findings.push(sampled(latitude.name));
  }
  const coding = clock && codingOf(clock);
  const seconds =
    t && coding && !("problem" in coding) && y && x ? t.map((value) => value * (Number(coding.unit) / 1e9)) : undefined;
  const whole = y !== undefined && x !== undefined;
  const { place, findings: found } = placeOf({
    // A sample of each says nothing about which belong together: their box is all that is known.
    layout: whole ? layout : "grid",
    latitude: scaled(sampledY!, north),
    longitude: scaled(sampledX!, east),
    rowLength: latitude.shape.at(-1) ?? 1,
    ...(axes && whole && { step: stepOf(x, longitude) * east.degrees }),
    ...(seconds && { time: seconds }),
  });
  findings.push(...found);
  if (!place) return declared;
  if (declared) findings.push(...outside(place, declared));
  return place;
}

function outside({ bounds }: Place, declared: Place): DatasetFinding[] {
  const apart = (a: number, b: number) => Math.abs(a - b) > 0.1;
  const sides = (["west", "south", "east", "north"] as const).filter((side) =>
    apart(bounds[side], declared.bounds[side]),
  );
  if (sides.length === 0) return [];
  const tell = sides.map((side) => `${side} ${declared.bounds[side]} (values: ${bounds[side]})`).join(", ");
  return [
    {
      level: "warning",
      rule: "declared-place",
      says: `geospatial_* attributes declare ${tell}`,
      fix: "correct or remove the geospatial_* attributes",
    },
  ];
}

const sampled = (name: string): DatasetFinding => ({
  level: "hint",
  rule: "sampled-extent",
  says: `${shown(name)} is too large to be read whole: its extent comes from a sample and may be too small`,
  fix: "declare geospatial_lat_min … geospatial_lon_max and time_coverage_start, time_coverage_end",
});

function noAngle({ name, attributes }: CfVariable, along: "latitude" | "longitude"): DatasetFinding {
  const units = attributes.units ?? "";
  return {
    level: "warning",
    rule: "place-units",
    says: `${shown(name)} should be a ${along}, but counts in "${shown(typeof units === "string" ? units : JSON.stringify(units))}", so the dataset has no place`,
    fix: `write ${along === "latitude" ? "degrees_north" : "degrees_east"} if that is what it is, or drop standard_name and name it otherwise`,
  };
}

const scaled = (values: Float64Array, { degrees }: Angle) =>
  degrees === 1 ? values : values.map((value) => value * degrees);

/** Between neighbours: from the ends, which are read always. */
function stepOf(values: Float64Array, { shape: [size = 1] }: CfVariable): number {
  return size > 1 ? (values.at(-1)! - values[0]!) / (size - 1) : 0;
}

// Dimensions and variables

function dimensionsOf(variables: readonly CfVariable[]): (readonly [name: string, size: number])[] {
  const sizes = new Map<string, number>();
  for (const { dimensions, shape } of variables) {
    for (const [i, name] of dimensions.entries()) sizes.set(name, shape[i]!);
  }
  return [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function dimensionOf(
  name: string,
  size: number,
  variables: readonly CfVariable[],
  reading: Reading,
): Promise<Dimension> {
  const { coordinates, values, findings } = reading;
  const coordinate = coordinates.ofDimension.get(name);
  const plain: Dimension = { name, size, kind: "other" };
  const labels =
    coordinate ??
    variables.find(({ dimensions, attributes }) => dimensions.join() === name && text(attributes, "cf_role") !== "");
  if (labels && isText(labels)) {
    const texts = size <= listed.most ? await values(labels, "all") : undefined;
    const list = texts?.flatMap((piece) =>
      [...(piece as readonly string[])].map((label) => label.slice(0, listed.length)),
    );
    return list && list.length > 0 ? { ...plain, values: list } : plain;
  }
  if (!coordinate || size === 0) return plain;
  const { kind, angle } = coordinates.along(name);
  const extremes = await extremesBy(coordinate, values, false, findings);
  if (!extremes) return plain;
  const unit = text(coordinate.attributes, "units").slice(0, longest.unit);
  const numeric = [number(extremes.least, coordinate), number(extremes.greatest, coordinate)] as const;
  if (angle) return { ...plain, kind, extent: inDegrees(numeric, angle), unit: "degrees" };
  if (kind !== "time") {
    const isOfGrid = kind === "x" || kind === "y";
    return { ...plain, kind, extent: numeric, ...(unit && { unit }), ...(isOfGrid && { projected: true }) };
  }
  const coding = codingOf(coordinate);
  const found = "problem" in coding ? undefined : datesOf(extremes, coding);
  if (!found) return { ...plain, extent: numeric, ...(unit && { unit }) };
  const { start, end, calendar } = found;
  return { ...plain, kind, extent: [start, end], ...(calendar && { calendar }) };
}

function inDegrees(extent: readonly [number, number], { degrees }: Angle): readonly [number, number] {
  if (degrees === 1) return extent;
  const [from, to] = extent.map((value) => Math.round(value * degrees * 1e6) / 1e6) as [number, number];
  return from <= to ? [from, to] : [to, from];
}

function summaryOf(variable: CfVariable, { describing }: Coordinates): Variable {
  const { name, dimensions, shape, chunks, type, attributes } = variable;
  const unit = text(attributes, "units").slice(0, longest.unit);
  const standardName = text(attributes, "standard_name").slice(0, longest.name);
  const longName = (text(attributes, "long_name") || text(attributes, "description")).slice(0, longest.name);
  return {
    name,
    dimensions,
    shape,
    ...(chunks && { chunks }),
    type,
    role: describing.has(name) ? "coordinate" : "data",
    ...(unit && { unit }),
    ...(standardName && { standardName }),
    ...(longName && { longName }),
  };
}

// Values

/** Asking twice reads once, and what is read whole has its ends. */
function remembering(read: ReadValues): ReadValues {
  const known = new Map<string, ReturnType<ReadValues>>();
  return (variable, which) => {
    const key = `${which} ${variable.name}`;
    const whole = which === "ends" ? known.get(`all ${variable.name}`) : undefined;
    const answer = known.get(key) ?? whole?.then((values) => values ?? read(variable, which)) ?? read(variable, which);
    known.set(key, answer);
    return answer;
  };
}

/**
 * Least and greatest value. Coordinate variables run one way (CF 1.2), so their ends suffice; where the ends show that
 * one doesn't, and for all other variables, everything is read; of what is too large a sample, unless `known` says that
 * a declared extent stands in.
 */
async function extremesBy(
  variable: CfVariable,
  values: ReadValues,
  known: boolean,
  findings: DatasetFinding[],
): Promise<Extremes | undefined> {
  const packing = packingOf(variable);
  const extremes = (pieces: readonly Raw[] | undefined) => pieces && extremesOf(pieces as readonly Numbers[], packing);
  if (isAxis(variable)) {
    const ends = await values(variable, "ends");
    if (ends && runsOneWay(ends.map((piece) => unpacked(piece as Numbers, packing)))) {
      return extremes([ends[0]!.slice(0, 1), ends.at(-1)!.slice(-1)]);
    }
  }
  const all = await values(variable, "all");
  if (all) {
    const found = extremes(all);
    if (!found && variable.shape.every((size) => size > 0)) {
      findings.push({
        level: "warning",
        rule: "all-missing",
        says: `every value of ${shown(variable.name)} is missing`,
      });
    }
    return found;
  }
  if (known) return undefined;
  const some = await values(variable, "some");
  if (some) findings.push(sampled(variable.name));
  return extremes(some);
}

/** Values of a grid's axis: its ends where they show that it runs one way, else all. */
async function axisValues(variable: CfVariable, values: ReadValues): Promise<Float64Array | undefined> {
  if (isAxis(variable)) {
    const packing = packingOf(variable);
    const ends = (await values(variable, "ends"))?.map((piece) => unpacked(piece as Numbers, packing));
    // Two values, since between pieces there are steps that no two neighbours make.
    if (ends && runsOneWay(ends)) return Float64Array.of(ends[0]![0]!, ends.at(-1)!.at(-1)!);
  }
  return allValues(variable, values);
}

async function allValues(variable: CfVariable, values: ReadValues): Promise<Float64Array | undefined> {
  const [all] = (await values(variable, "all")) ?? [];
  return all && unpacked(all as Numbers, packingOf(variable));
}

async function someValues(variable: CfVariable, values: ReadValues): Promise<Float64Array | undefined> {
  const pieces = await values(variable, "some");
  return pieces && joined(pieces.map((piece) => unpacked(piece as Numbers, packingOf(variable))));
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const isAxis = ({ name, dimensions }: CfVariable) => dimensions.length === 1 && dimensions[0] === name;
const isText = ({ type }: CfVariable) => /^(U|S)\d+$|^(string|bytes)$/.test(type);

function runsOneWay(pieces: readonly Float64Array[]): boolean {
  const values = joined(pieces);
  const way = Math.sign(values.at(-1)! - values[0]!);
  for (let i = 1; i < values.length; i++) if (!((values[i]! - values[i - 1]!) * way > 0)) return false;
  return values.length > 0 && !Number.isNaN(values[0]);
}

/** As short as the type is exact: 0.1 of a float32 is 0.1, not 0.10000000149011612. */
function number(value: number | bigint, { type }: CfVariable): number {
  const long = Number(value);
  if (type !== "float32" || Math.fround(long) !== long) return long;
  for (let precision = 6; precision < 9; precision++) {
    const short = Number(long.toPrecision(precision));
    if (Math.fround(short) === long) return short;
  }
  return Number(long.toPrecision(9));
}

function distinct(findings: readonly DatasetFinding[]): DatasetFinding[] {
  const byText = new Map(findings.map((finding) => [`${finding.rule} ${finding.says}`, finding]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
}
