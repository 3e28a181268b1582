/**
 * Whether two files can be parts of one dataset: everything about what values mean and how they are stored is the same,
 * and so are all values that the joined dimension has no part in.
 */

import { formatBytes, shown } from "../../../../core/text/shown.ts";
import { product } from "../../../codecs/block.ts";
import { jsonOf } from "../../attributes.ts";
import type { NetcdfAttribute, NetcdfAttributes, NetcdfFile, NetcdfVariable } from "../../file.ts";
import { exactJson } from "../exact-json.ts";
import { allOf } from "../inline.ts";
import type { OpenPart } from "./part.ts";

/** Attributes without which a value is another: CF 1.11, sections 2.5, 3, 4.4 and 8.1. */
const defining = [
  "units",
  "calendar",
  "scale_factor",
  "add_offset",
  "_Unsigned",
  "_FillValue",
  "missing_value",
  "valid_min",
  "valid_max",
  "valid_range",
  "flag_values",
  "flag_masks",
  "flag_meanings",
  "standard_name",
  "positive",
] as const;

/** Bytes of a variable without the dimension that are compared. */
const mostCompared = 4 * 2 ** 20;

/** Why `other` is no part of a dataset that `first` is a part of, joined along `axis`. @throws as the sources do. */
export async function unlikeness(first: OpenPart, other: OpenPart, axis: string): Promise<string | undefined> {
  const both = `${shown(first.name)} and ${shown(other.name)}`;
  const [mine, theirs] = [variablesOf(first.file), variablesOf(other.file)];
  for (const [have, lack] of [
    [mine, theirs],
    [theirs, mine],
  ] as const) {
    const only = [...have.keys()].find((name) => !lack.has(name));
    if (only !== undefined) return `${shown(only)} is only in one of ${both}`;
  }
  for (const [name, variable] of mine) {
    const what = structure(variable, theirs.get(name)!, axis);
    if (what) return `${shown(name)} differs in ${what} between ${both}`;
  }
  for (const [name, variable] of mine) {
    if (hasAxis(variable, axis) || !isComparable(variable)) continue;
    const size = product(variable.shape) * variable.itemSize;
    if (size > mostCompared)
      return `${shown(name)} has no ${shown(axis)} and ${formatBytes(size)} of values, more than are compared from file to file`;
    if (!isSame(await allOf(variable), await allOf(theirs.get(name)!)))
      return `${shown(name)} has no ${shown(axis)} and other values in ${shown(other.name)} than in ${shown(first.name)}`;
  }
  return undefined;
}

export const hasAxis = ({ dimensions }: NetcdfVariable, axis: string) => dimensions.some(({ name }) => name === axis);

const variablesOf = ({ groups }: NetcdfFile) =>
  new Map(groups.flatMap(({ variables }) => variables).map((variable) => [variable.name, variable]));

/** What is put into no reference needs no comparison. */
const isComparable = ({ type, problem }: NetcdfVariable) =>
  problem === undefined && (/^(u?int|float)\d+$/.test(type) || type === "S1" || type === "string");

/** What differs, as the subject of a sentence. */
function structure(a: NetcdfVariable, b: NetcdfVariable, axis: string): string | undefined {
  if (a.type !== b.type) return "type";
  const names = ({ dimensions }: NetcdfVariable) => dimensions.map(({ name }) => name).join();
  if (names(a) !== names(b)) return "dimensions";
  if (a.shape.some((length, i) => length !== b.shape[i] && a.dimensions[i]?.name !== axis)) return "lengths";
  const along = a.dimensions.findIndex(({ name }) => name === axis);
  // A variable in one piece is cut into chunks that suit all files.
  if (along >= 0 && a.chunks?.join() !== b.chunks?.join()) return "chunks";
  return defining.find((name) => !isSameAttribute(name, a.attributes.get(name), b.attributes.get(name)));
}

/** Without what differs in `others`. */
export function inCommon(attributes: NetcdfAttributes, others: NetcdfAttributes): NetcdfAttributes {
  return new Map([...attributes].filter(([name, attribute]) => isSameAttribute(name, attribute, others.get(name))));
}

export function isSameAttribute(name: string, a: NetcdfAttribute | undefined, b: NetcdfAttribute | undefined): boolean {
  if (!a || !b) return a === b;
  const text = (attribute: NetcdfAttribute) => exactJson(jsonOf(new Map([[name, attribute]]))[name] ?? null);
  return a.type === b.type && a.single === b.single && text(a) === text(b);
}

/** NaN is NaN; texts and numbers alike. */
export const isSame = (a: ArrayLike<unknown>, b: ArrayLike<unknown>) =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]));
