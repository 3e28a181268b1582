/**
 * Intervals of time as terms: days, months and years that an interval touches.
 *
 * A document of a few days has a term for each of them, and one for each month and year they are in (`A`). A longer one has
 * a term for each month, or each year, that it covers (`F`) or touches (`P`). A query reads whole years and months by one term
 * each. Lists of `P` terms tell for each document from which to which day of the period it is.
 */
import { special, type Terms } from "./words.ts";

// The days of a month are next to it in the order of terms, so that a query for a day reads few leaves.

/** Days since 1970-01-01, inclusive. */
export interface Days {
  readonly first: number;
  readonly last: number;
}

/** Days that are terms of their own; a longer interval has months. */
const mostDays = 4;
const mostMonths = 6;
const mostYears = 12;

const msPerDay = 86_400_000;

const text = (day: number) => new Date(day * msPerDay).toISOString().slice(0, 10);

/** The days of two instants, or of a part of a date (`2024`, `2024-08`) given twice; `undefined` where there are none. */
export function daysOf(start: string, end: string): Days | undefined {
  const [first, last] = [dayOf(start, "first"), dayOf(end, "last")];
  return first === undefined || last === undefined || first > last ? undefined : { first, last };
}

function dayOf(date: string, which: "first" | "last"): number | undefined {
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T|$)/.exec(date) ?? [];
  if (year === undefined) return undefined;
  const m = Number(month ?? (which === "first" ? 1 : 12));
  const at = new Date(0);
  at.setUTCFullYear(
    Number(year),
    day === undefined && which === "last" ? m : m - 1,
    day === undefined ? (which === "first" ? 1 : 0) : Number(day),
  );
  const wrong = m < 1 || m > 12 || (day !== undefined && at.getUTCDate() !== Number(day));
  return wrong ? undefined : at.getTime() / msPerDay;
}

/** The terms of a document with this time. */
export function timeTerms({ first, last }: Days): string[] {
  if (last - first < mostDays) {
    const days = Array.from({ length: last - first + 1 }, (_, i) => text(first + i));
    const above = (length: number) => [...new Set(days.map((day) => day.slice(0, length)))];
    return [
      ...days.map((day) => `${special}m${day}`),
      ...above(7).map((month) => `${special}m${month}A`),
      ...above(4).map((year) => `${special}yA${year}`),
    ];
  }
  const months = periods({ first, last }, 7);
  if (months.length <= mostMonths) {
    const years = [...new Set(months.map(({ name }) => name.slice(0, 4)))];
    return [
      ...months.map((month) => `${special}m${month.name}${kindOf(month)}`),
      ...years.map((year) => `${special}yA${year}`),
    ];
  }
  const years = periods({ first, last }, 4);
  return years.length <= mostYears ? years.map((year) => `${special}y${kindOf(year)}${year.name}`) : [`${special}ever`];
}

const kindOf = ({ covered }: Period) => (covered ? "F" : "P");

/** The terms that find every document with a day in common with `days`. */
export function timeLookups(days: Days): Terms[] {
  const years = periods(days, 4);
  const lookups: Terms[] = [one(`${special}ever`, false)];
  const inner = years.filter(({ covered }) => covered);
  lookups.push(...yearRanges(inner));
  for (const year of years.filter(({ covered }) => !covered)) {
    lookups.push(one(`${special}yF${year.name}`, true), partially(year.name, days));
    const months = periods(overlap(days, year), 7);
    for (const { name } of months.filter(({ covered }) => covered)) {
      lookups.push(...["A", "F", "P"].map((kind) => one(`${special}m${name}${kind}`, true)));
    }
    for (const month of months.filter(({ covered }) => !covered)) {
      const { first, last } = overlap(days, month);
      lookups.push(one(`${special}m${month.name}F`, true), partially(month.name, days));
      lookups.push({ from: `${special}m${text(first)}`, to: `${special}m${text(last)}`, certain: true });
    }
  }
  return lookups;
}

const one = (term: string, certain: boolean): Terms => ({ from: term, to: term, certain });

/** Days of a year are told in steps of so many, to fit in a byte. */
const stepOf = (name: string) => (name.length === 4 ? 2 : 1);

/** From which to which day of the period of a `P` term a document is, in steps from its first day. */
export function timeDetail(term: string, days: Days): Uint8Array {
  const name = term[1] === "m" ? term.slice(2, -1) : term.slice(3);
  const { first, last } = daysOf(name, name)!;
  const step = stepOf(name);
  return Uint8Array.of(
    Math.floor((Math.max(first, days.first) - first) / step),
    Math.floor((Math.min(last, days.last) - first) / step),
  );
}

/** Whether a document with this detail has a day in common with `asked`. */
function partially(name: string, asked: Days): Terms {
  const { first } = daysOf(name, name)!;
  const step = stepOf(name);
  return {
    ...one(name.length === 4 ? `${special}yP${name}` : `${special}m${name}P`, false),
    compare: (_, [from = 0, to = 0]) => {
      const [earliest, latest] = [first + from * step, first + to * step + step - 1];
      if (earliest > asked.last || latest < asked.first) return false;
      return earliest + step - 1 <= asked.last && latest - step + 1 >= asked.first ? true : undefined;
    },
  };
}

/** `inner`: years in a row. */
function yearRanges(inner: readonly Period[]): Terms[] {
  const [from, to] = [inner[0], inner.at(-1)];
  if (!from || !to) return [];
  return ["A", "F", "P"].map((kind) => ({
    from: `${special}y${kind}${from.name}`,
    to: `${special}y${kind}${to.name}`,
    certain: true,
  }));
}

interface Period extends Days {
  /** `2024-08` or `2024`. */
  readonly name: string;
  /** Whether the interval has all of its days. */
  readonly covered: boolean;
}

/** The months (`length` 7) or years (4) that an interval touches. */
function periods({ first, last }: Days, length: 7 | 4): Period[] {
  const found: Period[] = [];
  for (let day = first; day <= last; ) {
    const name = text(day).slice(0, length);
    const whole = daysOf(name, name)!;
    found.push({ name, ...whole, covered: whole.first >= first && whole.last <= last });
    day = whole.last + 1;
  }
  return found;
}

const overlap = (a: Days, b: Days): Days => ({ first: Math.max(a.first, b.first), last: Math.min(a.last, b.last) });
