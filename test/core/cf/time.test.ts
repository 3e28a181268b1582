import { describe, expect, it } from "vitest";
import { calendarOf } from "../../../pipeline/core/cf/calendar.ts";
import { dateOf, instantAt, isoOf, type TimeCoding, timeCodingOf } from "../../../pipeline/core/cf/time.ts";
import { python, runPython } from "../../servers/python.ts";

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
  [0, "seconds since 1-1-1 00:00:0.0", "0000-12-30T00:00:00Z"],
  [0, "h since 2000-1-1T6Z", "2000-01-01T06:00:00Z"],
  [1723378245.1, "seconds since 1970-01-01", "2024-08-11T12:10:45.1Z"],
  [0.5, "us since 1970-01-01", "1970-01-01T00:00:00Z"],
  [1723378245123456789n, "nanoseconds since 1970-01-01", "2024-08-11T12:10:45.123457Z"],
  [0n, "nanoseconds since 2024-08-11 14:33:40.330017024", "2024-08-11T14:33:40.330017Z"],
  [0, "seconds since 1992-10-8 15:15:42.5 -6:00", "1992-10-08T21:15:42.5Z"],
  [0, "Minutes Since 2000-01-01 00:00:00 +0530", "1999-12-31T18:30:00Z"],
  [1, "weeks since 2000-02-28 UTC", "2000-03-06T00:00:00Z"],
])("reads %s %s as %s", (value, units, expected) => {
  expect(iso(value, units)).toBe(expected);
});

it("tells a Julian date by the calendar ISO 8601 prescribes", () => {
  expect(iso(0, "days since 1582-10-04")).toBe("1582-10-14T00:00:00Z");
  expect(iso(1, "days since 1582-10-04")).toBe("1582-10-15T00:00:00Z");
  expect(iso(0, "days since 2024-08-11", "julian")).toBe("2024-08-24T00:00:00Z");
});

it.each([
  ["months since 2000-01-01", "standard", "unit"],
  ["common_years since 2000-01-01", "standard", "unit"],
  ["fortnights since 2000-01-01", "standard", "unit"],
  ["days since 1582-10-10", "gregorian", "date"],
  ["days since 0000-01-01", "standard", "date"],
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

it("counts months in 360_day and common years in noleap, and gives their dates no ISO form", () => {
  const months = instantAt(3, coding("months since 2000-01-30", "360_day"))!;
  expect(dateOf(months)).toEqual({ year: 2000, month: 4, day: 30, microseconds: 0 });
  expect(isoOf(months)).toBeUndefined();
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
