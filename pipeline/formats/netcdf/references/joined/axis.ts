/** The dimension along which files continue one another, and the order in which they do. */
import { shown } from "../../../../core/text/shown.ts";
import type { NetcdfDimension, NetcdfFile, NetcdfVariable } from "../../file.ts";
import { allOf } from "../inline.ts";
import { isSame, isSameAttribute } from "./likeness.ts";
import type { OpenPart } from "./part.ts";

/** Where a file begins and ends along the dimension. */
export interface Stretch {
  readonly name: string;
  readonly length: number;
  readonly first: number | bigint;
  readonly last: number | bigint;
}

/**
 * The name of the one dimension whose length or coordinate is another in two files; or why there is none.
 *
 * @throws Failure `input` where coordinates are damaged; as the source does.
 */
export async function axisBetween(first: OpenPart, second: OpenPart): Promise<{ readonly axis: string } | string> {
  const theirs = new Map(dimensionsOf(second.file).map((dimension) => [dimension.name, dimension]));
  const changing: string[] = [];
  for (const { name, size } of dimensionsOf(first.file)) {
    const other = theirs.get(name);
    if (!other) return `${shown(first.name)} has a dimension ${shown(name)}, and ${shown(second.name)} has not`;
    if (other.size !== size || !(await isSameCoordinate(name, first.file, second.file))) changing.push(name);
  }
  const names = changing.map((name) => shown(name)).join(" and ");
  const [axis] = changing;
  if (axis === undefined) return `no coordinate tells ${shown(first.name)} from ${shown(second.name)}`;
  if (changing.length > 1) return `${names} change from ${shown(first.name)} to ${shown(second.name)}`;
  if (coordinateOf(first.file, axis)) return { axis };
  return `${names} has another length in ${shown(second.name)} than in ${shown(first.name)}, and no coordinate tells their order`;
}

async function isSameCoordinate(name: string, first: NetcdfFile, second: NetcdfFile): Promise<boolean> {
  const [a, b] = [coordinateOf(first, name), coordinateOf(second, name)];
  if (!a || !b) return a === b;
  // Sondes count seconds from the launch of each: equal numbers are then other times.
  if (!isSameAttribute("units", a.attributes.get("units"), b.attributes.get("units"))) return false;
  return isSame(await allOf(a), await allOf(b));
}

const dimensionsOf = ({ groups }: NetcdfFile): NetcdfDimension[] => groups.flatMap(({ dimensions }) => dimensions);

/** The variable of the dimension's name, else the only one along it alone that counts time. */
function coordinateOf({ groups }: NetcdfFile, dimension: string): NetcdfVariable | undefined {
  const along = groups
    .flatMap(({ variables }) => variables)
    .filter(({ dimensions, type }) => dimensions.length === 1 && dimensions[0]?.name === dimension && isNumeric(type));
  const times = along.filter(({ attributes }) => /\ssince\s/i.test(String(attributes.get("units")?.values)));
  return along.find(({ name }) => name === dimension) ?? (times.length === 1 ? times[0] : undefined);
}

const isNumeric = (type: string) => /^(u?int|float)\d+$/.test(type);

/** @throws as {@link axisBetween}. */
export async function stretchOf({ name, file }: OpenPart, axis: string): Promise<Stretch | string> {
  const coordinate = coordinateOf(file, axis);
  const length = coordinate?.shape[0] ?? 0;
  if (!coordinate || length === 0) return `${shown(name)} has no values of ${shown(axis)}`;
  const [first, last] = await Promise.all([0, length - 1].map((at) => valueAt(coordinate, at)));
  if (!isNumber(first) || !isNumber(last))
    return `${shown(axis)} begins or ends with a missing value in ${shown(name)}`;
  return { name, length, first, last };
}

async function valueAt(coordinate: NetcdfVariable, at: number): Promise<unknown> {
  const [value] = (await coordinate.read({ start: [at], count: [1] }, 2 ** 24)) as ArrayLike<unknown> &
    Iterable<unknown>;
  const fill = coordinate.attributes.get("_FillValue")?.values as ArrayLike<unknown> | undefined;
  return Object.is(value, fill?.[0]) ? undefined : value;
}

const isNumber = (value: unknown): value is number | bigint => typeof value === "bigint" || Number.isFinite(value);

/** The files one after another, as their coordinate goes; or why they have no such order. */
export function orderOf(stretches: readonly Stretch[], axis: string): readonly Stretch[] | string {
  const falling = stretches.filter(({ first, last }) => last < first);
  const rising = stretches.filter(({ first, last }) => last > first);
  if (falling[0] && rising[0])
    return `${shown(axis)} rises in ${shown(rising[0].name)} and falls in ${shown(falling[0].name)}`;
  const sign = falling.length > 0 ? -1 : 1;
  const ordered = stretches.toSorted((a, b) => (a.first === b.first ? 0 : a.first < b.first ? -sign : sign));
  const overlap = ordered.findIndex(({ last }, i) => {
    const next = ordered[i + 1]?.first;
    return next !== undefined && (sign > 0 ? next <= last : next >= last);
  });
  if (overlap < 0) return ordered;
  const [before, after] = [ordered[overlap]!, ordered[overlap + 1]!];
  return `${shown(axis)} of ${shown(after.name)} begins before that of ${shown(before.name)} ends`;
}
