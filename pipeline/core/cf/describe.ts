/**
 * What a dataset is about, from its variables: dimensions with their extents, when and where.
 *
 * Formats hand in variables and a way to read values; the same rules then apply to all of them. Values are read for
 * coordinates only, all of them: only their values show that a coordinate runs one way.
 *
 * ```ts
 * const { dimensions, variables, time, place, findings } = await describe({ attributes, variables, read });
 * ```
 */

import { variableFindings } from "../checks/variables.ts";
import type { DatasetFinding, Description, Dimension, Variable } from "../dataset/dataset.ts";
import { perObject } from "../remembered.ts";
import { withTexts } from "./characters.ts";
import { findCoordinates } from "./coordinates.ts";
import { shortFloat32 } from "./float32.ts";
import { isText, labelsOf } from "./labels.ts";
import type { Angle } from "./place/angle.ts";
import { surveysOf, whereOf } from "./place/find-place.ts";
import { doubtful, extremesIn, type Reading, readingOf } from "./reading.ts";
import { refusalsOf } from "./refusals.ts";
import { standardNames } from "./standard-names/standard-names.ts";
import { codingOf, datesOf, whenOf } from "./time/time-extent.ts";
import { type Attributes, type CfVariable, type ReadValues, text } from "./variable.ts";
import { vocabularyFindings } from "./vocabulary.ts";

export interface CfDataset {
  /** Of the root group. */
  readonly attributes: Attributes;
  readonly variables: readonly CfVariable[];
  readonly read: ReadValues;
}

export type Described = Omit<Description, "access" | "attributes"> & Required<Pick<Description, "advice">>;

/** What strangers call a variable or its unit. */
const longest = { name: 500, unit: 100 } as const;

export async function describe({ attributes, ...stored }: CfDataset): Promise<Described> {
  const findings: DatasetFinding[] = [];
  const { variables, read } = withTexts(stored.variables, stored.read, (finding) => findings.push(finding));
  const coordinates = findCoordinates(variables, attributes);
  const reading = readingOf({ coordinates, attributes, read, surveyed: surveysOf(coordinates, attributes) });
  const labels = labelsByDimension(variables);
  // All that will be needed is asked for at once, so that a slow network is waited for once.
  const [place, time, dimensions] = await Promise.all([
    whereOf(reading),
    whenOf(reading),
    Promise.all(dimensionsOf(variables).map(([name, size]) => dimensionOf(name, size, labels.get(name), reading))),
  ]);
  const summaries = variables.map((variable) =>
    coordinates.describing.has(variable.name) ? summaryOf.coordinate(variable) : summaryOf.data(variable),
  );
  return {
    dimensions,
    variables: summaries,
    ...(time && { time }),
    ...(place && { place }),
    findings: distinct([...findings, ...refusalsOf(variables), ...reading.findings]),
    advice: [
      ...vocabularyFindings(summaries, await standardNames()),
      ...variableFindings(variables, coordinates.describing),
    ],
  };
}

function dimensionsOf(variables: readonly CfVariable[]): (readonly [name: string, size: number])[] {
  const sizes = new Map<string, number>();
  for (const { dimensions, shape } of variables) {
    for (const [i, name] of dimensions.entries()) sizes.set(name, shape[i]!);
  }
  return [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Of dimensions with names for their places (`cf_role`), the first variable that has them. */
function labelsByDimension(variables: readonly CfVariable[]): ReadonlyMap<string, CfVariable> {
  const labels = new Map<string, CfVariable>();
  for (const variable of variables) {
    const [name, ...others] = variable.dimensions;
    const isLabel = name !== undefined && others.length === 0 && text(variable.attributes, "cf_role") !== "";
    if (isLabel && !labels.has(name)) labels.set(name, variable);
  }
  return labels;
}

async function dimensionOf(
  name: string,
  size: number,
  named: CfVariable | undefined,
  reading: Reading,
): Promise<Dimension> {
  const { coordinates } = reading;
  const coordinate = coordinates.ofDimension.get(name);
  const plain: Dimension = { name, size, kind: "other" };
  const labels = coordinate ?? named;
  if (labels && isText(labels)) {
    const values = await labelsOf(labels, reading);
    return values ? { ...plain, values } : plain;
  }
  if (!coordinate || size === 0) return plain;
  const { kind, angle } = coordinates.along(name);
  const extremes = await extremesIn(coordinate, reading, false);
  if (!extremes) return plain;
  const unit = text(coordinate.attributes, "units").slice(0, longest.unit);
  const numeric = [number(extremes.least, coordinate), number(extremes.greatest, coordinate)] as const;
  if (angle) {
    const [least, greatest] = inDegrees(numeric, angle);
    const limit = kind === "y" ? 90 : 360;
    if (least >= -limit && greatest <= limit) return { ...plain, kind, extent: [least, greatest], unit: "degrees" };
    reading.findings.push(doubtful(coordinate, `has values beyond ±${limit}°`));
    return plain;
  }
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

const summaryAs = (role: Variable["role"]) =>
  perObject(
    ({ name, dimensions, shape, chunks, type, attributes }: CfVariable): Variable => ({
      name,
      dimensions,
      shape,
      ...(chunks && { chunks }),
      type,
      role,
      ...namesOf(attributes),
    }),
  );
const summaryOf = { coordinate: summaryAs("coordinate"), data: summaryAs("data") } as const;

/** What a variable's attributes call it, and its unit. */
export function namesOf(attributes: Attributes): Pick<Variable, "unit" | "standardName" | "longName"> {
  const unit = text(attributes, "units").slice(0, longest.unit);
  const standardName = text(attributes, "standard_name").slice(0, longest.name);
  const longName = (text(attributes, "long_name") || text(attributes, "description")).slice(0, longest.name);
  return { ...(unit && { unit }), ...(standardName && { standardName }), ...(longName && { longName }) };
}

function number(value: number | bigint, { type }: CfVariable): number {
  return type === "float32" ? shortFloat32(Number(value)) : Number(value);
}

function distinct(findings: readonly DatasetFinding[]): DatasetFinding[] {
  const byText = new Map(findings.map((finding) => [`${finding.rule} ${finding.says}`, finding]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
}
