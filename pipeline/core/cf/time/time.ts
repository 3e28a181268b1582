/**
 * Time as CF writes it: a number, "days since 2000-01-01", and a calendar.
 *
 * Arithmetic is exact. A number is taken for precisely the value of its bits, multiplied by its unit in integers, and
 * rounded once, to the microsecond; so `1.75 days` is not 2 days, and nanoseconds of 2024 don't lose their last digits.
 *
 * ```ts
 * const coding = timeCodingOf("days since 2000-01-01", "standard");
 * if (!("problem" in coding)) isoOf(instantAt(1.75, coding)!); // "2000-01-02T18:00:00Z"
 * ```
 *
 * @see https://cfconventions.org/cf-conventions/cf-conventions.html section 4.4
 */

import { daysIn } from "../../dataset/instant.ts";
import { shown } from "../../text/shown.ts";
import { type Calendar, type CalendarDate, calendarOf } from "./calendar.ts";
import { type Parsers, referenceOf } from "./reference-date.ts";

export interface TimeCoding {
  readonly calendar: Calendar;
  /** Nanoseconds of one unit. */
  readonly unit: bigint;
  /** The reference moment, in nanoseconds from 1970-01-01 of the calendar, its zone taken off. */
  readonly since: bigint;
  /** Nanoseconds from 1970-01-01 beyond which xarray reads the reference in another way, or not at all. */
  readonly reach?: bigint;
}

/** A moment, or in a calendar without real days a place on its own line of time. */
export interface Instant {
  readonly calendar: Calendar;
  /** Microseconds from 1970-01-01 of the calendar. */
  readonly microseconds: bigint;
}

/**
 * Reads a `units` and a `calendar` attribute as xarray 2026.9 does, which asks pandas first and then cftime 1.6.
 *
 * Months are units in `360_day` only and common years in `noleap` only: elsewhere they have no one length. What xarray
 * refuses, or takes only because it ignores a part of the text, comes back as `problem`, a phrase for a finding.
 */
export function timeCodingOf(units: string, calendarName = "standard"): TimeCoding | { readonly problem: string } {
  const quoted = `"${shown(units, 80)}"`;
  const calendar = calendarOf(calendarName);
  if (!calendar) return { problem: `calendar "${shown(calendarName, 40)}" is none that xarray reads` };
  const [, unitName, word, reference] = /^\s*(\S{1,20})\s+(since)\s+(\S.{0,80})$/i.exec(units) ?? [];
  if (!unitName || !reference) return { problem: `${quoted} is not "<unit> since <date>"` };
  if (word !== "since") return { problem: `${quoted} is no time to xarray, which wants "since" in lower case` };
  const unit = unitOf(unitName.toLowerCase(), calendar);
  if (!unit) return { problem: `${quoted} counts in a unit that xarray can't convert in calendar ${calendar.name}` };
  // pandas parses both sides of " since ", and a tab is no blank.
  const pandas = unit.pandas && units.includes(" since ");
  const found = referenceOf(reference.trim(), calendar, { ...unit, pandas });
  if (typeof found === "string") return { problem: `${quoted} ${found}` };
  const { nanoseconds: since, reach } = found;
  return { calendar, unit: unit.nanoseconds, since, ...(reach !== undefined && { reach }) };
}

/** Whether a `units` attribute means a time at all, understood or not. */
export const isTimeUnit = (units: string) => /^\s*\S{1,20}\s+since\s/i.test(units);

/** How datetime64 counts: its step and unit, from 1970-01-01. `undefined` for units whose length varies or that xarray refuses. */
export function datetime64CodingOf(unit: string, step: string): TimeCoding | undefined {
  const nanoseconds = step === "" || step === "1" ? numpyUnits.get(unit) : undefined;
  return nanoseconds === undefined
    ? undefined
    : { calendar: calendarOf("proleptic_gregorian")!, unit: nanoseconds, since: 0n };
}

/**
 * The moment `value` units after the reference, rounded to the microsecond, ties to even.
 * `undefined` for NaN, infinities and what is beyond the coding's reach, or more than a million years away.
 */
export function instantAt(
  value: number | bigint,
  { calendar, unit, since, reach = furthest * 1000n }: TimeCoding,
): Instant | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return undefined;
  const { numerator, shift } = typeof value === "bigint" ? { numerator: value, shift: 0n } : binary(value);
  // Everything over 2^shift, so that the sum is exact and the one division is the one rounding.
  const microseconds = divideToEven(numerator * unit + (since << shift), 1000n << shift);
  const most = reach / 1000n;
  return microseconds > most || microseconds < -most ? undefined : { calendar, microseconds };
}

