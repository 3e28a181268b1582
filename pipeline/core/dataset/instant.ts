/**
 * Dates as people write them in attributes, as RFC 3339 in UTC.
 *
 * For texts only; numbers with units and calendars are `core/cf`'s.
 */

const written =
  /^(\d{4})(?:-(\d{1,2})-(\d{1,2})|(\d{2})(\d{2}))(?:(?:T|\s+)(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,12}))?)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i;

export interface Instant {
  /** RFC 3339 with `Z`, at most six fraction digits, none that is a trailing zero. */
  readonly iso: string;
  /** False where only a day was written; the instant is then its midnight, as YAML 1.1 has it. */
  readonly hasTime: boolean;
}

/**
 * `2024-08-11`, `2024-08-11 10:00`, `20240811T100000Z`, `2024-8-1T10:00:00.5+02:00`. Without a zone it is UTC.
 * `undefined` for anything else, and for days and hours that don't exist.
 */
export function instantOf(text: string): Instant | undefined {
  const found = written.exec(text.trim().slice(0, 100));
  if (!found) return undefined;
  const [, year, m, d, mm, dd, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = found;
  const [month, day] = [Number(m ?? mm), Number(d ?? dd)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(Number(year), month)) return undefined;
  // ISO 8601 lets a day end at 24:00, which is where the next begins.
  const isEndOfDay = Number(hour) === 24 && Number(minute) + Number(second) + Number(fraction) === 0;
  if ((Number(hour) > 23 && !isEndOfDay) || Number(minute) > 59 || Number(second) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month - 1, day);
  date.setUTCHours(Number(hour), Number(minute) - offsetOf(zone), Number(second));
  if (date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) return undefined;
  const digits = fraction.slice(0, 6).replace(/0+$/, "");
  return { iso: `${date.toISOString().slice(0, 19)}${digits && `.${digits}`}Z`, hasTime: found[6] !== undefined };
}

/** First and last second of the month or year that `2024-08` or `2024` names; `undefined` for anything else. */
export function periodOf(text: string): { readonly start: string; readonly end: string } | undefined {
  const [, year = "", month] = /^(\d{4})(?:-(\d{2}))?$/.exec(text.trim()) ?? [];
  if (year === "" || (month !== undefined && !(Number(month) >= 1 && Number(month) <= 12))) return undefined;
  const last = month ?? "12";
  const day = daysIn(Number(year), Number(last));
  return { start: `${year}-${month ?? "01"}-01T00:00:00Z`, end: `${year}-${last}-${day}T23:59:59Z` };
}

const number = "(\\d{1,9}(?:[.,]\\d{1,9})?)";
const duration = new RegExp(
  `^P(?:(\\d{1,4})Y)?(?:(\\d{1,5})M)?(?:${number}W)?(?:${number}D)?(?:T(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
  "i",
);

/** The instant an ISO 8601 duration (`P1Y2M10DT2H30M`) after `iso`, or before it; `undefined` where it is none. To the ms. */
export function shifted(iso: string, by: string, direction: 1 | -1): string | undefined {
  const found = duration.exec(by.trim());
  if (!found?.slice(1).some((part) => part !== undefined)) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = found
    .slice(1)
    .map((part) => direction * Number((part ?? "0").replace(",", "."))) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const from = new Date(iso);
  const month = from.getUTCFullYear() * 12 + from.getUTCMonth() + years * 12 + months;
  const [year, ofYear] = [Math.floor(month / 12), ((month % 12) + 12) % 12];
  if (year < 0 || year > 9999) return undefined;
  // A month after January 31 is the last day of February.
  from.setUTCFullYear(year, ofYear, Math.min(from.getUTCDate(), daysIn(year, ofYear + 1)));
  const at = new Date(from.getTime() + (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000);
  if (!(at.getUTCFullYear() >= 0 && at.getUTCFullYear() <= 9999)) return undefined;
  return at.toISOString().replace(/\.?0*Z$/, "Z");
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (!found) return 0;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3] ?? 0));
}

/** Used for a time without beginning or end, because readers of the published files accept instants only. */
export const sinceEver = "0001-01-01T00:00:00Z";
export const untilEver = "9999-12-31T23:59:59Z";

const published = /^(\d{4})-(0[1-9]|1[0-2])-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/;

/** Whether `text` is an instant in the form we publish. */
export function isInstant(text: string): boolean {
  const found = published.exec(text);
  if (!found) return false;
  const day = Number(found[3]);
  return day > 0 && day <= daysIn(Number(found[1]), Number(found[2]));
}

/** Days in a month (from 1), in the proleptic Gregorian calendar. */
export function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Order of two published instants, for `Array.sort`. Without the `Z`, code units are in time's order. */

export function compareInstants(a: string, b: string): number {
  const [left, right] = [a.slice(0, -1), b.slice(0, -1)];
  return left < right ? -1 : left > right ? 1 : 0;
}
