/**
 * The columns of a table: what type each one has, found in one pass over its rows, and the values of some of them.
 *
 * A column is of the kind that almost all of its cells are; the few that are not count as missing, and a finding names them.
 * Dates and times of day in two columns, and years, months and days in several, are one time.
 */
import type { CfVariable, Raw } from "../../core/cf/variable.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { shown } from "../../core/text/shown.ts";
import {
  isAmbiguousDate,
  isMissing,
  isWrittenAsInteger,
  type Moment,
  microsecondsOf,
  momentOf,
  numberOf,
  timeOfDayOf,
} from "./cells.ts";

export const rowDimension = "row";

export type Row = readonly string[];

export interface Column {
  readonly name: string;
  readonly unit: string;
}

interface Counts {
  integers: number;
  numbers: number;
  days: number;
  moments: number;
  clocks: number;
  booleans: number;
  texts: number;
  missing: number;
  ambiguous: number;
}

/** Of a column's cells that are not missing, those that make its kind. */
const leastOfKind = 0.95;
/** A column of so many texts and nothing else is one of texts. */
const settled = 1000;

export interface Survey {
  add(row: Row): void;
  /** Of the rows so far. */
  kinds(): readonly Kind[];
}

export interface Kind {
  readonly type: "int64" | "float64" | "datetime64[us]" | "bool" | "string";
  /** Text that is a time of day throughout. */
  readonly isClock: boolean;
  /** Dates, none of which has a time. */
  readonly isDay: boolean;
  /** Texts that are dates of which the month is not known. */
  readonly isAmbiguous: boolean;
  /** Cells that are of another kind. */
  readonly others: number;
}

/** @param comma whether a comma may be a decimal one */
export function surveyOf(columns: readonly Column[], comma: boolean): Survey {
  const counts = columns.map(({ name }) => ({ mayBeDay: isDayName(name), ...none() }));
  return {
    add(row) {
      for (let i = 0; i < counts.length; i++) count(counts[i]!, (row[i] ?? "").trim(), comma);
    },
    kinds: () => counts.map(kindOf),
  };
}

const none = (): Counts => ({
  ...{ integers: 0, numbers: 0, days: 0, moments: 0, clocks: 0, booleans: 0, texts: 0, missing: 0, ambiguous: 0 },
});

/** Eight digits are a number, unless the column is called a date. */
const isDayName = (name: string) => /^(date|datum|yyyymmdd|day_?utc|date_?utc)$/i.test(name);

function count(counts: Counts & { readonly mayBeDay: boolean }, cell: string, comma: boolean): void {
  if (isMissing(cell)) counts.missing++;
  else if (counts.texts > settled && counts.texts > leastOfKind * all(counts)) counts.texts++;
  else if (!(counts.mayBeDay && momentOf(cell)) && numberOf(cell, comma) !== undefined)
    counts[isWrittenAsInteger(cell) ? "integers" : "numbers"]++;
  else countText(counts, cell);
}

function countText(counts: Counts, cell: string): void {
  const moment = momentOf(cell);
  if (moment) counts[moment.hasTime ? "moments" : "days"]++;
  else if (timeOfDayOf(cell) !== undefined) counts.clocks++;
  else if (/^(true|false)$/i.test(cell)) counts.booleans++;
  else {
    counts.texts++;
    if (isAmbiguousDate(cell)) counts.ambiguous++;
  }
}

const all = ({ integers, numbers, days, moments, clocks, booleans, texts }: Counts) =>
  integers + numbers + days + moments + clocks + booleans + texts;

