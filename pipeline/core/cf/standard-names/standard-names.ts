/**
 * CF's standard names: what a variable measures, and the unit that goes with it.
 *
 * The table takes 35 kB of a transfer, so it is loaded when first asked for. It is made from the one that CF publishes:
 * `npm run cf-names` (`test/core/cf/standard-names/make.ts`).
 *
 * ```ts
 * const names = await standardNames();
 * names.find("air_temperature"); // { name: "air_temperature", units: "K" }
 * names.nearest("air_temprature"); // "air_temperature"
 * ```
 *
 * @see https://cfconventions.org/cf-conventions/cf-conventions.html section 3.3 and appendix C
 */
import { nearest } from "../../text/nearest.ts";
import { readTable } from "./table-text.ts";

export interface StandardName {
  /** As the table has it now; another than was asked for where that one is an alias. */
  readonly name: string;
  /** Canonical units; "" of a text or a code, which has none. Of a count, "1". */
  readonly units: string;
  /** What follows the name: `standard_error`. */
  readonly modifier?: Modifier;
  /** Of an alias: every name that CF has put in its place, `name` the first of them. Seldom more than one. */
  readonly successors?: readonly string[];
}

export const modifiers = ["detection_minimum", "number_of_observations", "standard_error", "status_flag"] as const;
export type Modifier = (typeof modifiers)[number];

export interface StandardNames {
  /** Of CF's table. */
  readonly version: number;
  /** A `standard_name` attribute looked up, with its modifier. Upper and lower case differ (CF 3.3). `undefined` for none. */
  find(standardName: string): StandardName | undefined;
  /** The standard name that was probably meant by one that is none, its modifier included. */
  nearest(standardName: string): string | undefined;
}

let loaded: Promise<StandardNames> | undefined;

/** The table, loaded once. */
export function standardNames(): Promise<StandardNames> {
  loaded ??= import("./table.ts").then(({ version, table }) => namesOf(version, table));
  return loaded;
}

export function namesOf(version: number, table: string): StandardNames {
  const { units, aliases } = readTable(table);
  const find = (standardName: string): StandardName | undefined => {
    const [written = "", word, ...more] = standardName.trim().split(/\s+/);
    const successors = units.has(written) ? undefined : aliases.get(written);
    const name = successors ? successors[0]! : written;
    const canonical = units.get(name);
    const modifier = modifiers.find((each) => each === word);
    if (canonical === undefined || more.length > 0 || (word !== undefined && !modifier)) return undefined;
    return {
      name,
      units: unitsWith(modifier, canonical),
      ...(modifier && { modifier }),
      ...(successors && { successors }),
    };
  };
  let words: readonly string[] | undefined;
  const vocabulary = (): readonly string[] => {
    words ??= [...new Set([...units.keys()].flatMap((name) => name.split("_")))];
    return words;
  };
  const meant = (name: string): string | undefined => {
    if (name.length > longest) return undefined;
    const written = name.replace(/[\s-]+/g, "_");
    const found = [written, written.toLowerCase()].find((each) => units.has(each));
    if (found) return found;
    const parts = written
      .toLowerCase()
      .split("_")
      .map((word) => (vocabulary().includes(word) ? word : (nearest(word, vocabulary()) ?? word)));
    const corrected = parts.join("_");
    if (units.has(corrected)) return corrected;
    const near = nearest(corrected, [...units.keys()]);
    return near && areAlike(parts, near.split("_")) ? near : undefined;
  };
  return {
    version,
    find,
    nearest(standardName) {
      const [, name = "", modifier = ""] = withModifier.exec(standardName.trim()) ?? [];
      const found = find(name)?.name ?? meant(name);
      return found && `${found}${modifier}`;
    },
  };
}

const withModifier = new RegExp(`^(.*?)((?: (?:${modifiers.join("|")}))?)$`);

/** Whether one has only words of the other: that is a name without a word, or with one too many, and no other name. */
const areAlike = (a: readonly string[], b: readonly string[]) =>
  a.every((word) => b.includes(word)) || b.every((word) => a.includes(word));

/** Characters; the longest name of version 93 has 166. */
const longest = 200;

/** Appendix C: a count has no dimension, a flag no unit, a standard error that of its name. */
function unitsWith(modifier: Modifier | undefined, canonical: string): string {
  if (modifier === "number_of_observations") return "1";
  return modifier === "status_flag" ? "" : canonical;
}
