import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { calendarOf } from "../../../../pipeline/core/cf/time/calendar.ts";
import {
  dateOf,
  instantAt,
  isIsoDate,
  isoOf,
  type TimeCoding,
  timeCodingOf,
} from "../../../../pipeline/core/cf/time/time.ts";
import { daysIn } from "../../../../pipeline/core/dataset/instant.ts";
import { python, runPython } from "../../../servers/python.ts";

function coding(units: string, calendar?: string): TimeCoding {
  const read = timeCodingOf(units, calendar);
  if ("problem" in read) throw new Error(read.problem);
  return read;
}

const iso = (value: number | bigint, units: string, calendar?: string) =>
  isoOf(instantAt(value, coding(units, calendar))!);

it.each([
  [1.75, "days since 2000-01-01", "2000-01-02T18:00:00Z"],
  [1.75, "day since 2000-01-01", "2000-01-02T18:00:00Z"],
  [0, "seconds since 1-1-1 00:00:0.0", "0001-01-01T00:00:00Z"],
  [0, "h since 2000-1-1T6:00Z", "2000-01-01T06:00:00Z"],
  [1723378245.1, "seconds since 1970-01-01", "2024-08-11T12:10:45.1Z"],
  [0.5, "microsecs since 1970-01-01", "1970-01-01T00:00:00Z"],
  [1723378245123456789n, "nanoseconds since 1970-01-01", "2024-08-11T12:10:45.123457Z"],
  [0n, "nanoseconds since 2024-08-11 14:33:40.330017024", "2024-08-11T14:33:40.330017Z"],
  [0, "seconds since 1992-10-8 15:15:42.5 -6:00", "1992-10-08T21:15:42.5Z"],
  [0, "Minutes since 2000-01-01 00:00:00 +0530", "1999-12-31T18:30:00Z"],
  [1, "days since 2000-02-28 UTC", "2000-02-29T00:00:00Z"],
  [0, "days since 2024", "2024-01-01T00:00:00Z"],
  [0, "days since 2024-08", "2024-08-01T00:00:00Z"],
  [0, "days since 20240811", "2024-08-11T00:00:00Z"],
  [0, "days since 20240811T060000Z", "2024-08-11T06:00:00Z"],
  [0, "days since 2024/08/11 06:00", "2024-08-11T06:00:00Z"],
  [0, "days since 2024.8.1", "2024-08-01T00:00:00Z"],
  [0, "days since 01-AUG-2024 06:00:00", "2024-08-01T06:00:00Z"],
  [0, "days since August 11, 2024", "2024-08-11T00:00:00Z"],
  [0, "days since 2024-08-11 06", "2024-08-11T06:00:00Z"],
  [0, "days since 2024-08-11 00:00:00 UTC+00:00", "2024-08-11T00:00:00Z"],
  [0, "days since 2024-08-11 00:00:00 -7", "2024-08-11T07:00:00Z"],
  [0, "days\tsince\t2024-08-11", "2024-08-11T00:00:00Z"],
])("reads %s %s as %s", (value, units, expected) => {
  expect(iso(value, units)).toBe(expected);
});

it.each([
  [60, "days since 2024-01-01", "360_day", "2024-03-01T00:00:00Z", false],
  [59.25, "days since 2024-01-01", "360_day", "2024-02-29T06:00:00Z", false],
  [59, "days since 2023-01-01", "all_leap", "2023-02-28T00:00:00Z", false],
  [59, "days since 2024-01-01", "noleap", "2024-03-01T00:00:00Z", false],
  [0, "days since 1900-02-29", "julian", "1900-02-28T00:00:00Z", false],
  [0, "days since 1582-10-04", "standard", "1582-10-04T00:00:00Z", false],
  [1, "days since 1582-10-04", "standard", "1582-10-15T00:00:00Z", true],
  [0, "days since 1582-10-04", "proleptic_gregorian", "1582-10-04T00:00:00Z", true],
])(
  "tells %s %s in %s by that calendar's own date, clamped to one of ISO 8601",
  (value, units, calendar, label, same) => {
    const instant = instantAt(value, coding(units, calendar))!;
    expect([isoOf(instant), isIsoDate(instant)]).toEqual([label, same]);
  },
);

it("has no moment where xarray reads a reference in two ways, depending on the value", () => {
  expect(iso(1, "days since 2024/08/11")).toBe("2024-08-12T00:00:00Z");
  expect(instantAt(100_000, coding("days since 2024/08/11"))).toBeUndefined();
  expect(iso(100_000, "days since 2024-08-11")).toBe("2298-05-27T00:00:00Z");
});

