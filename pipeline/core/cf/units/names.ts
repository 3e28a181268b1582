/**
 * Names and symbols of units and prefixes, looked up as UDUNITS-2 does: names in upper or lower case and in the plural,
 * symbols as they are.
 */

import { common } from "./common.ts";
import { accepted } from "./si.ts";

/** The definition of a name or symbol without prefixes: a text in the same grammar, or the index of a base unit. */
export function definitionOf(name: string): string | number | undefined {
  const { names, symbols } = dictionary();
  return names.get(lowerCase(name)) ?? symbols.get(name);
}

/** Every name there is, in the singular; no symbols. */
export const unitNames = (): readonly string[] => dictionary().singulars;

export interface Prefix {
  readonly factor: number;
  readonly length: number;
  readonly isSymbol: boolean;
}

/** The prefix that `text` begins with. */
export function prefixOf(text: string, which: "all" | "names"): Prefix | undefined {
  const lower = lowerCase(text.slice(0, 5));
  const name = prefixes.find(([prefix]) => lower.startsWith(prefix));
  if (name) return { factor: name[2], length: name[0].length, isSymbol: false };
  if (which === "names") return undefined;
  for (const length of [2, 1]) {
    const start = text.slice(0, length);
    const found = start.length === length && prefixes.find(([, symbols]) => symbols.split(" ").includes(start));
    if (found) return { factor: found[2], length, isSymbol: true };
  }
  return undefined;
}

const prefixes: readonly (readonly [name: string, symbols: string, factor: number])[] = [
  ["yotta", "Y", 1e24],
  ["zetta", "Z", 1e21],
  ["exa", "E", 1e18],
  ["peta", "P", 1e15],
  ["tera", "T", 1e12],
  ["giga", "G", 1e9],
  ["mega", "M", 1e6],
  ["kilo", "k", 1e3],
  ["hecto", "h", 100],
  ["deka", "da", 10],
  ["deci", "d", 0.1],
  ["centi", "c", 0.01],
  ["milli", "m", 1e-3],
  // The micro sign, the Greek letter, and what a keyboard has.
  ["micro", "\u00b5 \u03bc u", 1e-6],
  ["nano", "n", 1e-9],
  ["pico", "p", 1e-12],
  ["femto", "f", 1e-15],
  ["atto", "a", 1e-18],
  ["zepto", "z", 1e-21],
  ["yocto", "y", 1e-24],
];

const base = [
  "meter metre | m",
  "kilogram | kg",
  "second | s",
  "ampere | A",
  "kelvin | K",
  "mole | mol",
  "candela | cd",
];

interface Dictionary {
  /** In lower case, the plurals too. */
  readonly names: ReadonlyMap<string, string | number>;
  readonly symbols: ReadonlyMap<string, string | number>;
  readonly singulars: readonly string[];
}

let cached: Dictionary | undefined;

function dictionary(): Dictionary {
  cached ??= dictionaryOf([
    ...base.map((written, index) => [written, index] as const),
    ...[...accepted.split("\n"), ...common.split("\n")].flatMap((line) => {
      const [written, definition] = line.split(" = ");
      return definition ? [[written!, definition] as const] : [];
    }),
  ]);
  return cached;
}

/** Each entry: names, with their plurals behind a slash where these are irregular, then symbols behind a bar. */
function dictionaryOf(entries: readonly (readonly [written: string, definition: string | number])[]): Dictionary {
  const names = new Map<string, string | number>();
  const symbols = new Map<string, string | number>();
  const singulars: string[] = [];
  for (const [written, definition] of entries) {
    const [named = "", signed = ""] = written.split("|");
    for (const name of named.split(" ").filter(Boolean)) {
      const [singular = "", plural = pluralOf(singular)] = name.split("/");
      singulars.push(singular);
      for (const each of [singular, plural]) names.set(lowerCase(each), definition);
    }
    for (const symbol of signed.split(" ").filter(Boolean)) symbols.set(symbol, definition);
  }
  return { names, symbols, singulars };
}

/** UDUNITS makes them of English rules: `henries`, `inches`, `hertzes`; of `degree_C` it has `degrees_C`. */
function pluralOf(name: string): string {
  const degrees = /^(deg(?:ree)?)(_[A-Za-z]+|[A-Z])$/.exec(name);
  if (degrees) return `${degrees[1]}s${degrees[2]}`;
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(?:[sxz]|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}

/** Of ASCII only: other letters are no names in another case. */
const lowerCase = (text: string) => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
