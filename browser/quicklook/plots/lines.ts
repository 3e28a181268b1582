/** Values along a time or another coordinate, and profiles, whose vertical axis is the coordinate. Gaps stay gaps. */
import type { PlotData, Values } from "../load.ts";
import { padded, rangeOf, scaleOf, unitRange } from "../scale.ts";
import { px, type SvgNode, svg } from "../scene.ts";
import { type Quantity, valueText } from "../values.ts";
import { type Frame, framed, frameOf, ticksAcross, ticksUp, titleOf } from "./frame.ts";
import type { Cursor, Plot, PlotOptions, PlotTexts } from "./plot.ts";

export function seriesPlot({ x, value }: Extract<PlotData, { kind: "series" }>, options: PlotOptions): Plot {
  const { width, height, isLog } = options;
  const along = rangeOf(x.values) ?? unitRange;
  const xScale = scaleOf(padded(along, false, 0.01), {
    values: along,
    quantity: x,
    ticks: ticksAcross(width),
  });
  const yRange = padded(rangeOf(value.values, isLog) ?? unitRange, isLog);
  const yScale = scaleOf(yRange, { quantity: value, isLog, ticks: ticksUp(height) });
  const frame = frameOf({
    ...options,
    x: { title: titleOf(x), scale: xScale },
    y: { title: titleOf(value), scale: yScale },
  });
  const places = placesOf(x.values, value.values, frame);
  return linePlot({ along: x, value, places, main: "x", options, frame });
}

export function profilePlot(data: Extract<PlotData, { kind: "profile" }>, options: PlotOptions): Plot {
  const { vertical, value, downward } = data;
  const { width, height, isLog } = options;
  // Where the value is missing its height is of no interest.
  const heights = vertical.values.map((each, i) => (Number.isNaN(value.values[i]) ? Number.NaN : each));
  const yScale = scaleOf(rangeOf(heights) ?? unitRange, { quantity: vertical, ticks: ticksUp(height) });
  const xRange = padded(rangeOf(value.values, isLog) ?? unitRange, isLog);
  const xScale = scaleOf(xRange, { quantity: value, isLog, ticks: ticksAcross(width) });
  const frame = frameOf({
    ...options,
    x: { title: titleOf(value), scale: xScale },
    y: { title: titleOf(vertical), scale: yScale, reversed: downward },
  });
  const places = placesOf(value.values, vertical.values, frame);
  return linePlot({ along: vertical, value, places, main: "y", options, frame });
}

/** float64[n] each, pixels; NaN where there is no point. */
interface Places {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

function placesOf(x: Float64Array, y: Float64Array, frame: Frame): Places {
  return { x: x.map((value) => frame.x(value)), y: y.map((value) => frame.y(value)) };
}

interface Line {
  readonly along: Values;
  readonly value: Values;
  readonly places: Places;
  /** The axis that keys go along. */
  readonly main: "x" | "y";
  readonly options: PlotOptions;
  readonly frame: Frame;
}

function linePlot({ along, value, places, main, options, frame }: Line): Plot {
  const { texts } = options;
  const cursor = (i: number | undefined): Cursor | undefined => {
    if (i === undefined) return undefined;
    const text = texts.at(shownValue(value.values[i]!, value, texts), named(along, i));
    return { at: [i], x: places.x[i]!, y: places.y[i]!, text };
  };
  const shown = indices(places);
  return {
    svg: framed(options, frame, svg("path", { class: "plot-line", d: pathOf(places, main) }), ...dotsOf(places)),
    summary: `${texts[main === "x" ? "series" : "profile"](value.label, along.label)} ${extremesText(value, texts)}`,
    at: (x, y) => cursor(nearestOf(shown, (i) => distanceTo(i, places, x, y, main))),
    step(from, right, up) {
      const [last] = from?.at ?? [];
      const at = last === undefined ? -1 : shown.indexOf(last);
      if (at < 0) return cursor(shown[0]);
      const next = at + (right || directionOf(places, shown, at) * up);
      return cursor(shown[Math.min(shown.length - 1, Math.max(0, next))]);
    },
  };
}

/** "1 000 m": what the coordinate is at a place, named where it is no time. */
const named = (along: Values, i: number) =>
  along.time ? valueText(along.values[i]!, along) : `${along.label} ${valueText(along.values[i]!, along)}`;

/** 1 where the next place is above this one, −1 where it is below: the key "up" goes up, whatever order values have. */
function directionOf({ y }: Places, shown: readonly number[], at: number): number {
  const [here, next] = [shown[at]!, shown[at + 1] ?? shown[at - 1] ?? shown[at]!];
  const rises = y[next]! < y[here]!;
  return rises === at + 1 < shown.length ? 1 : -1;
}

function indices({ x, y }: Places): number[] {
  const found: number[] = [];
  for (let i = 0; i < x.length; i++) if (!Number.isNaN(x[i]!) && !Number.isNaN(y[i]!)) found.push(i);
  return found;
}

/** Along the axis first: a person follows the line with the pointer above or below it. */
function distanceTo(i: number, places: Places, x: number, y: number, main: "x" | "y"): number {
  const [dx, dy] = [Math.abs(places.x[i]! - x), Math.abs(places.y[i]! - y)];
  return main === "x" ? dx + dy / 1000 : dy + dx / 1000;
}

/** The first of the nearest. */
export function nearestOf(shown: readonly number[], distance: (i: number) => number): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const i of shown) {
    const away = distance(i);
    if (away >= least) continue;
    least = away;
    best = i;
  }
  return best;
}