it.each([
  ["months since 2000-01-01", "standard", "unit"],
  ["common_years since 2000-01-01", "standard", "unit"],
  ["fortnights since 2000-01-01", "standard", "unit"],
  ["days since 1582-10-10", "gregorian", "date"],
  ["days since 0000-01-01", "standard", "date"],
  ["days since 2024-08-11T24:00:00Z", "standard", "date"],
  ["days since 1/2/2024", "standard", "date"],
  ["days since 2024", "noleap", "date"],
  ["days since 2024-08-11 00:00:00 CET", "standard", 'ignores "CET"'],
  ["days since 2024-08-11 00:00:00 UTC+01:00", "standard", 'ignores "UTC+01:00"'],
  ["days since 2024-08-11 06", "noleap", 'ignores "06"'],
  ["hours since 1-1-1 00:00:00 +0130", "standard", "less than four digits"],
  ["days since 2024-08-11+14:00", "standard", "zone without a time"],
  ["weeks since 2000-01-01", "standard", "unit"],
  ["ns since 2000-01-01", "standard", "unit"],
  ["nanoseconds since 2000-01-01", "noleap", "unit"],
  ["nanoseconds since 1500-01-01", "standard", "nanoseconds"],
  ["months since 2000-01-01", "noleap", "unit"],
  ["Seconds Since 2000-01-01", "standard", "lower case"],
  ["seconds after 2000-01-01", "standard", "<unit> since <date>"],
  ["days since 2000-01-01", "utc", "calendar"],
  ["days since 2000-01-01", "tai", "calendar"],
  ["days since 2000-01-01", "", "calendar"],
  ["days since 2001-02-29", "noleap", "date"],
  ["days since 2001-13-01", "standard", "date"],
  ["days since 2001-01-01 25:00", "standard", "date"],
  ["days since launch", "standard", "date"],
  ["days", "standard", "<unit> since <date>"],
  ["days since 2000-01-01", "mayan", "calendar"],
  ["days since 2000-01-01", "__proto__", "calendar"],
])("refuses %s in calendar %s because of its %s", (units, calendar, why) => {
  expect(timeCodingOf(units, calendar)).toMatchObject({ problem: expect.stringContaining(why) });
});

it("counts months in 360_day and common years in noleap", () => {
  const months = instantAt(3, coding("months since 2000-01-30", "360_day"))!;
  expect(dateOf(months)).toEqual({ year: 2000, month: 4, day: 30, microseconds: 0 });
  expect(dateOf(instantAt(2, coding("common_years since 1999-03-01", "365_day"))!)).toMatchObject({
    year: 2001,
    month: 3,
  });
});

it("has no moment for NaN, for infinities, and for numbers that are no times", () => {
  const days = coding("days since 2000-01-01");
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, -(2n ** 63n)])
    expect(instantAt(value, days)).toBeUndefined();
});

it("has no ISO form for years that RFC 3339 can't write", () => {
  expect(iso(0, "days since 9999-12-31")).toBe("9999-12-31T00:00:00Z");
  expect(iso(1, "days since 9999-12-31")).toBeUndefined();
});

