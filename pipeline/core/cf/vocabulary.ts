/**
 * Whether variables call what they measure by CF's names and in units that UDUNITS knows, and whether the two agree.
 *
 * ```ts
 * vocabularyFindings(description.variables, await standardNames());
 * // [{ rule: "unit-misfit", says: 'units do not fit the standard name of 1 variable: ta in "m" (air_temperature: K)', … }]
 * ```
 *
 * @see https://cfconventions.org/cf-conventions/cf-conventions.html sections 3.1 and 3.3
 */
import { vocabularyRules } from "../checks/rules/vocabulary.ts";
import type { DatasetFinding, Variable } from "../dataset/dataset.ts";
import { plural } from "../text/plural.ts";
import { shown } from "../text/shown.ts";
import type { StandardName, StandardNames } from "./standard-names/standard-names.ts";
import { isTimeUnit } from "./time/time.ts";
import { unitOf } from "./units/read-unit.ts";
import { likelyMeaning } from "./units/suggest.ts";
import { haveSameDimension } from "./units/unit.ts";

/** At most one finding a rule, each with the number of variables it is about. */
export function vocabularyFindings(variables: readonly Variable[], names: StandardNames): DatasetFinding[] {
  const named = variables.map((variable) => ({
    ...variable,
    standard: variable.standardName === undefined ? undefined : names.find(variable.standardName),
  }));
  return [
    ...unknownNames(named, names),
    ...renamed(named, names),
    ...unknownUnits(named),
    ...misfits(named),
    ...withoutUnit(named),
  ];
}

interface Named extends Variable {
  /** `undefined` where it has none, or one that is none. */
  readonly standard: StandardName | undefined;
}

function unknownNames(variables: readonly Named[], names: StandardNames): DatasetFinding[] {
  const unknown = groups(variables, ({ standardName, standard }) => (standard ? undefined : standardName));
  return finding("unknown-standard-name", unknown, {
    says: (count) => `${plural(count, "variable")} with a standard_name that CF's table ${names.version} lacks`,
    what: (name) => quoted(name),
    instead: (name) => names.nearest(name),
  });
}

function renamed(variables: readonly Named[], names: StandardNames): DatasetFinding[] {
  const old = groups(variables, ({ standardName, standard }) => (standard?.successors ? standardName : undefined));
  return finding("renamed-standard-name", old, {
    says: (count) => `${plural(count, "variable")} with a standard_name that CF's table ${names.version} has replaced`,
    what: (name) => quoted(name),
    instead(name) {
      const { successors, modifier } = names.find(name) ?? {};
      return successors?.map((successor) => (modifier ? `${successor} ${modifier}` : successor)).join('" or "');
    },
  });
}

function unknownUnits(variables: readonly Named[]): DatasetFinding[] {
  // What counts from a date is checked where dates are read.
  const unknown = groups(variables, ({ unit, standard }) =>
    unit === undefined || isTimeUnit(unit) || unit === standard?.units || !("problem" in unitOf(unit))
      ? undefined
      : unit,
  );
  return finding("unknown-unit", unknown, {
    says: (count) => `${plural(count, "variable")} with units that UDUNITS can't read`,
    what: (unit) => quoted(unit),
    instead(unit) {
      const read = unitOf(unit);
      return "problem" in read ? read.instead : undefined;
    },
  });
}

function misfits(variables: readonly Named[]): DatasetFinding[] {
  const misfitting = variables.filter(
    ({ unit, standard, ...variable }) =>
      unit !== undefined &&
      standard &&
      standard.units !== "" &&
      !isExtent(variable.role, standard) &&
      !fits(unit, standard),
  );
  const byPair = groups(misfitting, ({ unit, standard }) => `${unit}\n${standard!.name}\n${standard!.units}`);
  return finding("unit-misfit", byPair, {
    says: (count) => `${plural(count, "variable")} with units that do not fit the standard name`,
    what(pair) {
      const [unit = "", name = "", units = ""] = pair.split("\n");
      return `${quoted(unit)} for ${name}, which is in ${units}`;
    },
    instead(pair) {
      const [unit = "", , units = ""] = pair.split("\n");
      return likelyMeaning(unit, (candidate) => measureTheSame(candidate, units));
    },
    written: (pair) => pair.split("\n")[0]!,
  });
}