const day = 86_400_000_000n;
const furthest = 365_250_000n * day;

/** Date and time of day by the instant's own calendar; microseconds of the day are at most 86 399 999 999. */
export function dateOf({ calendar, microseconds }: Instant): CalendarDate & { readonly microseconds: number } {
  const days = floorDivide(microseconds, day);
  return { ...calendar.date(Number(days)), microseconds: Number(microseconds - days * day) };
}

/**
 * The date and time that the instant's own calendar gives it, in the form of RFC 3339, with as many of six fraction
 * digits as it needs. A day that ISO 8601 doesn't have (February 30 of `360_day`) is the last one of its month.
 * `undefined` outside of years 0 to 9999, for which RFC 3339 has no form.
 */
export function isoOf(instant: Instant): string | undefined {
  const { year, month, day, microseconds } = dateOf(instant);
  if (year < 0 || year > 9999) return undefined;
  const seconds = Math.floor(microseconds / 1e6);
  const fraction = digits(microseconds % 1e6, 6).replace(/0+$/, "");
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(Math.min(day, daysIn(year, month)), 2)}`;
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => digits(Math.floor(part), 2))
    .join(":");
  return `${date}T${clock}${fraction && `.${fraction}`}Z`;
}

/** Whether {@link isoOf} gives the moment that ISO 8601 means, and not only the label of another calendar. */
export function isIsoDate({ calendar: { isoFrom }, microseconds }: Instant): boolean {
  return isoFrom !== undefined && Number(floorDivide(microseconds, day)) >= isoFrom;
}

const digits = (value: number, width: number) => String(value).padStart(width, "0");

const second = 1_000_000_000n;

/** What pandas takes, singular or plural; the only names for nanoseconds. */
const pandasUnits: ReadonlyMap<string, bigint> = new Map([
  ["nanosecond", 1n],
  ["microsecond", 1_000n],
  ["millisecond", 1_000_000n],
  ["second", second],
  ["minute", 60n * second],
  ["hour", 3600n * second],
  ["day", 86_400n * second],
]);

/** What cftime takes; it knows no weeks. */
const cftimeUnits: readonly (readonly [names: string, nanoseconds: bigint, onlyIn?: string])[] = [
  ["microsecond microseconds microsec microsecs", 1_000n],
  ["millisecond milliseconds millisec millisecs msec msecs ms", 1_000_000n],
  ["second seconds sec secs s", second],
  ["minute minutes min mins", 60n * second],
  ["hour hours hr hrs h", 3600n * second],
  ["day days d", 86_400n * second],
  ["month months", 30n * 86_400n * second, "360_day"],
  ["common_year common_years", 365n * 86_400n * second, "noleap"],
];

const numpyUnits: ReadonlyMap<string, bigint> = new Map([
  ["W", 7n * 86_400n * second],
  ["D", 86_400n * second],
  ["h", 3600n * second],
  ["m", 60n * second],
  ["s", second],
  ["ms", 1_000_000n],
  ["us", 1_000n],
  ["ns", 1n],
]);

interface Unit extends Parsers {
  readonly nanoseconds: bigint;
}

function unitOf(name: string, calendar: Calendar): Unit | undefined {
  const inPandas = calendar.isoFrom !== undefined ? pandasUnits.get(name.replace(/s$/, "")) : undefined;
  const inCftime = cftimeUnits.find(
    ([names, , onlyIn]) => names.split(" ").includes(name) && (onlyIn ?? calendar.name) === calendar.name,
  );
  const nanoseconds = inPandas ?? inCftime?.[1];
  return nanoseconds === undefined
    ? undefined
    : { nanoseconds, pandas: inPandas !== undefined, cftime: inCftime !== undefined };
}

/** A finite float64 as the fraction it is: numerator / 2^shift. */
function binary(value: number): { numerator: bigint; shift: bigint } {
  let shift = 0;
  let scaled = value;
  // Doubling is exact, and 1074 doublings make any float64 whole.
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return { numerator: BigInt(scaled), shift: BigInt(shift) };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

function divideToEven(a: bigint, b: bigint): bigint {
  const floor = floorDivide(a, b);
  const twice = 2n * (a - floor * b);
  return twice > b || (twice === b && (floor & 1n) === 1n) ? floor + 1n : floor;
}