function kindOf(counts: Counts): Kind {
  const { integers, numbers, days, moments, clocks, booleans, texts, missing, ambiguous } = counts;
  const total = all(counts);
  const plain = { isClock: false, isDay: false, isAmbiguous: false };
  const isMost = (some: number) => some > 0 && some >= leastOfKind * total;
  // As pandas has it: a number that may be missing is a float.
  if (total === 0) return { type: "float64", ...plain, others: 0 };
  if (isMost(integers + numbers)) {
    const others = total - integers - numbers;
    return { type: numbers + missing + others === 0 ? "int64" : "float64", ...plain, others };
  }
  if (isMost(days + moments))
    return { type: "datetime64[us]", ...plain, isDay: moments === 0, others: total - days - moments };
  if (isMost(clocks)) return { type: "string", ...plain, isClock: true, others: total - clocks };
  if (booleans === total && missing === 0) return { type: "bool", ...plain, others: 0 };
  return { type: "string", ...plain, isAmbiguous: ambiguous > 0 && ambiguous >= leastOfKind * texts, others: 0 };
}

/** A variable and how its value is found in a row. */
export interface TableVariable {
  readonly variable: CfVariable;
  readonly values: ColumnValues;
}

/** By the kind of array they fill. */
export type ColumnValues =
  | { readonly kind: "numbers"; of(row: Row): number }
  | { readonly kind: "moments"; of(row: Row): bigint }
  | { readonly kind: "texts"; of(row: Row): string };

export interface TableOptions {
  readonly comma: boolean;
  readonly rows: number;
  /** Numbers that stand for missing ones in every column. */
  readonly missing: readonly number[];
}

/** The variables that columns of these kinds make, and what is wrong with them. */
export function variablesOf(
  columns: readonly Column[],
  kinds: readonly Kind[],
  { comma, rows, missing }: TableOptions,
): { readonly variables: readonly TableVariable[]; readonly findings: readonly DatasetFinding[] } {
  const joined = joinedTime(columns, kinds);
  const variables = columns.map(({ name, unit }, i): TableVariable => {
    const { type } = kinds[i]!;
    if (joined && joined.at === i) return variable(name, rows, "datetime64[us]", isTime, moments(joined.of));
    if (type === "datetime64[us]")
      return variable(
        name,
        rows,
        type,
        {},
        moments((row) => cellMoment(row, i)),
      );
    const units = unit === "" ? {} : { units: unit };
    const isNumber = type === "int64" || type === "float64";
    const attributes = isNumber && missing.length > 0 ? { ...units, missing_value: missing } : units;
    return variable(name, rows, type, attributes, isNumber ? numbers(i, comma) : texts(i));
  });
  if (joined?.at === undefined && joined) {
    variables.push(variable(joined.name, rows, "datetime64[us]", isTime, moments(joined.of)));
  }
  return { variables, findings: columns.flatMap(({ name }, i) => findingsOf(name, kinds[i]!)) };
}

const isTime = { standard_name: "time" };

function variable(
  name: string,
  rows: number,
  type: string,
  attributes: CfVariable["attributes"],
  values: ColumnValues,
): TableVariable {
  return { variable: { name, dimensions: [rowDimension], shape: [rows], type, attributes, missing: [] }, values };
}

/** numpy's NaT. */
const notATime = -(2n ** 63n);

const numbers = (i: number, comma: boolean): ColumnValues => ({
  kind: "numbers",
  of(row) {
    const cell = (row[i] ?? "").trim();
    return isMissing(cell) ? Number.NaN : (numberOf(cell, comma) ?? Number.NaN);
  },
});
const moments = (of: (row: Row) => bigint | undefined): ColumnValues => ({
  kind: "moments",
  of: (row) => of(row) ?? notATime,
});
const texts = (i: number): ColumnValues => ({ kind: "texts", of: (row) => (row[i] ?? "").trim() });

const cellMoment = (row: Row, i: number) => momentOf((row[i] ?? "").trim())?.microseconds;

/** A time that several columns make together. */
interface JoinedTime {
  /** The column in whose place it is; absent where it is one of its own. */
  readonly at?: number;
  readonly name: string;
  of(row: Row): bigint | undefined;
}

