/**
 * Stored values as a plot takes them: scale and offset applied, missing ones NaN, times as milliseconds.
 *
 * The rules are those of descriptions (`core/cf`), which are xarray's.
 */
import { type Numbers, packingOf, unpacked } from "../../pipeline/core/cf/mask-and-scale.ts";
import {
  dateOf,
  datetime64CodingOf,
  isTimeUnit,
  type TimeCoding,
  timeCodingOf,
} from "../../pipeline/core/cf/time/time.ts";
import { baseName, type CfVariable, type Raw, text } from "../../pipeline/core/cf/variable.ts";

/** What a variable's numbers mean once they are decoded. */
export interface Quantity {
  /** For an axis: long name, standard name or name. */
  readonly label: string;
  /** "" where there is none. */
  readonly unit: string;
  /** Present where numbers are milliseconds from 1970-01-01 of a calendar. */
  readonly time?: TimeCoding;
}

export function quantityOf(variable: CfVariable): Quantity {
  const { name, attributes } = variable;
  const standardName = text(attributes, "standard_name").replaceAll("_", " ");
  const label = text(attributes, "long_name") || standardName || baseName(name);
  const time = timeOf(variable);
  if (time) return { label, unit: "", time };
  const unit = text(attributes, "units");
  return { label: label.slice(0, 120), unit: unit === "1" ? "" : unit.slice(0, 40) };
}

/** Whether a variable's values are numbers or times. */
export const isNumeric = ({ type }: CfVariable) => /^(u?int|float|bool|datetime64)/.test(type);

/** float64[n]: NaN where a value is missing, and everywhere where the attributes can't be followed. */
export function decoded(raw: Raw, variable: CfVariable): Float64Array {
  if (!ArrayBuffer.isView(raw)) return new Float64Array(raw.length).fill(Number.NaN);
  const packing = packingOf(variable);
  if (packing.problem) return new Float64Array(raw.length).fill(Number.NaN);
  const numbers = unpacked(raw as Numbers, packing);
  const time = timeOf(variable);
  if (!time) return numbers;
  // Doubles are exact to far below the millisecond that a pixel may stand for.
  const [unit, since] = [Number(time.unit) / 1e6, Number(time.since / 1000n) / 1e3];
  return numbers.map((value) => since + value * unit);
}

function timeOf({ type, attributes }: CfVariable): TimeCoding | undefined {
  const [, step = "", unit] = /^datetime64\[(\d*)(\w+)\]$/.exec(type) ?? [];
  if (unit !== undefined) return datetime64CodingOf(unit, step);
  const units = text(attributes, "units");
  if (!isTimeUnit(units)) return undefined;
  const coding = timeCodingOf(units, text(attributes, "calendar") || "standard");
  return "problem" in coding ? undefined : coding;
}

/** A value with as many digits as it is worth, and its unit: "293.15 K", "2024-08-11 12:30:15". */
export function valueText(value: number, quantity: Quantity): string {
  if (Number.isNaN(value)) return "–";
  if (quantity.time) return timeText(value, quantity.time);
  const unit = quantity.unit === "" ? "" : quantity.unit === "%" ? " %" : ` ${unitText(quantity.unit)}`;
  return `${numberText(value)}${unit}`;
}

/** At most 6 significant digits: what float32 has. */
export function numberText(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return minus(value.toExponential(4).replace(/\.?0*e\+?/, "e"));
  return minus(String(Number(value.toPrecision(6))));
}

const minus = (digits: string) => digits.replaceAll("-", "−");

/** "m s-1" as "m s⁻¹", and names of common units as their signs. */
export function unitText(unit: string): string {
  const sign = signs.get(unit);
  if (sign) return sign;
  return unit.replace(/(?<=[a-zA-Z])(\*\*|\^)?(-?\d)(?=$|[\s./*])/g, (_, _power, exponent: string) =>
    exponent.replace("-", "⁻").replace(/\d/, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]!),
  );
}

const signs: ReadonlyMap<string, string> = new Map([
  ["degC", "°C"],
  ["deg_C", "°C"],
  ["celsius", "°C"],
  ["degree_Celsius", "°C"],
  ["degrees_north", "°N"],
  ["degrees_east", "°E"],
  ["degree_north", "°N"],
  ["degree_east", "°E"],
  ["degree", "°"],
  ["degrees", "°"],
  ["percent", "%"],
  ["meters", "m"],
  ["metres", "m"],
  ["meter", "m"],
  ["seconds", "s"],
]);

/** Date and time by the coding's calendar, in UTC, without what is zero: "2024-08-11", "2024-08-11 12:30", "… 12:30:15.25". */
export function timeText(ms: number, { calendar }: TimeCoding): string {
  const { date, seconds } = partsOf(ms, calendar);
  if (seconds === 0) return date;
  const clock = [seconds / 3600, (seconds / 60) % 60].map((part) => two(Math.floor(part))).join(":");
  const rest = Math.round((seconds % 60) * 1000) / 1000;
  if (rest === 0) return `${date} ${clock}`;
  const [whole, fraction] = String(rest).split(".");
  return `${date} ${clock}:${two(Number(whole))}${fraction ? `.${fraction}` : ""}`;
}

function partsOf(ms: number, calendar: TimeCoding["calendar"]) {
  const { year, month, day, microseconds } = dateOf({ calendar, microseconds: BigInt(Math.round(ms)) * 1000n });
  return { date: `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`, seconds: microseconds / 1e6 };
}

const two = (value: number) => String(value).padStart(2, "0");
