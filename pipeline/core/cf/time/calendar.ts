/**
 * The calendars of CF (Conventions 1.12, section 4.4.1) that xarray reads, as arithmetic on day numbers.
 *
 * A day number counts days from 1970-01-01. The calendars of the real world give the same days different names, so
 * there a day number is also a moment; in the others (`360_day`, `noleap`, `all_leap`) it only orders the days of a
 * model's world, from that world's own 1970-01-01.
 *
 * ```ts
 * const julian = calendarOf("julian")!;
 * julian.day({ year: 1582, month: 10, day: 5 }); // -141427, the day the Gregorian calendar calls 1582-10-15
 * julian.date(-141427); // { year: 1582, month: 10, day: 5 }
 * ```
 */
export interface Calendar {
  /** CF's name, synonyms folded: `gregorian` is `standard`, `365_day` is `noleap`. */
  readonly name: string;
  /** First day number from which its dates are those of ISO 8601; absent where that is never certain. */
  readonly isoFrom?: number;
  /** Day number; `undefined` for a date this calendar does not have. */
  day(date: CalendarDate): number | undefined;
  date(dayNumber: number): CalendarDate;
}

export interface CalendarDate {
  /** As the calendar counts them: `standard` and `julian` have no year 0, so -1 comes before 1 (CF 4.4.1). */
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The calendar of that name or synonym in any case; `undefined` for one that xarray doesn't read (`utc`, `tai`, `none`). */
export function calendarOf(name: string): Calendar | undefined {
  return calendars.get(name.toLowerCase());
}

/** Days and dates by astronomical years: year 0 is there, and nothing is asked about gaps. */
interface Counting {
  day(date: CalendarDate): number;
  date(dayNumber: number): CalendarDate;
}

// In both, a year begins in March, so that the leap day is its last and months follow one formula:
// https://howardhinnant.github.io/date_algorithms.html
const gregorianEpoch = 719_468;
const julianEpoch = 719_470;

const gregorianCounting: Counting = {
  day(date) {
    const year = marchYear(date);
    const cycle = Math.floor(year / 400);
    const yearOfCycle = year - cycle * 400;
    const leapDays = Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100);
    return cycle * 146_097 + yearOfCycle * 365 + leapDays + dayOfMarchYear(date) - gregorianEpoch;
  },
  date(dayNumber) {
    const cycle = Math.floor((dayNumber + gregorianEpoch) / 146_097);
    const day = dayNumber + gregorianEpoch - cycle * 146_097;
    const leapDays = Math.floor(day / 1460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
    const year = Math.floor((day - leapDays) / 365);
    return fromMarch(cycle * 400 + year, day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100)));
  },
};

const julianCounting: Counting = {
  day(date) {
    const year = marchYear(date);
    return year * 365 + Math.floor(year / 4) + dayOfMarchYear(date) - julianEpoch;
  },
  date(dayNumber) {
    const cycle = Math.floor((dayNumber + julianEpoch) / 1461);
    const day = dayNumber + julianEpoch - cycle * 1461;
    const year = Math.floor((day - Math.floor(day / 1460)) / 365);
    return fromMarch(cycle * 4 + year, day - 365 * year);
  },
};

const marchYear = ({ year, month }: CalendarDate) => (month <= 2 ? year - 1 : year);
const dayOfMarchYear = ({ month, day }: CalendarDate) =>
  Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;

function fromMarch(year: number, dayOfYear: number): CalendarDate {
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: month <= 2 ? year + 1 : year,
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

/** Every year has the same months. */
function unchanging(monthLengths: readonly number[]): Counting {
  const before = monthLengths.map((_, month) => monthLengths.slice(0, month).reduce((sum, days) => sum + days, 0));
  const yearLength = before.at(-1)! + monthLengths.at(-1)!;
  const epoch = 1970 * yearLength;
  return {
    day: ({ year, month, day }) => year * yearLength + before[month - 1]! + day - 1 - epoch,
    date(dayNumber) {
      const year = Math.floor((dayNumber + epoch) / yearLength);
      const dayOfYear = dayNumber + epoch - year * yearLength;
      const month = before.findLastIndex((days) => days <= dayOfYear) + 1;
      return { year, month, day: dayOfYear - before[month - 1]! + 1 };
    },
  };
}

/** 1582-10-15, the first day of the Gregorian calendar; the day before it was 1582-10-04 in the Julian. */
const reform = gregorianCounting.day({ year: 1582, month: 10, day: 15 });

/** Julian before the reform, Gregorian since. The days between don't exist. */
const mixedCounting: Counting = {
  day(date) {
    const asGregorian = gregorianCounting.day(date);
    return asGregorian >= reform ? asGregorian : julianCounting.day(date);
  },
  date: (dayNumber) => (dayNumber >= reform ? gregorianCounting : julianCounting).date(dayNumber),
};

interface Traits {
  readonly isoFrom?: number;
  readonly yearZero?: boolean;
}

function calendar(name: string, counting: Counting, { isoFrom, yearZero = true }: Traits = {}): Calendar {
  const date = (dayNumber: number): CalendarDate => {
    const found = counting.date(dayNumber);
    return yearZero || found.year > 0 ? found : { ...found, year: found.year - 1 };
  };
  return {
    name,
    ...(isoFrom !== undefined && { isoFrom }),
    date,
    day(asked) {
      if (!yearZero && asked.year === 0) return undefined;
      if (asked.month < 1 || asked.month > 12 || asked.day < 1 || asked.day > 31) return undefined;
      const found = counting.day(yearZero || asked.year > 0 ? asked : { ...asked, year: asked.year + 1 });
      // A date that comes back as another was none: February 30, or a day the reform left out.
      const { month, day } = date(found);
      return month === asked.month && day === asked.day ? found : undefined;
    },
  };
}

const months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const standard = calendar("standard", mixedCounting, { isoFrom: reform, yearZero: false });
const noleap = calendar("noleap", unchanging(months));
const allLeap = calendar("all_leap", unchanging(months.with(1, 29)));

const calendars: ReadonlyMap<string, Calendar> = new Map([
  ["standard", standard],
  ["gregorian", standard],
  ["proleptic_gregorian", calendar("proleptic_gregorian", gregorianCounting, { isoFrom: Number.NEGATIVE_INFINITY })],
  ["julian", calendar("julian", julianCounting, { yearZero: false })],
  ["noleap", noleap],
  ["365_day", noleap],
  ["all_leap", allLeap],
  ["366_day", allLeap],
  ["360_day", calendar("360_day", unchanging(months.map(() => 30)))],
]);