describe.skipIf(!(await python()))("agrees with cftime", () => {
  const calendars = [
    "standard",
    "gregorian",
    "proleptic_gregorian",
    "julian",
    "noleap",
    "365_day",
    "all_leap",
    "366_day",
    "360_day",
  ];

  it("on the date of 9 000 random times in every unit and calendar, before year 1 too", {
    timeout: 60_000,
  }, async () => {
    const cases = JSON.parse(await runPython(randomTimes, [JSON.stringify(calendars)])) as Case[];
    expect(cases.length).toBeGreaterThan(8000);
    const wrong = cases.filter(({ value, units, calendar, is }) => {
      const instant = instantAt(typeof value === "string" ? BigInt(value) : value, coding(units, calendar))!;
      const { year, month, day, microseconds } = dateOf(instant);
      return [year, month, day, microseconds].join() !== is.join();
    });
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it("on which reference dates exist", { timeout: 60_000 }, async () => {
    const dates = [-4713, -1, 0, 1, 4, 100, 1500, 1582, 1600, 1900, 2000, 2023].flatMap((year) =>
      [1, 2, 10, 12].flatMap((month) => [1, 5, 10, 14, 15, 28, 29, 30, 31].map((day) => [year, month, day] as const)),
    );
    const said = JSON.parse(
      await runPython(existing, [JSON.stringify(calendars), JSON.stringify(dates)]),
    ) as boolean[][];
    const ours = calendars.map((name) =>
      dates.map(([year, month, day]) => calendarOf(name)!.day({ year, month, day }) !== undefined),
    );
    expect(ours).toEqual(said);
  });
});

describe.skipIf(!(await python()))("agrees with xarray", () => {
  it("on 3 000 times whose units are written in every way people have, or refuses them", {
    timeout: 60_000,
  }, async () => {
    const seed = "20240811";
    const script = await readFile(join(import.meta.dirname, "units.py"), "utf8");
    const cases = JSON.parse(await runPython(script, [seed, "3000"])) as Written[];
    const ours = cases.map(({ units, calendar, values }) => {
      const read = timeCodingOf(units, calendar ?? undefined);
      return "problem" in read ? [] : values.map((value) => isoOf(instantAt(value, read) ?? never) ?? "none");
    });
    const wrong = cases.filter(({ dates }, i) => {
      const [first, last] = ours[i]!;
      if (first === undefined || first === "none" || last === "none") return false;
      return (
        !dates || Math.abs(microsecondsApart(first, dates[0])) > 1 || Math.abs(microsecondsApart(last!, dates[1])) > 1
      );
    });
    expect([seed, wrong.slice(0, 5)]).toEqual([seed, []]);
    expect(ours.filter(([first]) => first !== undefined && first !== "none").length).toBeGreaterThan(200);
  });
});

/** Some units, as xarray decodes two values of them in order; no dates where it fails, or takes them for plain numbers. */
interface Written {
  readonly units: string;
  readonly calendar: string | null;
  readonly values: readonly [number, number];
  readonly dates?: readonly [string, string];
}

const never = { calendar: calendarOf("standard")!, microseconds: -(10n ** 18n) };

/** Of two dates that are written alike but for zeros, in microseconds. */
function microsecondsApart(ours: string, theirs: string): number {
  const [[day, fraction], [otherDay, otherFraction]] = [ours, theirs].map((date) => {
    const [, whole = "", digits = ""] = /^(.*?)(?:\.(\d+))?Z?$/.exec(date) ?? [];
    return [Date.parse(`${clamped(whole)}Z`) * 1000, Number(digits.padEnd(6, "0").slice(0, 6))];
  }) as [[number, number], [number, number]];
  return day - otherDay + fraction - otherFraction;
}

/** A date of xarray's in a calendar of its own, as the last day of the month that ISO 8601 has. */
function clamped(date: string): string {
  const [, year = "", month = "", day = "", rest = ""] = /^(-?\d+)-(\d+)-(\d+)(.*)$/.exec(date) ?? [];
  return `${year}-${month}-${String(Math.min(Number(day), daysIn(Number(year), Number(month)))).padStart(2, "0")}${rest}`;
}

interface Case {
  readonly value: number | string;
  readonly units: string;
  readonly calendar: string;
  readonly is: readonly [year: number, month: number, day: number, microseconds: number];
}

// cftime rounds long doubles; the exact sum is made of fractions here, and cftime does what it is the oracle for: dates.
const randomTimes = `
import cftime, json, random, sys
from fractions import Fraction
from datetime import timedelta
random.seed(20240811)
units = {"microseconds": 1, "msec": 1000, "s": 10**6, "seconds": 10**6, "minute": 6*10**7, "hrs": 36*10**8, "days": 864*10**8, "d": 864*10**8}
cases = []
for calendar in json.loads(sys.argv[1]):
    extra = {"360_day": {"months": 30*864*10**8}, "noleap": {"common_years": 365*864*10**8}}.get(calendar, {})
    for _ in range(1000):
        unit, size = random.choice(list({**units, **extra}.items()))
        year = random.choice([-4000, -5, -1, 1, 2, 1500, 1581, 1582, 1583, 1899, 1970, 2000, 2024, 4000])
        since = f"{year:05d}-{random.randint(1, 12)}-{random.randint(1, 28)} {random.randint(0, 23)}:{random.randint(0, 59):02d}:{random.choice(['0', '5.5', '59.25'])}{random.choice(['', 'Z', ' +01:00', ' -0530'])}"
        span = random.choice([1, 400, 40000, 2000000])
        exact = Fraction(random.uniform(-span, span)) * 864 * 10**8 / size
        value = float(exact) if random.random() < 0.7 else int(exact)
        try:
            base = cftime.num2date(0, f"{unit} since {since}", calendar)
        except ValueError:
            continue
        date = base + timedelta(microseconds=round(Fraction(value) * size))
        of_day = ((date.hour * 60 + date.minute) * 60 + date.second) * 10**6 + date.microsecond
        cases.append(dict(value=value if isinstance(value, float) else str(value), units=f"{unit} since {since}", calendar=calendar, **{"is": [date.year, date.month, date.day, of_day]}))
print(json.dumps(cases))
`;

const existing = `
import cftime, json, sys
def exists(calendar, date):
    try:
        cftime.num2date(0, "days since %05d-%d-%d" % tuple(date), calendar)
        return True
    except ValueError:
        return False
print(json.dumps([[exists(c, d) for d in json.loads(sys.argv[2])] for c in json.loads(sys.argv[1])]))
`;
