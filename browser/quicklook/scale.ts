/** From values to places on an axis, and where its ticks are: round numbers, powers of ten, or round times. */
import { numberText, type Quantity, timeText } from "./values.ts";

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Scale {
  /** 0 at the least value of the axis, 1 at the greatest; NaN for what the scale does not have, such as −1 on a logarithmic one. */
  share(value: number): number;
  /** The value at a share: what `share` undoes. */
  value(share: number): number;
  readonly ticks: readonly Tick[];
  /** What all ticks have in common, once: the date of times of one day. */
  readonly common: string;
}

export interface Range {
  readonly least: number;
  readonly greatest: number;
}

/** Extremes of what isn't missing, of positive numbers alone for a logarithmic scale; `undefined` where there is nothing. */
export function rangeOf(values: ArrayLike<number>, isLog = false): Range | undefined {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least <= greatest ? { least, greatest } : undefined;
}

/** Where there is no value. */
export const unitRange: Range = { least: 0, greatest: 1 };

/** A range that one value alone would not have is widened around it. */
export function widened({ least, greatest }: Range, isLog = false): Range {
  if (greatest > least) return { least, greatest };
  if (isLog) return { least: least / 2, greatest: greatest * 2 };
  const by = least === 0 ? 1 : Math.abs(least) * 0.05;
  return { least: least - by, greatest: greatest + by };
}

/** The range with a little room at both ends, so that a line doesn't touch the frame. */
export function padded(range: Range, isLog: boolean, by = 0.04): Range {
  const { least, greatest } = widened(range, isLog);
  if (isLog) {
    const room = (greatest / least) ** by;
    return { least: least / room, greatest: greatest * room };
  }
  const room = (greatest - least) * by;
  return { least: least - room, greatest: greatest + room };
}

export interface ScaleOptions {
  readonly quantity: Pick<Quantity, "time">;
  readonly isLog?: boolean;
  /** What the values themselves reach to, where the scale has room around them. */
  readonly values?: Range;
  /** About how many ticks there is room for. */
  readonly ticks: number;
}

export function scaleOf(range: Range, { quantity, isLog = false, values = range, ticks }: ScaleOptions): Scale {
  const { least, greatest } = widened(range, isLog);
  if (isLog) return logScale(least, greatest, ticks);
  const span = greatest - least;
  const linear = {
    share: (value: number) => (value - least) / span,
    value: (share: number) => least + share * span,
  };
  if (quantity.time) return { ...linear, ...timeTicks(least, greatest, ticks, quantity.time, values) };
  const step = roundStep(span / Math.max(1, ticks));
  return { ...linear, ticks: ticksBy(step, least, greatest).map((value) => stepTick(value, step)), common: "" };
}

const tick = (value: number): Tick => ({ value, text: numberText(value) });

/** With as many decimals as the step has, so that texts of an axis are alike: 0.5, 1.0, 1.5. */
function stepTick(value: number, step: number): Tick {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals === 0 || decimals > 6 || Math.abs(value) >= 1e6) return tick(value);
  return { value, text: value.toFixed(decimals).replace("-", "−") };
}

/** 1, 2 or 5 times a power of ten, about `target`. */
function roundStep(target: number): number {
  const power = 10 ** Math.floor(Math.log10(target));
  return power * ([1, 2, 5].find((factor) => factor * power >= target * 0.75) ?? 10);
}

function ticksBy(step: number, least: number, greatest: number): number[] {
  const ticks: number[] = [];
  const [first, last] = [Math.ceil(least / step - 1e-9), Math.floor(greatest / step + 1e-9)];
  // Far from 0 a step may be less than the resolution of a number.
  for (let i = first; i <= last && ticks.length < 100; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function logScale(least: number, greatest: number, count: number): Scale {
  const [from, to] = [Math.log10(least), Math.log10(greatest)];
  const share = (value: number) => (value > 0 ? (Math.log10(value) - from) / (to - from) : Number.NaN);
  const decades = to - from;
  const every = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const factors = decades < 1.2 ? [1, 2, 3, 5, 7] : decades < 3 && count > 4 ? [1, 2, 5] : [1];
  const values: number[] = [];
  for (let power = Math.floor(from); power <= Math.ceil(to); power += every)
    for (const factor of factors) values.push(factor * 10 ** power);
  const ticks = values.filter((value) => value >= least * 0.9999 && value <= greatest * 1.0001).map(tick);
  return { share, value: (at) => 10 ** (from + at * (to - from)), ticks, common: "" };
}

const [second, hour, day] = [1000, 3_600_000, 86_400_000];
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * second),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
  ...[1, 2, 5, 10, 15].map((days) => days * day),
];

function timeTicks(least: number, greatest: number, count: number, time: NonNullable<Quantity["time"]>, values: Range) {
  const target = (greatest - least) / Math.max(1, count);
  const step = steps.find((each) => each >= target);
  if (step === undefined) return dateTicks(least, greatest, count, time);
  const ticks: number[] = [];
  for (let at = Math.ceil(least / step) * step; at <= greatest; at += step) ticks.push(at);
  const texts = ticks.map((value) => timeText(value, time));
  const dates = new Set([values.least, values.greatest].map((value) => timeText(value, time).slice(0, 10)));
  // Of one day its date is once below the axis; of several, midnight has it.
  const clock = (text: string) => text.slice(11) || "00:00";
  if (step >= day) return { ticks: ticks.map((value, i) => ({ value, text: texts[i]!.slice(0, 10) })), common: "" };
  const [date = ""] = dates;
  return {
    ticks: ticks.map((value, i) => ({
      value,
      text: dates.size === 1 || texts[i]!.length > 10 ? clock(texts[i]!) : texts[i]!.slice(5),
    })),
    common: dates.size === 1 ? date : [...dates].sort().join(" – "),
  };
}

/** Months and years: of each about the first day. */
function dateTicks(least: number, greatest: number, count: number, time: NonNullable<Quantity["time"]>) {
  const months = (greatest - least) / (30.44 * day);
  const every = [1, 2, 3, 6].find((each) => months / each <= count);
  const perYear = every === undefined ? 1 : 12 / every;
  const yearOf = (ms: number) => Number(timeText(ms, time).slice(0, 4));
  const years = every === undefined ? roundStep(months / 12 / count) : 1;
  const ticks: Tick[] = [];
  const first = Math.floor(yearOf(least) / years) * years;
  for (let year = first; year <= yearOf(greatest) + 1; year += years)
    for (let part = 0; part < perYear; part++) {
      const month = 1 + part * (every ?? 12);
      const number = time.calendar.day({ year, month, day: 1 });
      if (number === undefined || number * day < least || number * day > greatest) continue;
      ticks.push({
        value: number * day,
        text: perYear === 1 ? String(year) : timeText(number * day, time).slice(0, 7),
      });
    }
  return { ticks, common: "" };
}
