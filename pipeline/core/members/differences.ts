/**
 * What differs between like files, in phrases that the item of all of them carries.
 *
 * Sizes, titles and attributes of each file usually differ: they are only listed. A variable that only some files have,
 * or that differs in unit, type or dimensions, breaks programs that open them together: that is a finding, too.
 */
import type { DatasetFinding, Description, Variable } from "../dataset/dataset.ts";
import { byBytes } from "../text/order.ts";
import { shown } from "../text/shown.ts";
import { isCountOfTime, isSame, occurrences } from "./union.ts";

export interface Differences {
  readonly differences: readonly string[];
  readonly findings: readonly DatasetFinding[];
}

/** Names listed in one phrase, and characters of each. */
const most = { names: 10, characters: 60 } as const;

export function differencesOf(all: readonly Description[]): Differences {
  const sizes = occurrences(all, ({ dimensions }) => dimensions).flatMap((same) => {
    const [least, greatest] = [Math.min, Math.max].map((end) => end(...same.map(({ size }) => size)));
    return least === greatest ? [] : [`${named(same[0].name)} ${least} to ${greatest}`];
  });
  const variables = occurrences(all, (description) => description.variables);
  const partial = variables.filter((same) => same.length < all.length);
  const some = partial.map((same) => `${named(same[0].name)} (in ${same.length} of ${all.length})`);
  const breaking = [
    ...phrase("units", variables.flatMap(valuesOf(({ unit = "none" }) => (isCountOfTime(unit) ? "since" : unit)))),
    ...phrase("types", variables.flatMap(valuesOf(({ type }) => type))),
    ...phrase("dimensions", variables.flatMap(valuesOf(({ dimensions }) => `(${dimensions.join(", ")})`))),
  ];
  const only = phrase("variables only in some", some);
  return {
    differences: [
      ...breaking,
      ...only,
      ...phrase("sizes", sizes),
      ...phrase("titles", titlesOf(all)),
      ...phrase("attributes", attributesOf(all)),
    ],
    findings: [...breaking.map((says) => differing("warning", says)), ...only.map((says) => differing("hint", says))],
  };
}

const differing = (level: DatasetFinding["level"], says: string): DatasetFinding => ({
  level,
  rule: "members-differ",
  says: `its files differ in ${says}`,
  fix: "write all files of a folder with the same variables, or put those that differ into a folder of their own",
});

/** The values that a property of one variable has in the files, where they are several: `ta K, degC`. */
function valuesOf(value: (variable: Variable) => string) {
  return (same: readonly [Variable, ...Variable[]]): string[] => {
    const values = [...new Set(same.map(value))];
    return values.length === 1 ? [] : [`${named(same[0].name)} ${list(values)}`];
  };
}

/** The different titles; none where all have the same one, or no file has one. */
function titlesOf(all: readonly Description[]): string[] {
  const titles = all.map(({ attributes: { title } }) => (typeof title === "string" ? title.trim() : ""));
  const different = [...new Set(titles)];
  return different.length === 1 ? [] : different.filter((title) => title !== "").map((title) => `“${named(title)}”`);
}

/** Names of the attributes that differ or that only some files have, without the title. */
function attributesOf(all: readonly Description[]): string[] {
  const names = new Set(all.flatMap(({ attributes }) => Object.keys(attributes)));
  const first = all[0]?.attributes ?? {};
  const differs = (name: string) =>
    all.some(({ attributes }) => !Object.hasOwn(attributes, name) || !isSame(attributes[name], first[name]));
  return [...names]
    .filter((name) => name !== "title" && differs(name))
    .sort(byBytes)
    .map(named);
}

const named = (text: string) => shown(text, most.characters);

const phrase = (what: string, values: readonly string[]): string[] =>
  values.length === 0 ? [] : [`${what}: ${list(values)}`];

function list(values: readonly string[]): string {
  const more = values.length - most.names;
  return `${values
    .slice(0, most.names)
    .map((value) => shown(value, 200))
    .join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
