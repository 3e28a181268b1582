/** How a unit that UDUNITS can't read was probably meant. Only what can be read is ever proposed. */
import { nearest } from "../../text/nearest.ts";
import { unitNames } from "./names.ts";

/** The first way to write `text` that is a unit; `name` is the part that is none. */
export function suggestionFor(
  text: string,
  name: string | undefined,
  isUnit: (text: string) => boolean,
): string | undefined {
  return first(text, () => meanings(text, name), isUnit);
}

/** The first way to write a unit that is not meant as it is written, such as `mb`, a millibarn, so that it `fits`. */
export function likelyMeaning(text: string, fits: (text: string) => boolean): string | undefined {
  return first(text, () => otherMeanings(text), fits);
}

function first(text: string, candidates: () => Iterable<string>, suits: (text: string) => boolean): string | undefined {
  if (text.length > longest) return undefined;
  for (const candidate of candidates()) if (candidate !== text && suits(candidate)) return candidate;
  return undefined;
}

const longest = 100;

/** Surest first, the expensive ones last. */
function* meanings(text: string, name: string | undefined): Generator<string> {
  if (numbers.has(text.toLowerCase().replace(/^[[(]|[\])]$/g, ""))) yield "1";
  yield* otherMeanings(text);
  if (name === undefined) return;
  const replaced = (by: string) => retyped(text.replace(name, by));
  const usual = usualMistakes.get(name.toLowerCase());
  if (usual) yield replaced(usual);
  const exact = symbols.find((symbol) => symbol.toLowerCase() === name.toLowerCase());
  if (exact) yield replaced(exact);
  if (name.length < 4) return;
  const near = nearest(name, unitNames());
  if (near) yield replaced(near);
}

function* otherMeanings(text: string): Generator<string> {
  const clean = retyped(text);
  yield clean;
  yield clean
    .replace(
      /\bdeg(?:rees?|s)?\.?[ _]?(C|K|F)(?:elsius|elvin|ahrenheit)?\b/gi,
      (_, scale: string) => `deg${scale.toUpperCase()}`,
    )
    .replace(/\bdeg(?:rees?)?[ _]?(north|east|south|west)\b/gi, (_, way: string) => `degrees_${way.toLowerCase()}`);
  // "m s -1" is metres times seconds times -1.
  yield clean.replace(/([A-Za-z]) ([+-]\d)/g, "$1$2");
  yield clean.replace(/\b[A-Za-z]+\b/g, (word) => inOtherUnits.get(word) ?? word);
}

/** Symbols that UDUNITS reads, each as something else: millibarns, petaamperes, milliphots, picaampere. */
const inOtherUnits: ReadonlyMap<string, string> = new Map([
  ["mb", "mbar"],
  ["PA", "Pa"],
  ["mph", "mile/hour"],
  ["kph", "km/hour"],
  ["pa", "Pa"],
  ["C", "degC"],
  ["F", "degF"],
  ["Sv", "sverdrup"],
  ["a", "year"],
  ["gr", "g"],
  ["KT", "knot"],
]);

/** With the signs that the grammar has: from a word processor, a publication, a table's head. */
function retyped(text: string): string {
  return text
    .replace(/[\u2212\u2010-\u2014]/g, "-")
    .replace(/[\u00d7\u22c5\u2022]/g, ".")
    .replace(/\\cdot|\\,/g, " ")
    .replace(/\^\{([+-]?\d+)\}/g, "^$1")
    .replace(/#/g, "1")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\s*([*.])\s+|\s+([*.])\s*/g, " ")
    .replace(/\(\s+/g, "(")
    .replace(/\s+\)/g, ")")
    .replace(/\s+/g, " ")
    .replace(/\^([+-]?\d+)(?=[A-Za-z])/g, "$1 ")
    .trim();
}

/** Words for "a number". CF 3.1 writes 1, also for practical salinity and for eighths of the sky. */
const numbers = new Set([
  ..."- -- unitless dimensionless non-dimensional nondimensional adimensional no_unit no_units none n/a".split(" "),
  ..."psu pss pss-78 pss78 okta oktas octa octas ratio fraction index number".split(" "),
  ..."no unit|no units|no dimension".split("|"),
]);

const usualMistakes: ReadonlyMap<string, string> = new Map([
  ["deg", "degree"],
  ["degs", "degree"],
  ["centigrade", "degC"],
  ["mps", "m s-1"],
  ["kmh", "km h-1"],
  ["kmph", "km h-1"],
  ["sqm", "m2"],
  ["sqkm", "km2"],
  ["decibel", "dB"],
  ["decibels", "dB"],
  ["psu", "1"],
  ["particles", "1"],
  ["particle", "1"],
  ["mins", "min"],
  ["hrs", "h"],
  ["msec", "ms"],
  ["msecs", "ms"],
  ["usec", "us"],
]);

/** What only its capitals distinguish from another. */
const symbols =
  "K Pa hPa kPa mbar dbar m km cm mm um nm s h kg g mg ug mol mmol W mW kW J kJ N Hz kHz MHz GHz V mV A dB dBZ dBm".split(
    " ",
  );
