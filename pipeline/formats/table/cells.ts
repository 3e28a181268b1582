/** What the text in a cell of a table is: a number, a date, a time of day, nothing, or text. */
import { daysIn, instantOf } from "../../core/dataset/instant.ts";

/** What pandas reads as missing, and the dashes and asterisks that people and instruments write. */
const missingTexts = new Set([
  ...["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"],
  ...[
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
    "NAN",
    "NaT",
    "-",
    "--",
    "---",
    "*",
    "**",
    "***",
    "****",
    "/",
    "//",
    "///",
  ],
]);

/** `text` without blanks around it. */
export const isMissing = (text: string) => text.length <= 8 && missingTexts.has(text);

const infinities: ReadonlyMap<string, number> = new Map(
  ["inf", "Inf", "infinity", "Infinity"].flatMap((word) => [
    [word, Number.POSITIVE_INFINITY] as const,
    [`+${word}`, Number.POSITIVE_INFINITY] as const,
    [`-${word}`, Number.NEGATIVE_INFINITY] as const,
  ]),
);

/** Characters. Longer texts are no numbers. */
const longestNumber = 400;

/** The number that `text` is, in decimal digits; with `comma`, a comma may stand for the decimal point. */
export function numberOf(text: string, comma: boolean): number | undefined {
  if (!mayBeNumber(text.charCodeAt(0))) return infinities.get(text);
  // Hexadecimal, octal and binary digits, which JavaScript reads but tables don't have.
  if (text.length > longestNumber || /^0[xXoObB]/.test(text)) return undefined;
  const written = comma && text.includes(",") && !text.includes(".") ? text.replace(",", ".") : text;
  const value = Number(written);
  return Number.isNaN(value) ? infinities.get(text) : value;
}

/** A digit, a sign or a point. */
const mayBeNumber = (code: number) => (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e;

export const isWrittenAsInteger = (text: string) => !/[.,eEfI]/.test(text);

/** A moment, in microseconds from 1970-01-01T00:00:00Z. */
export interface Moment {
  readonly microseconds: bigint;
  /** False where only a day was written. */
  readonly hasTime: boolean;
}

/**
 * The moment that `text` is: as ISO 8601 has it, with `/` in place of `-`, or with day, month and year between points
 * (`11.08.2024 10:00`). Months and days between slashes are in either order, and so are no date.
 */
export function momentOf(text: string): Moment | undefined {
  const code = text.charCodeAt(0);
  if (!(code >= 0x30 && code <= 0x39) || text.length < 8 || text.length > 40) return undefined;
  const plain = plainMoment(text);
  if (plain) return plain;
  const instant = instantOf(isoLike(text));
  if (!instant) return undefined;
  const { iso, hasTime } = instant;
  const fraction = iso.slice(20, -1).padEnd(6, "0");
  return { microseconds: BigInt(Date.parse(`${iso.slice(0, 19)}Z`)) * 1000n + BigInt(fraction), hasTime };
}

/** `2024-08-11`, `2024-08-11T10:00:05.25Z`: as most files have them, by the million, for which patterns are slow. */
function plainMoment(text: string): Moment | undefined {
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  if (
    !(
      year >= 0 &&
      day > 0 &&
      month > 0 &&
      month <= 12 &&
      text[4] === "-" &&
      text[7] === "-" &&
      day <= daysIn(year, month)
    )
  )
    return undefined;
  const days = BigInt(daysFromEpoch(year, month, day)) * microsecondsOf(24, 0, 0);
  if (text.length === 10) return { microseconds: days, hasTime: false };
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const isClock = hour < 24 && minute < 60 && second < 60 && text[13] === ":" && text[16] === ":";
  const rest = text.endsWith("Z") ? text.length - 1 : text.length;
  const fraction =
    rest === 19 ? 0 : text[19] === "." && rest <= 26 ? digits(text, 20, rest) / 10 ** (rest - 20) : Number.NaN;
  if (!isClock || !(fraction >= 0) || (text[10] !== "T" && text[10] !== " ")) return undefined;
  return { microseconds: days + microsecondsOf(hour, minute, second + fraction), hasTime: true };
}

/** The number that the characters from `from` to `to` are; NaN where one is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** `setUTCFullYear`, because `Date.UTC` takes years before 100 for those of the last century. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const date = new Date(0);
  return date.setUTCFullYear(year, month - 1, day) / 86_400_000;
}

function isoLike(text: string): string {
  if (text[4] === "/") return text.replaceAll("/", "-");
  const [, day, month, year, rest] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)$/.exec(text) ?? [];
  return year ? `${year}-${month}-${day}${rest}` : text;
}

/** Days and months between slashes, or points with two digits of the year: either may come first. */
export const isAmbiguousDate = (text: string) => /^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}(?!\d)/.test(text);

/** Microseconds from midnight that a time of day (`10:00`, `10:00:05.25`) is. */
export function timeOfDayOf(text: string): bigint | undefined {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:Z|UTC)?$/i.exec(text);
  const [, hour, minute, second = "0", fraction = ""] = found ?? [];
  if (!hour || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return microsecondsOf(Number(hour), Number(minute), Number(second)) + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

export function microsecondsOf(hours: number, minutes: number, seconds: number): bigint {
  return BigInt((hours * 60 + minutes) * 60) * 1_000_000n + BigInt(Math.round(seconds * 1e6));
}
