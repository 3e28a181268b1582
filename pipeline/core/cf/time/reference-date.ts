/**
 * The date from which a time coordinate counts: "days since 2000-1-1 6:00 +01:00".
 *
 * xarray lets pandas read it where the calendar has ISO 8601's days and the date is one that nanoseconds can count, and
 * cftime everywhere else. Both are lenient, and each in its own way: cftime ignores whatever follows the last thing it
 * understands (a zone of one digit, `CET`), and pandas guesses which number of 1/2/2024 is the month and turns the
 * sign of `UTC+01:00` round. What they read is read here; where they guess or ignore, nothing is.
 */
import { shown } from "../../text/shown.ts";
import type { Calendar } from "./calendar.ts";

/** Which of the two xarray can ask about a date, by its unit and calendar: pandas comes first. */
export interface Parsers {
  readonly pandas: boolean;
  readonly cftime: boolean;
}

export interface Reference {
  /** Nanoseconds from 1970-01-01 of the calendar, zone taken off. */
  readonly nanoseconds: bigint;
  /** Present where only pandas reads the date so: for times farther than these nanoseconds from 1970 xarray asks cftime. */
  readonly reach?: bigint;
}

/** The reference, or what is wrong with it: a phrase whose subject is the units. */
export function referenceOf(text: string, calendar: Calendar, parsers: Parsers): Reference | string {
  const inPandas = parsers.pandas ? byPandas(text, calendar) : undefined;
  const inCftime = parsers.cftime
    ? byCftime(text, calendar, parsers.pandas)
    : "counts nanoseconds from a date that xarray can't read, or farther than they reach";
  if (inPandas !== undefined) return { nanoseconds: inPandas, ...(inPandas !== inCftime && { reach: countable }) };
  return typeof inCftime === "string" ? inCftime : { nanoseconds: inCftime };
}

/** A date in pieces, as written; what is absent is the first, or 0. */
type Pieces = Readonly<Partial<Record<"year" | "month" | "day" | "hour" | "minute" | "second", string>>>;

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const monthName = `(?<month>(?:${monthNames.join("|")})[a-z]{0,6})`;
/** Those of pandas' dates that can be read in one way only. */
const dates: readonly RegExp[] = [
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})(?!\d)/,
  /^(?<year>\d{4})([-/.])(?<month>\d{1,2})\2(?<day>\d{1,2})(?!\d)/,
  /^(?<year>\d{4})[-/.](?<month>\d{1,2})$/,
  /^(?<year>\d{4})$/,
  new RegExp(`^(?<day>\\d{1,2})([- ])${monthName}\\2(?<year>\\d{4})(?!\\d)`, "i"),
  new RegExp(`^${monthName} (?<day>\\d{1,2}),? (?<year>\\d{4})(?!\\d)`, "i"),
];
const clock =
  /^(?:(?:T|\s+)(?:(?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2})(?:\.(?<fraction>\d{1,12}))?)?|(?<hour2>\d{2})(?:(?<minute2>\d{2})(?<second2>\d{2})?)?))?(?<zone>.*)$/i;
const zoneOffset = /^(?<sign>[+-])(?:(?<hours>\d{1,2})(?::(?<minutes>[0-5]\d))?|(?<hours2>\d{2})(?<minutes2>[0-5]\d))$/;
/** UTC, in the ways that both mean it. */
const utc = /^(?:Z|(?:UTC|GMT)?\s*(?:[+-]0{1,2}(?::?00)?)?)$/;

function byPandas(text: string, calendar: Calendar): bigint | undefined {
  const date = dates.map((pattern) => pattern.exec(text)).find((found) => found !== null);
  const time = date && clock.exec(text.slice(date[0].length));
  if (!date || !time) return undefined;
  const { year, month = "1", day } = date.groups!;
  const { hour, minute, second, hour2, minute2, second2, fraction = "", zone = "" } = time.groups!;
  const east = minutesEast(zone.trim());
  // Without a time of day before it, pandas may take a zone for that; and after digits in a row it knows no names.
  const digitsInRow = hour === undefined || /^\d+$/.test(date[0]);
  const misplaced = (hour ?? hour2) === undefined ? zone !== "" : digitsInRow && /[a-y]/i.test(zone);
  if (east === undefined || Math.abs(east) >= 24 * 60 || misplaced) return undefined;
  const numbered = monthNames.indexOf(month.slice(0, 3).toLowerCase()) + 1 || month;
  const pieces = {
    year,
    month: String(numbered),
    day,
    hour: hour ?? hour2,
    minute: minute ?? minute2,
    second: second ?? second2,
  } as Pieces;
  const found = nanosecondsOf(pieces, BigInt(fraction.slice(0, 9).padEnd(9, "0")), east, calendar);
  return found !== undefined && found >= -countable && found <= countable ? found : undefined;
}

/** What int64 nanoseconds reach on either side of 1970, less the last day. */
const countable = 2n ** 63n - 86_400_000_000_000n;

function minutesEast(zone: string): number | undefined {
  if (utc.test(zone)) return 0;
  const found = zoneOffset.exec(zone)?.groups;
  if (!found) return undefined;
  const { sign, hours, hours2, minutes, minutes2 } = found;
  return Number(`${sign}1`) * (Number(hours ?? hours2) * 60 + Number(minutes ?? minutes2 ?? 0));
}

/** cftime 1.6's ISO8601_REGEX, to the letter. */
const iso8601 =
  /^(?<year>[+-]?\d+)(?:-(?<month>\d{1,2})(?:-(?<day>\d{1,2})(?:(?:(?<gap>.)(?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2})(?:\.(?<fraction>\d+))?)?)?(?:.?(?<zone>Z|[-+]\d{2}(?::\d{2}|\d{2})?))?)?)?)?/;

/** @param second whether pandas has been asked before, which reads some of what cftime reads, but not as a person would */
function byCftime(text: string, calendar: Calendar, second: boolean): bigint | string {
  const unknown = `counts from a date that calendar ${calendar.name} doesn't have, or that xarray can't read`;
  const found = iso8601.exec(text);
  if (!found) return unknown;
  const { fraction = "0", zone = "", gap, ...pieces } = found.groups!;
  if (pieces.day === undefined) return unknown;
  const rest = text.slice(found[0].length).trim();
  if (!utc.test(rest.toUpperCase())) return `counts from a date of which xarray ignores "${shown(rest, 40)}"`;
  const east = minutesEast(zone);
  if (second && /^\d{1,3}\D/.test(text) && /\d{4}/.test(text))
    return "counts from a year of less than four digits, of which xarray makes one of our time";
  if (gap === "+" || (second && pieces.hour === undefined && east !== 0))
    return "has a zone without a time of day, which xarray takes for the time";
  const microseconds = BigInt(Math.trunc(Number(`0.${fraction.slice(0, 40)}`) * 1e6));
  return (east === undefined ? undefined : nanosecondsOf(pieces, microseconds * 1000n, east, calendar)) ?? unknown;
}

function nanosecondsOf(pieces: Pieces, fraction: bigint, east: number, calendar: Calendar): bigint | undefined {
  const { year, month = "1", day = "1", hour = "0", minute = "0", second = "0" } = pieces;
  const days = calendar.day({ year: Number(year), month: Number(month), day: Number(day) });
  if (days === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const minutes = (days * 24 + Number(hour)) * 60 + Number(minute) - east;
  return (BigInt(minutes) * 60n + BigInt(second)) * 1_000_000_000n + fraction;
}