/**
 * The line, broken where a value is missing. Of many points on one pixel the first, the least, the greatest and the last
 * are drawn, which looks the same.
 */
export function pathOf({ x, y }: Places, main: "x" | "y"): string {
  const along = main === "x" ? x : y;
  const across = main === "x" ? y : x;
  const parts: string[] = [];
  let isBroken = true;
  for (let i = 0; i < x.length; ) {
    if (Number.isNaN(x[i]!) || Number.isNaN(y[i]!)) {
      isBroken = true;
      i++;
      continue;
    }
    const pixel = Math.round(along[i]!);
    let [low, high, end] = [i, i, i];
    while (end + 1 < x.length && Math.round(along[end + 1]!) === pixel && !Number.isNaN(across[end + 1]!)) {
      end++;
      if (across[end]! < across[low]!) low = end;
      if (across[end]! > across[high]!) high = end;
    }
    const points = [...new Set([i, Math.min(low, high), Math.max(low, high), end])];
    for (const point of points) {
      parts.push(`${isBroken ? "M" : "L"}${px(x[point]!)} ${px(y[point]!)}`);
      isBroken = false;
    }
    i = end + 1;
  }
  return parts.join("");
}

/** A value between two missing ones has no line: it is a dot. Few values are dots as well. */
function dotsOf({ x, y }: Places): SvgNode[] {
  const isThere = (i: number) => i >= 0 && i < x.length && !Number.isNaN(x[i]!) && !Number.isNaN(y[i]!);
  const dots: SvgNode[] = [];
  const areFew = x.length <= 40;
  for (let i = 0; i < x.length && dots.length < 2000; i++) {
    if (!isThere(i) || (!areFew && (isThere(i - 1) || isThere(i + 1)))) continue;
    dots.push(svg("circle", { class: "plot-dot", cx: px(x[i]!), cy: px(y[i]!), r: areFew ? 2.2 : 1.2 }));
  }
  return dots;
}

/** "From 198.4 K to 301.2 K, 12 of 4096 values missing." */
export function extremesText(value: Values, texts: PlotTexts): string {
  const range = rangeOf(value.values);
  const count = String(value.values.length);
  const missing = value.values.reduce((sum, each) => sum + Number(Number.isNaN(each)), 0);
  if (!range) return texts.allMissing(count);
  const rest = missing === 0 ? texts.values(count) : texts.someMissing(String(missing), count);
  return `${texts.extremes(valueText(range.least, value), valueText(range.greatest, value))}, ${rest}.`;
}

export const shownValue = (value: number, quantity: Quantity, texts: PlotTexts) =>
  Number.isNaN(value) ? texts.missing : valueText(value, quantity);
