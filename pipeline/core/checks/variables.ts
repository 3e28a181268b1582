/**
 * Findings on variables by their attributes alone: units, names and fill values, as CF 1.11 asks for them.
 *
 * One finding a rule, with the number of variables and the first of their names: a model's output has hundreds that are alike.
 */

import { baseName, type CfVariable, text } from "../cf/variable.ts";
import type { DatasetFinding } from "../dataset/dataset.ts";
import { shown } from "../text/shown.ts";

/** `describing`: names of variables that describe others (coordinates, bounds), which are not data. */
export function variableFindings(
  variables: readonly CfVariable[],
  describing: ReadonlySet<string>,
): readonly DatasetFinding[] {
  const data = variables.filter((variable) => !describing.has(variable.name) && isMeasured(variable));
  return [
    ...unlessNone(data.filter(lacksUnits), data.length, (names, have) => ({
      level: "hint",
      rule: "unitless",
      says: `${names} ${have} neither units nor a standard name`,
      fix: 'add the attribute units to each: "1" where it has no dimension',
    })),
    ...unlessNone(data.filter(lacksName), data.length, (names, have) => ({
      level: "hint",
      rule: "no-standard-name",
      says: `${names} ${have} neither standard_name nor long_name`,
      fix: "add standard_name where CF's table has one, and long_name otherwise",
    })),
    ...fillFindings(variables.filter(isNumber)),
  ];
}

const isNumber = ({ type }: CfVariable) => /^(u?int|float)\d+$/.test(type);

/** Numbers that were measured or computed. Whole numbers without packing are mostly counts, flags and indices. */
function isMeasured(variable: CfVariable): boolean {
  const { attributes, type } = variable;
  if (!isNumber(variable) || attributes.flag_values !== undefined || attributes.flag_masks !== undefined) return false;
  return /^float/.test(type) || attributes.scale_factor !== undefined || text(attributes, "units") !== "";
}

// CF 3.1: units are required for all that has a dimension; an empty text is none. What has a standard name is compared with its units.
const lacksUnits = ({ attributes }: CfVariable) =>
  text(attributes, "units") === "" && text(attributes, "standard_name") === "";

// CF 3.2, 3.3: either of the two.
const lacksName = ({ attributes }: CfVariable) =>
  text(attributes, "standard_name") === "" && text(attributes, "long_name") === "";

function unlessNone(
  lacking: readonly CfVariable[],
  of: number,
  finding: (names: string, have: "has" | "have") => DatasetFinding,
): DatasetFinding[] {
  if (lacking.length === 0) return [];
  const names = namesOf(lacking);
  return [
    finding(
      of > 1 ? `${lacking.length} of ${of} data variables (${names})` : names,
      of > 1 && lacking.length > 1 ? "have" : "has",
    ),
  ];
}

function namesOf(variables: readonly CfVariable[]): string {
  const names = variables.slice(0, 3).map(({ name }) => shown(name));
  return `${names.join(", ")}${variables.length > names.length ? ", …" : ""}`;
}

/** CF 2.5.1: what stands for missing must be no value that the variable can have, and one value. */
function fillFindings(variables: readonly CfVariable[]): DatasetFinding[] {
  const zero = variables.filter((variable) => isPhysical(variable) && fillsOf(variable).includes(0));
  const inRange = variables.filter((variable) => !zero.includes(variable) && hasFillInRange(variable));
  const two = variables.filter(({ attributes: { _FillValue: fill, missing_value: missing } }) => {
    const [a, b] = [numberIn(fill), numberIn(missing)];
    return a !== undefined && b !== undefined && !Object.is(a, b) && Math.fround(a) !== Math.fround(b);
  });
  const finding = (says: string, fix: string): DatasetFinding => ({ level: "warning", rule: "fill-value", says, fix });
  return [
    ...(zero.length > 0
      ? [
          finding(
            `0 stands for missing in ${namesOf(zero)}, so that each measured 0 is read as missing`,
            "use NaN, or a number that can't be measured, as _FillValue (in Zarr version 2: fill_value null or NaN)",
          ),
        ]
      : []),
    ...(inRange.length > 0
      ? [
          finding(
            `_FillValue of ${namesOf(inRange)} is in its valid range, so that measured values are read as missing`,
            "use a number outside of valid_range, valid_min and valid_max",
          ),
        ]
      : []),
    ...(two.length > 0
      ? [
          finding(
            `_FillValue and missing_value of ${namesOf(two)} differ: xarray reads both as missing, and can't write it again`,
            "use one value for both, or _FillValue alone",
          ),
        ]
      : []),
  ];
}

/** Whether a stored 0 is the value 0, of a quantity or coordinate: not of flags and counts, nor of packed numbers. */
function isPhysical({ name, type, attributes, dimensions }: CfVariable): boolean {
  const { flag_values: flags, flag_masks: masks, scale_factor: scale, add_offset: offset } = attributes;
  if (flags !== undefined || masks !== undefined || scale !== undefined || offset !== undefined) return false;
  if (dimensions.length === 0) return false;
  if (!/^float/.test(type)) return dimensions.some((dimension) => baseName(dimension) === baseName(name));
  return text(attributes, "units") !== "" || dimensions.some((dimension) => baseName(dimension) === baseName(name));
}

function fillsOf({ attributes, missing }: CfVariable): readonly (number | undefined)[] {
  return [attributes._FillValue, ...missing].map(numberIn);
}

function hasFillInRange({ attributes, ...variable }: CfVariable): boolean {
  const range = Array.isArray(attributes.valid_range) ? attributes.valid_range : [];
  const least = numberIn(attributes.valid_min ?? range[0]);
  const most = numberIn(attributes.valid_max ?? range[1]);
  if (least === undefined && most === undefined) return false;
  return fillsOf({ attributes, ...variable }).some(
    (fill) => fill !== undefined && fill >= (least ?? -Infinity) && fill <= (most ?? Infinity),
  );
}

/** A number, alone or as the only one of a list; `undefined` for anything else. */
function numberIn(value: CfVariable["missing"][number] | undefined): number | undefined {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof one === "number") return one;
  // Numbers that JSON has none for, and whole numbers with more digits than a double has, are texts.
  if (typeof one !== "string" || !/^-?(\d+|Infinity)$/.test(one)) return undefined;
  return Number(one);
}
