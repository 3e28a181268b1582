/** Attributes, dimensions and variables of like files together. What they disagree on is left out (`differences.ts` reports it). */
import type { Description, Dimension, Variable } from "../dataset/dataset.ts";
import { compareInstants, isInstant } from "../dataset/instant.ts";
import type { Json } from "../json.ts";

/** Labels of one dimension, such as station names, that are listed of all files together. */
const mostValues = 1000;

/** Attributes that all files have, with the same value. */
export function attributesOfAll(all: readonly Description[]): Readonly<Record<string, Json>> {
  const [first, ...others] = all;
  const common = Object.entries(first?.attributes ?? {}).filter(([name, value]) =>
    others.every(({ attributes }) => Object.hasOwn(attributes, name) && isSame(attributes[name], value)),
  );
  return Object.fromEntries(common);
}

/** Each dimension as it is in the first file, with the size of the longest and the extent of all. */
export function dimensionsOfAll(all: readonly Description[]): Dimension[] {
  return occurrences(all, ({ dimensions }) => dimensions).map((same) => {
    const [{ name, kind }] = same;
    const extent = extentOfAll(same);
    const values = same.every((one) => one.values) && [...new Set(same.flatMap((one) => one.values ?? []))];
    return {
      name,
      size: Math.max(...same.map(({ size }) => size)),
      kind: same.every((one) => one.kind === kind) ? kind : "other",
      ...(extent && { extent }),
      ...(values && values.length <= mostValues && { values }),
      ...shared(same, ["unit", "calendar", "projected"]),
    };
  });
}

function extentOfAll(all: readonly Dimension[]): Dimension["extent"] {
  const ends = all.flatMap(({ extent }): (number | string)[] => (extent ? [...extent] : []));
  if (ends.length === 0) return undefined;
  if (ends.every((end) => typeof end === "number")) return [Math.min(...ends), Math.max(...ends)];
  const instants = ends.filter((end) => typeof end === "string").filter(isInstant);
  // Files that describe the same dimension in different ways, or in different calendars.
  if (instants.length < ends.length || all.some(({ calendar }) => calendar !== all[0]!.calendar)) return undefined;
  instants.sort(compareInstants);
  return [instants[0]!, instants.at(-1)!];
}

/** Each variable of any file, with the largest shape. */
export function variablesOfAll(all: readonly Description[]): Variable[] {
  return occurrences(all, ({ variables }) => variables).map((same) => {
    const [{ name, dimensions, shape, role }] = same;
    const types = [...new Set(same.map(({ type }) => type))];
    const alike = same.filter((one) => isSame(one.dimensions, dimensions));
    return {
      name,
      dimensions,
      shape: shape.map((_, at) => Math.max(...alike.map((one) => one.shape[at] ?? 0))),
      type: types.join(" or "),
      role,
      ...shared(same, ["chunks", "unit", "standardName", "longName"]),
    };
  });
}

/** What has the same name in the files, by that name, in the order of the first file that has it. */
export function occurrences<T extends { readonly name: string }>(
  all: readonly Description[],
  listOf: (description: Description) => readonly T[],
): readonly (readonly [T, ...T[]])[] {
  const byName = new Map<string, [T, ...T[]]>();
  for (const description of all) {
    for (const one of listOf(description)) {
      const same = byName.get(one.name);
      if (same) same.push(one);
      else byName.set(one.name, [one]);
    }
  }
  return [...byName.values()];
}

/** Properties that have one value in all. */
function shared<T, K extends keyof T>(all: readonly [T, ...T[]], keys: readonly K[]): Pick<T, K> {
  const [first] = all;
  const common = keys.filter((key) => first[key] !== undefined && all.every((one) => isSame(one[key], first[key])));
  return Object.fromEntries(common.map((key) => [key, first[key]])) as Pick<T, K>;
}

export const isSame = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether a unit counts time from some instant, which differs between files that can be opened together. */
export const isCountOfTime = (unit: string): boolean => /\ssince\s/i.test(unit);
