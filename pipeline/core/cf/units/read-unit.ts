/**
 * Units as they are written: `m s-1`, `W/(m2 sr)`, `days since 2024-01-01`, `lg(re 1 mW)`.
 *
 * The grammar is that of UDUNITS-2, which CF 3.1 makes the judge of a `units` attribute, with its oddities: digits after
 * a name are a power (`m2`), blanks multiply and so may not be around `*`, and `m^2s` is nothing. Where its scanner
 * takes a text apart in a way that no writer can mean (`since 2000-13-01` is 3 o'clock), we refuse it;
 * `test/core/cf/units/oracle.test.ts` lists these.
 *
 * ```ts
 * const unit = unitOf("km h-1");
 * if (!("problem" in unit)) convert(36, unit, metresPerSecond); // 10
 * unitOf("Kelvn"); // { problem: '"Kelvn" is no unit', at: 0, instead: "kelvin" }
 * ```
 *
 * @see https://docs.unidata.ucar.edu/udunits/current/udunits2lib.html#Grammar
 */
import { perText } from "../../remembered.ts";
import { shown } from "../../text/shown.ts";
import { lastOfMoment } from "./moment.ts";
import { definitionOf, prefixOf } from "./names.ts";
import { suggestionFor } from "./suggest.ts";
import {
  baseUnit,
  haveSameDimension,
  levelOf,
  type Meaningless,
  one,
  power,
  product,
  scaled,
  shifted,
  type Unit,
} from "./unit.ts";

export interface UnknownUnit {
  /** The end of a sentence that begins with the text: `"Kelvn" is no unit`. */
  readonly problem: string;
  /** Where in the trimmed text, from 0, in UTF-16 code units. */
  readonly at: number;
  /** The whole text as it is probably meant. */
  readonly instead?: string;
}

/** Characters. Nothing that is longer is a unit. */
const longest = 200;

/** The unit that `text` writes; of an empty text, the dimensionless one. */
export const unitOf = (text: string): Unit | UnknownUnit => (text.length > longest ? readUnit : knownUnit)(text);

/** Variables of a dataset, and datasets of a campaign, have few different units. */
const knownUnit = perText(500, readUnit);

function readUnit(text: string): Unit | UnknownUnit {
  const trimmed = text.trim();
  const unit = parsed(trimmed);
  if (!("problem" in unit)) return unit;
  const instead = suggestionFor(trimmed, unit.name, (candidate) => !("problem" in parsed(candidate)));
  return { problem: unit.problem, at: unit.at, ...(instead !== undefined && { instead }) };
}

interface Refusal {
  readonly problem: string;
  readonly at: number;
  /** The name that is none, where that is what is wrong. */
  readonly name?: string;
}

function parsed(text: string): Unit | Refusal {
  if (text === "") return one;
  if (text.length > longest) return { problem: `has ${text.length} characters, too many for a unit`, at: longest };
  const reader = { text, at: 0, afterName: false };
  try {
    const unit = shiftedUnit(reader);
    return reader.at < text.length ? unexpected(reader) : unit;
  } catch (error) {
    if (!(error instanceof NotRead)) throw error;
    return error.refusal;
  }
}

/** Leaves the recursion; never leaves this module. */
class NotRead extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.problem);
    this.refusal = refusal;
  }
}

interface Reader {
  readonly text: string;
  at: number;
  /** Right behind a name, where another name would be a part of it. */
  afterName: boolean;
}

const space = "[ \\t\\r\\f\\v]";
const nameEnds = "(?![A-Za-z_])";
// What UDUNITS takes for letters: also the no-break space that stands for an underscore.
const letter =
  "[A-Za-z_\\u00a0\\u00ad\\u00b0\\u00b5\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u00ff\\u0370-\\u03ff\\u2032-\\u2033\\u2100-\\u214f]";

