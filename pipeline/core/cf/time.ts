/**
 * Time as CF writes it: a number, "days since 2000-01-01", and a calendar.
 *
 * Arithmetic is exact. A number is taken for precisely the value its bits say, multiplied by its unit in integers, and
 * rounded once, to the microsecond; so `1.75 days` is not 2 days, and nanoseconds of 2024 don't lose their last digits.
 *
 * ```ts
 * const coding = timeCodingOf("days since 2000-01-01", "standard");
 * if (!("problem" in coding)) isoOf(instantAt(1.75, coding)!); // "2000-01-02T18:00:00Z"
 * ```
 *
 * @see https://cfconventions.org/cf-conventions/cf-conventions.html section 4.4
 */
import { type Calendar, type CalendarDate, calendarOf } from "./calendar.ts";

export interface TimeCoding {
  readonly calendar: Calendar;
  /** Nanoseconds of one unit. */
  readonly unit: bigint;
  /** The reference moment, in nanoseconds from 1970-01-01 of the calendar, its zone taken off. */
  readonly since: bigint;
}

/** A moment, or in a calendar without real days a place on its own line of time. */
export interface Instant {
  readonly calendar: Calendar;
  /** Microseconds from 1970-01-01 of the calendar. */
  readonly microseconds: bigint;
}

/**
 * Reads a `units` and a `calendar` attribute. Units are those of cftime 1.6 and, as UDUNITS has them, nanoseconds and weeks.
 *
 * Months are units in `360_day` only and common years in `noleap` only, as in cftime: elsewhere they have no one length.
 * What can't be understood comes back as `problem`, a phrase for a finding.
 */
export function timeCodingOf(units: string, calendarName = "standard"): TimeCoding | { readonly problem: string } {
  const quoted = JSON.stringify(units.slice(0, 80));
  const calendar = calendarOf(calendarName || "standard");
  if (!calendar) return { problem: `calendar ${JSON.stringify(calendarName.slice(0, 40))} is none of CF's` };
  const [, unitName, reference] = /^\s*(\S{1,20})\s+since\s+(\S.{0,80})$/i.exec(units) ?? [];
  if (!unitName || !reference) return { problem: `${quoted} is not "<unit> since <date>"` };
  const unit = unitOf(unitName.toLowerCase(), calendar);
  if (unit === undefined) return { problem: `${quoted} counts in a unit that calendar ${calendar.name} can't convert` };
  const since = referenceOf(reference.trim(), calendar);
  if (since === undefined)
    return { problem: `${quoted} counts from a date that calendar ${calendar.name} doesn't have` };
  return { calendar, unit, since };
}

/** Whether a `units` attribute means a time at all, understood or not. */
export const isTimeUnit = (units: string) => /^\s*\S{1,20}\s+since\s/i.test(units);

/**
 * The moment `value` units after the reference, rounded to the microsecond, ties to even.
 * `undefined` for NaN, infinities and what is more than a million years away.
 */
export function instantAt(value: number | bigint, { calendar, unit, since }: TimeCoding): Instant | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return undefined;
  const { numerator, shift } = typeof value === "bigint" ? { numerator: value, shift: 0n } : binary(value);
  // Everything over 2^shift, so that the sum is exact and the one division is the one rounding.
  const microseconds = divideToEven(numerator * unit + (since << shift), 1000n << shift);
  return microseconds > furthest || microseconds < -furthest ? undefined : { calendar, microseconds };
}

const day = 86_400_000_000n;
const furthest = 365_250_000n * day;

/** Date and time of day by the instant's own calendar; microseconds of the day are at most 86 399 999 999. */
export function dateOf({ calendar, microseconds }: Instant): CalendarDate & { readonly microseconds: number } {
  const days = floorDivide(microseconds, day);
  return { ...calendar.date(Number(days)), microseconds: Number(microseconds - days * day) };
}

/**
 * ISO 8601 in UTC, with as many of six fraction digits as it needs, by the proleptic Gregorian calendar that ISO 8601
 * prescribes, whichever real calendar the instant came in. `undefined` in calendars without real days and outside of
 * years 0 to 9999, for which RFC 3339 has no form.
 */
export function isoOf({ calendar, microseconds }: Instant): string | undefined {
  if (!calendar.real) return undefined;
  const instant = { calendar: calendarOf("proleptic_gregorian")!, microseconds };
  const { year, month, day, microseconds: ofDay } = dateOf(instant);
  if (year < 0 || year > 9999) return undefined;
  const seconds = Math.floor(ofDay / 1e6);
  const fraction = digits(ofDay % 1e6, 6).replace(/0+$/, "");
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => digits(Math.floor(part), 2))
    .join(":");
  return `${date}T${clock}${fraction && `.${fraction}`}Z`;
}

const digits = (value: number, width: number) => String(value).padStart(width, "0");

const second = 1_000_000_000n;
const units: readonly (readonly [names: string, nanoseconds: bigint, onlyIn?: string])[] = [
  ["nanosecond nanoseconds nanosec nanosecs nsec nsecs ns", 1n],
  ["microsecond microseconds microsec microsecs usec usecs us µs", 1_000n],
  ["millisecond milliseconds millisec millisecs msec msecs ms", 1_000_000n],
  ["second seconds sec secs s", second],
  ["minute minutes min mins", 60n * second],
  ["hour hours hr hrs h", 3600n * second],
  ["day days d", 86_400n * second],
  ["week weeks", 604_800n * second],
  ["month months", 30n * 86_400n * second, "360_day"],
  ["common_year common_years", 365n * 86_400n * second, "noleap"],
];

function unitOf(name: string, calendar: Calendar): bigint | undefined {
  const found = units.find(
    ([names, , onlyIn]) => names.split(" ").includes(name) && (onlyIn ?? calendar.name) === calendar.name,
  );
  return found?.[1];
}

/** `1-1-1 00:00:0.0`, `2000-1-1T6Z`, `1992-10-8 15:15:42.5 -6:00`: UDUNITS' dates, which are looser than ISO 8601. */
const written =
  /^([+-]?\d{1,6})-(\d{1,2})-(\d{1,2})(?:(?:T|\s+)(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?)?\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?$/i;

function referenceOf(text: string, calendar: Calendar): bigint | undefined {
  const found = written.exec(text);
  if (!found) return undefined;
  const [, year, month, dayOfMonth, hour = "0", minute = "0", seconds = "0", fraction = "", zone = ""] = found;
  const days = calendar.day({ year: Number(year), month: Number(month), day: Number(dayOfMonth) });
  if (days === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(seconds) > 59) return undefined;
  const [, sign, zoneHour, zoneMinute = "0"] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone) ?? [];
  const east = sign ? Number(`${sign}1`) * (Number(zoneHour) * 60 + Number(zoneMinute)) : 0;
  const minutes = (days * 24 + Number(hour)) * 60 + Number(minute) - east;
  return BigInt(minutes) * 60n * second + BigInt(seconds) * second + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
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