function joinedTime(columns: readonly Column[], kinds: readonly Kind[]): JoinedTime | undefined {
  const only = (is: (kind: Kind) => boolean) => {
    const found = [...kinds.keys()].filter((i) => is(kinds[i]!));
    return found.length === 1 ? found[0] : undefined;
  };
  const [day, clock] = [only(({ isDay }) => isDay), only(({ isClock }) => isClock)];
  if (day !== undefined && clock !== undefined) {
    const of = (row: Row) => sum(momentOf((row[day] ?? "").trim()), timeOfDayOf((row[clock] ?? "").trim()));
    return { at: clock, name: columns[clock]!.name, of };
  }
  return timeOfParts(columns, kinds);
}

const sum = (day: Moment | undefined, clock: bigint | undefined) =>
  day && clock !== undefined ? day.microseconds + clock : undefined;

const parts = [
  /^(year|yyyy|yr)(_?utc)?$/i,
  /^(month|mon|mo)(_?utc)?$/i,
  /^(day|dd|dom)(_?utc)?$/i,
  /^(hours?|hh|hr)(_?utc)?$/i,
  /^(minutes?|mins?|mn)(_?utc)?$/i,
  /^(seconds?|secs?|ss)(_?utc)?$/i,
] as const;

/** Of columns `year`, `month`, `day` and perhaps `hour`, `minute`, `second`, where no column is a time already. */
function timeOfParts(columns: readonly Column[], kinds: readonly Kind[]): JoinedTime | undefined {
  const isTaken =
    columns.some(({ name }) => name === "time") || kinds.some(({ type }) => type.startsWith("datetime64"));
  const at = parts.map((part) => columns.findIndex(({ name }) => part.test(name)));
  const isNumber = (i: number) => i < 0 || /^(int|float)64$/.test(kinds[i]!.type);
  if (isTaken || at.slice(0, 3).some((i) => i < 0) || !at.every(isNumber)) return undefined;
  return {
    name: "time",
    of(row) {
      const [year, month, day, hour, minute, second] = at.map((i) =>
        i < 0 ? 0 : (numberOf((row[i] ?? "").trim(), true) ?? Number.NaN),
      );
      const iso = [year, month, day].map((part, i) => String(part).padStart(i === 0 ? 4 : 2, "0")).join("-");
      const clock = [hour!, minute!, second!];
      if (!clock.every((part) => part >= 0 && part <= 60)) return undefined;
      return sum(momentOf(iso), microsecondsOf(hour!, minute!, second!));
    },
  };
}

function findingsOf(name: string, { type, others, isAmbiguous }: Kind): DatasetFinding[] {
  const findings: DatasetFinding[] = [];
  if (others > 0) {
    const what = type === "string" ? "times of day" : type === "datetime64[us]" ? "dates" : "numbers";
    const says = `${others} cells of ${shown(name)} are no ${what}, as all others are, and count as missing`;
    findings.push({ level: "warning", rule: "other-cells", says, fix: "leave cells without a value empty" });
  }
  if (isAmbiguous) {
    const says = `${shown(name)} has dates of which the day or the month may come first, so they are not read`;
    findings.push({ level: "warning", rule: "ambiguous-date", says, fix: "write dates as 2024-08-11T10:00:00Z" });
  }
  return findings;
}

/** An array for the values of a column, which is filled row by row. */
export function arrayFor({ values }: TableVariable, rows: number): { add(row: Row): void; filled(): Raw } {
  let count = 0;
  switch (values.kind) {
    case "numbers": {
      const array = new Float64Array(rows);
      const add = (row: Row) => {
        array[count++] = values.of(row);
      };
      return { add, filled: () => array.subarray(0, count) };
    }
    case "moments": {
      const array = new BigInt64Array(rows);
      const add = (row: Row) => {
        array[count++] = values.of(row);
      };
      return { add, filled: () => array.subarray(0, count) };
    }
    case "texts": {
      const array: string[] = [];
      return { add: (row) => void array.push(values.of(row)), filled: () => array };
    }
  }
}
