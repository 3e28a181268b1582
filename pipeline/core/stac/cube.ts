/**
 * Dimensions and variables in the words of the datacube extension.
 *
 * The extension's schema has none of the references: here a variable's dimensions always stand in
 * `cube:dimensions`, and no name stands in both. A dimension without a coordinate is a count of places, `[0, size - 1]`.
 *
 * @see https://github.com/stac-extensions/datacube/tree/v2.3.0
 */

import { oneLine } from "../attributes/text.ts";
import type { DatasetFinding, Description, Dimension, Variable } from "../dataset/dataset.ts";
import { isInstant } from "../dataset/instant.ts";
import type { Json } from "../json.ts";

export interface Cube {
  readonly dimensions: Readonly<Record<string, Json>>;
  readonly variables: Readonly<Record<string, Json>>;
  readonly findings: readonly DatasetFinding[];
}

/** Clients that list items read each one whole, so its size is bounded. */
const most = { variables: 500, values: 100 } as const;

/** `undefined` where the dataset has neither dimensions nor variables. */
export function cubeOf({ dimensions, variables }: Pick<Description, "dimensions" | "variables">): Cube | undefined {
  if (dimensions.length === 0 && variables.length === 0) return undefined;
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const cubeDimensions = new Map(
    dimensions.map((dimension) => [nameOf(dimension.name), dimensionOf(dimension, byName.get(dimension.name))]),
  );

  const cubeVariables = new Map<string, Json>();
  const others = variables.filter(({ name }) => !cubeDimensions.has(nameOf(name)));
  for (const variable of others.slice(0, most.variables)) {
    variable.dimensions.forEach((dimension, at) => {
      const name = nameOf(dimension);
      if (!cubeDimensions.has(name)) cubeDimensions.set(name, count(variable.shape[at] ?? 0));
    });
    // A dimension known only from this variable may have the name of a variable listed before.
    cubeVariables.set(nameOf(variable.name), variableOf(variable));
  }
  for (const name of cubeDimensions.keys()) cubeVariables.delete(name);
  return {
    dimensions: Object.fromEntries(cubeDimensions),
    variables: Object.fromEntries(cubeVariables),
    findings: others.length > most.variables ? [tooMany(others.length)] : [],
  };
}

/** CF standard names in a cube, which need their extension declared. */
export function hasStandardNames({ dimensions, variables }: Cube): boolean {
  const all = [...Object.values(dimensions), ...Object.values(variables)];
  return all.some((described) => Object.hasOwn(described as object, "cf:standard_name"));
}

function dimensionOf(dimension: Dimension, coordinate: Variable | undefined): Json {
  const unit = textOf(dimension.unit);
  return {
    ...(described(coordinate) as object),
    ...(rangeOf(dimension) as object),
    ...(unit && !instantsOf(dimension) && !isDegrees(dimension) && { unit }),
  };
}

function rangeOf(dimension: Dimension): Json {
  const { kind, size } = dimension;
  const values = (dimension.values ?? []).slice(0, most.values).flatMap(listedOf);
  const listed = values.length > 0 && dimension.values!.length <= most.values ? { values } : {};
  const instants = instantsOf(dimension);
  // Dates of a calendar that is not ISO 8601's are its labels, so it is named.
  if (instants) {
    const calendar = textOf(dimension.calendar);
    return { type: "temporal", extent: instants, ...(calendar && { reference_system: calendar }) };
  }

  const extent = numbersOf(dimension);
  if (!extent && Object.keys(listed).length === 0) return count(size);
  if (!extent) return kind === "z" ? { type: "spatial", axis: "z", ...listed } : { type: "label", ...listed };
  switch (kind) {
    case "x":
    case "y":
      // The extension takes horizontal axes for EPSG:4326 unless declared otherwise, and the origin of metres is unknown.
      if (!isDegrees(dimension)) return { type: `projection_${kind}`, extent };
      return { type: "spatial", axis: kind, extent };
    case "z":
      return { type: "spatial", axis: "z", extent };
    default:
      return { type: kind === "time" ? "time" : "coordinate", extent, ...listed };
  }
}

const count = (size: number): Json => ({ type: "count", extent: size > 0 ? [0, size - 1] : [null, null] });

function instantsOf({ extent }: Dimension): Json | undefined {
  const [first, last] = extent ?? [];
  return typeof first === "string" && typeof last === "string" && isInstant(first) && isInstant(last)
    ? [first, last]
    : undefined;
}

function numbersOf({ extent }: Dimension): Json | undefined {
  const [first, last] = extent ?? [];
  return typeof first === "number" && typeof last === "number" && Number.isFinite(first) && Number.isFinite(last)
    ? [first, last]
    : undefined;
}

/** Without a unit, horizontal axes of readers are longitudes and latitudes. */
function isDegrees({ kind, unit, projected }: Dimension): boolean {
  return !projected && (kind === "x" || kind === "y") && (!unit || /^deg/i.test(unit.trim()));
}

function variableOf(variable: Variable): Json {
  const unit = textOf(variable.unit);
  return {
    type: variable.role === "data" ? "data" : "auxiliary",
    ...(described(variable) as object),
    dimensions: variable.dimensions.map(nameOf),
    shape: variable.shape.filter(Number.isFinite),
    ...(variable.chunks && { chunks: variable.chunks.filter(Number.isFinite) }),
    data_type: typeOf(variable.type),
    ...(unit && { unit }),
  };
}

function described(variable: Variable | undefined): Json {
  const [long, standard] = [textOf(variable?.longName), textOf(variable?.standardName)];
  return { ...(long && { description: long }), ...(standard && { "cf:standard_name": standard }) };
}

/** numpy's names → STAC's (Common Metadata, Data Types). */
function typeOf(type: string): string {
  if (/^u?int(?:8|16|32|64)$|^float(?:16|32|64)$/.test(type)) return type;
  return { complex64: "cfloat32", complex128: "cfloat64" }[type as "complex64"] ?? "other";
}

const nameOf = (name: string) => oneLine(name, 200) || "unnamed";
const textOf = (text: string | undefined) => oneLine(text ?? "", 500);

function listedOf(value: string | number): Json[] {
  if (typeof value === "string") return [oneLine(value, 200)];
  return Number.isFinite(value) ? [value] : [];
}

const tooMany = (found: number): DatasetFinding => ({
  level: "warning",
  rule: "many-variables",
  says: `${found} variables; its item lists the first ${most.variables}`,
  fix: "gather variables that differ only by a number in one variable with one more dimension",
});
