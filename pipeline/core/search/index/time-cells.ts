/**
 * Intervals of time as terms: the days, months and years that an interval touches.
 *
 * A document of a few days has a term for each of them, one of some months a term for each month, and both have one for each
 * coarser period they are in. On the finest of its levels a document of months or years is a long one as well (`B`). A query
 * has the periods of one level, and the long documents of the periods above them. Which of them have a day in common with it
 * is known from their details (`extent-detail.ts`).
 */
import { type Cells, exactly } from "./cells.ts";
import { special } from "./words.ts";

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

/** `2024-08-18`, of days since 1970-01-01. */
export const dayText = (day: number) => new Date(day * msPerDay).toISOString().slice(0, 10);

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

const ever = `${special}tever`;
const yearTerm = (year: string) => `${special}ty${year}`;
const longOfYear = (year: string) => `${special}tb${year}`;
/** Of a month, and next to it its days. */
const dateTerm = (date: string) => `${special}t${date}`;
const longOfMonth = (month: string) => `${dateTerm(month)}B`;

/** The terms of a document with this time. */
export function timeTerms({ first, last }: Days): string[] {
  if (last - first < mostDays) {
    const days = Array.from({ length: last - first + 1 }, (_, i) => dayText(first + i));
    const above = (length: number) => [...new Set(days.map((day) => day.slice(0, length)))];
    return [...days.map(dateTerm), ...above(7).map(dateTerm), ...above(4).map(yearTerm)];
  }
  const months = mostMonths * 31 > last - first ? namesOf({ first, last }, 7) : [];
  if (months.length > 0 && months.length <= mostMonths) {
    const years = [...new Set(months.map((name) => name.slice(0, 4)))];
    return [...months.flatMap((month) => [dateTerm(month), longOfMonth(month)]), ...years.map(yearTerm)];
  }
  const years = yearsOf({ first, last });
  if (years.to - years.from >= mostYears) return [ever];
  return namesOf({ first, last }, 4).flatMap((year) => [yearTerm(year), longOfYear(year)]);
}

/** Days and months of a query; a longer one has months, or years. */
const mostAsked = { days: 16, months: 8 } as const;

/** The cells that have every document with a day in common with `days`. */
export function timeCells(days: Days): Cells {
  const years = yearsOf(days);
  const range = (term: (year: string) => string) => ({ from: term(four(years.from)), to: term(four(years.to)) });
  const months = days.last - days.first < mostAsked.months * 31 ? namesOf(days, 7) : [];
  if (months.length === 0 || months.length > mostAsked.months)
    return { cells: [exactly(ever), range(yearTerm)], coarseness: 2 };
  const long = [exactly(ever), range(longOfYear)];
  if (days.last - days.first >= mostAsked.days)
    return { cells: [...long, ...months.map((month) => exactly(dateTerm(month)))], coarseness: 1 };
  const [first, last] = [dayText(days.first), dayText(days.last)];
  const ofMonths = months.map((month) => ({
    ...exactly(dateTerm(month)),
    parts: [
      exactly(longOfMonth(month)),
      {
        from: dateTerm(first.startsWith(month) ? first : `${month}-01`),
        to: dateTerm(last.startsWith(month) ? last : `${month}-31`),
      },
    ],
  }));
  return { cells: [...long, ...ofMonths], coarseness: 0 };
}

/** The term of all documents of a year. */
export const wholeYear = (year: string) => exactly(yearTerm(year));

/** The cell whose documents this is a part of, where it has a list of its own only if those are many. */
export function timeAbove(term: string): string | undefined {
  return /^t\d{4}-\d\d(?:-\d\d|B)$/.test(term.slice(1)) ? term.slice(0, 9) : undefined;
}

const four = (year: number) => String(year).padStart(4, "0");
const yearsOf = ({ first, last }: Days) => ({
  from: Number(dayText(first).slice(0, 4)),
  to: Number(dayText(last).slice(0, 4)),
});

/** `2024-08` or `2024`: the months (`length` 7) or years (4) that an interval touches. */
function namesOf({ first, last }: Days, length: 7 | 4): string[] {
  const found: string[] = [];
  for (let day = first; day <= last; ) {
    const name = dayText(day).slice(0, length);
    found.push(name);
    const period = daysOf(name, name);
    if (!period) break;
    day = period.last + 1;
  }
  return found;
}