function withoutUnit(variables: readonly Named[]): DatasetFinding[] {
  const lacking = groups(variables, ({ name, type, unit, standard }) =>
    unit !== undefined ||
    !isNumeric(type) ||
    /_(bnds|bounds|vertices)$/i.test(name) ||
    ["", "1"].includes(standard?.units ?? "")
      ? undefined
      : `${standard!.name}\n${standard!.units}`,
  );
  return finding("no-unit", lacking, {
    says: (count) => `${plural(count, "variable")} without units`,
    what(pair) {
      const [name = "", units = ""] = pair.split("\n");
      return `${name} (${units})`;
    },
    instead: () => undefined,
  });
}

/** Coordinates whose units are checked where the dataset's place and time are read. */
const isExtent = (role: Variable["role"], { name }: StandardName) =>
  role === "coordinate" && ["latitude", "longitude", "time"].includes(name);

const fits = (unit: string, { units }: StandardName) =>
  unit === units || "problem" in unitOf(unit) || measureTheSame(unit, units);

/** A reciprocal converts in UDUNITS, and is no less wrong. What counts from a date fits what is counted in seconds. */
function measureTheSame(unit: string, canonical: string): boolean {
  const [a, b] = [unitOf(unit), unitOf(canonical)];
  if ("problem" in a || "problem" in b) return false;
  const { since: _, ...duration } = a;
  return haveSameDimension(duration, b);
}

const isNumeric = (type: string) => /^(u?int|float)/.test(type);
const quoted = (text: string) => `"${shown(text, 80)}"`;

/** Names of variables by what is wrong with them, in the order of the first of each. */
type Groups = ReadonlyMap<string, readonly string[]>;

function groups(variables: readonly Named[], keyOf: (variable: Named) => string | undefined): Groups {
  const found = new Map<string, string[]>();
  for (const variable of variables) {
    const key = keyOf(variable);
    if (key === undefined) continue;
    const group = found.get(key);
    if (group) group.push(variable.name);
    else found.set(key, [variable.name]);
  }
  return found;
}

interface Words {
  readonly says: (count: number) => string;
  readonly what: (key: string) => string;
  /** What to write in place of it, where that can be guessed. */
  readonly instead: (key: string) => string | undefined;
  /** What is written now; by default the key. */
  readonly written?: (key: string) => string;
}

/** Listed in one finding: wrong texts, and variables of each. */
const most = { groups: 5, variables: 3 } as const;

function finding(
  rule: keyof typeof vocabularyRules,
  found: Groups,
  { says, what, instead, written }: Words,
): DatasetFinding[] {
  if (found.size === 0) return [];
  const count = [...found.values()].reduce((sum, variables) => sum + variables.length, 0);
  const listed = [...found].slice(0, most.groups);
  const problems = listed.map(([key, variables]) => `${what(key)} ${inParentheses(variables)}`);
  const more = found.size > listed.length ? [`and ${found.size - listed.length} more`] : [];
  const fixes = listed.flatMap(([key]) => {
    const better = instead(key);
    return better === undefined ? [] : [`write "${better}" for ${quoted(written?.(key) ?? key)}`];
  });
  return [
    {
      level: vocabularyRules[rule].level,
      rule,
      says: `${says(count)}: ${[...problems, ...more].join(", ")}`,
      ...(fixes.length > 0 && { fix: fixes.join("; ") }),
    },
  ];
}

function inParentheses(variables: readonly string[]): string {
  const listed = variables.slice(0, most.variables).map((name) => shown(name, 60));
  const more = variables.length > listed.length ? ` and ${variables.length - listed.length} more` : "";
  return `(${listed.join(", ")}${more})`;
}