const tokens = {
  shift: new RegExp(`${space}*(?:@|(?:after|from|ref|since)${nameEnds})${space}*`, "iy"),
  divide: new RegExp(`${space}*(?:/|per${nameEnds})${space}*`, "iy"),
  multiply: new RegExp(`[-.*·]|${space}+`, "y"),
  raise: /(?:\^|\*\*)([+-]?\d+)/y,
  superscript: /[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/y,
  integer: /[+-]?\d+/y,
  real: /[+-]?(?:\d+[eE][+-]?\d+|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?)/y,
  level: new RegExp(`(log|lg|ln|lb)${space}*\\(${space}*[Rr][Ee](?::${space})?${space}*`, "y"),
  name: new RegExp(`[%'"]|${letter}(?:(?:${letter}|\\d)*${letter})?`, "y"),
  open: /\(/y,
  close: /\)/y,
} as const;

/** The token at the reader's place, which it passes; `undefined`, unmoved, where there is another. */
function take(reader: Reader, token: RegExp): RegExpExecArray | undefined {
  token.lastIndex = reader.at;
  const found = token.exec(reader.text) ?? undefined;
  if (found) reader.at = token.lastIndex;
  return found;
}

function shiftedUnit(reader: Reader): Unit {
  const unit = productOf(reader);
  const start = reader.at;
  if (!take(reader, tokens.shift)) return unit;
  reader.afterName = false;
  const from = reader.at;
  const isTime = haveSameDimension(unit, second);
  const end = isTime ? lastOfMoment(reader.text, from) : undefined;
  if (end !== undefined) {
    reader.at = end;
    return { ...unit, shift: 0, since: reader.text.slice(from, end).trim() };
  }
  const origin = take(reader, tokens.real) ?? take(reader, tokens.integer);
  if (!origin || (reader.at < reader.text.length && reader.text[reader.at] !== ")"))
    fail({ problem: `"${shown(reader.text.slice(start).trim(), 60)}" is no date and no number`, at: from });
  return shifted(unit, Number(origin[0]));
}

const second = baseUnit(2);

function productOf(reader: Reader): Unit {
  let unit = powerOf(reader);
  for (;;) {
    const at = reader.at;
    if (startsShift(reader)) return unit;
    if (take(reader, tokens.divide)) {
      reader.afterName = false;
      const inverse = meaningful(power(powerOf(reader), -1), at);
      unit = meaningful(product(unit, inverse), at);
    } else if (startsFactor(reader)) {
      unit = meaningful(product(unit, powerOf(reader)), at);
    } else if (take(reader, tokens.multiply)) {
      reader.afterName = false;
      unit = meaningful(product(unit, powerOf(reader)), at);
    } else return unit;
  }
}

const startsShift = (reader: Reader) => follows(reader, tokens.shift);

function follows({ text, at }: Reader, token: RegExp): boolean {
  token.lastIndex = at;
  return token.test(text);
}

/** Whether a factor follows without anything between: `(m)(s)`, `2m`, `m2-3`, but no name and no point behind a name. */
function startsFactor(reader: Reader): boolean {
  const { open, level, real, integer, name } = tokens;
  return (reader.afterName ? [open, level, integer] : [open, level, real, integer, name]).some((token) =>
    follows(reader, token),
  );
}

function powerOf(reader: Reader): Unit {
  const unit = basicOf(reader);
  const at = reader.at;
  const exponent = exponentAt(reader);
  return exponent === undefined ? unit : meaningful(power(unit, exponent), at);
}

function exponentAt(reader: Reader): number | undefined {
  const raised = take(reader, tokens.raise);
  if (raised) return Number(raised[1]);
  const written = take(reader, tokens.superscript);
  // Behind a name a point is a product, elsewhere it makes a real number, and that is a factor.
  const digits =
    written || (!reader.afterName && follows(reader, tokens.real)) ? undefined : take(reader, tokens.integer);
  if (!written && !digits) return undefined;
  reader.afterName = false;
  return digits
    ? Number(digits[0])
    : Number([...written![0]].map((sign) => plain[superscripts.indexOf(sign)]).join(""));
}

const superscripts = "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
const plain = "+-0123456789";

function basicOf(reader: Reader): Unit {
  const at = reader.at;
  const level = take(reader, tokens.level);
  if (level) {
    reader.afterName = false;
    const reference = productOf(reader);
    closed(reader);
    return levelOf(bases[level[1] as keyof typeof bases], reference);
  }
  if (take(reader, tokens.open)) {
    reader.afterName = false;
    const unit = shiftedUnit(reader);
    closed(reader);
    return unit;
  }
  const number = (!reader.afterName && take(reader, tokens.real)) || take(reader, tokens.integer);
  if (number) {
    reader.afterName = false;
    return meaningful(scaled(one, Number(number[0])), at);
  }
  const name = take(reader, tokens.name)?.[0];
  if (name === undefined) return fail(unexpected(reader));
  reader.afterName = true;
  const unit = named(name);
  return unit ?? fail({ problem: `"${shown(name, 60)}" is no unit`, at, name });
}

const bases = { log: 10, lg: 10, ln: Math.E, lb: 2 } as const;

function closed(reader: Reader): void {
  if (!take(reader, tokens.close))
    fail(reader.at < reader.text.length ? unexpected(reader) : { problem: 'lacks a ")"', at: reader.at });
  reader.afterName = false;
}

const known = new Map<string, Unit>();

/** The unit of a name with its prefixes: prefixes that are names may be several, of those that are symbols there is one. */
function named(text: string): Unit | undefined {
  const whole = text.replaceAll("\u00a0", "_");
  let factor = 1;
  let hasSymbol = false;
  for (let rest = whole; rest !== ""; ) {
    const unit = defined(rest);
    const result = unit && scaled(unit, factor);
    if (result) return "problem" in result ? undefined : result;
    const prefix = prefixOf(rest, hasSymbol ? "names" : "all");
    if (!prefix) return undefined;
    hasSymbol ||= prefix.isSymbol;
    factor *= prefix.factor;
    rest = rest.slice(prefix.length);
  }
  return undefined;
}

function defined(name: string): Unit | undefined {
  const definition = definitionOf(name);
  if (definition === undefined) return undefined;
  if (typeof definition === "number") return baseUnit(definition);
  const before = known.get(definition);
  if (before) return before;
  const unit = parsed(definition);
  if ("problem" in unit) throw new Error(`the definition of ${name}, ${definition}: ${unit.problem}`);
  known.set(definition, unit);
  return unit;
}

function unexpected({ text, at }: Reader): Refusal {
  if (at >= text.length) return { problem: "ends where a unit should follow", at };
  const [character = ""] = text.slice(at);
  return { problem: `has "${shown(character)}" where no unit can have it`, at };
}

function meaningful(unit: Unit | Meaningless, at: number): Unit {
  return "problem" in unit ? fail({ problem: unit.problem, at }) : unit;
}

function fail(refusal: Refusal): never {
  throw new NotRead(refusal);
}
