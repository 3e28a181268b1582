/** How many values there are of each size: what can be drawn of any numbers. */
import type { PlotData } from "../load.ts";
import { rangeOf, scaleOf, unitRange, widened } from "../scale.ts";
import { px, svg } from "../scene.ts";
import { valueText } from "../values.ts";
import { framed, frameOf, ticksAcross, ticksUp, titleOf } from "./frame.ts";
import { extremesText } from "./lines.ts";
import type { Cursor, Plot, PlotOptions } from "./plot.ts";

export function histogramPlot({ value }: Extract<PlotData, { kind: "histogram" }>, options: PlotOptions): Plot {
  const { width, height, isLog, texts } = options;
  const scale = scaleOf(widened(rangeOf(value.values, isLog) ?? unitRange, isLog), {
    quantity: value,
    isLog,
    ticks: ticksAcross(width),
  });
  const counts = countsOf(value.values, scale.share, Math.max(8, Math.min(60, Math.floor(width / 12))));
  const most = Math.max(1, ...counts);
  const frame = frameOf({
    ...options,
    x: { title: titleOf(value), scale },
    y: {
      title: texts.numberOfValues,
      scale: scaleOf({ least: 0, greatest: most * 1.05 }, { quantity: {}, ticks: ticksUp(height) }),
    },
  });
  const { area } = frame;
  const step = area.width / counts.length;
  const bars = counts.map((count, i) => {
    const top = frame.y(count);
    const attributes = { x: px(area.left + i * step), y: px(top), width: px(Math.max(0.5, step - 1)) };
    return svg("rect", { class: "plot-bar", ...attributes, height: px(area.top + area.height - top) });
  });
  const cursor = (i: number): Cursor => {
    const [from, to] = [scale.value(i / counts.length), scale.value((i + 1) / counts.length)];
    const text = texts.bin(String(counts[i]), valueText(from, value), valueText(to, value));
    return { at: [i], x: area.left + (i + 0.5) * step, y: frame.y(counts[i]!), text };
  };
  return {
    svg: framed(options, frame, ...bars),
    summary: `${texts.histogram(value.label)} ${extremesText(value, texts)}`,
    at(left) {
      const i = Math.floor((left - area.left) / step);
      return i >= 0 && i < counts.length ? cursor(i) : undefined;
    },
    step: (from, right, up) => cursor(from ? Math.min(counts.length - 1, Math.max(0, from.at[0]! + right + up)) : 0),
  };
}

/** How many values are in each of `bins` parts of the scale; the last one has the greatest value. */
export function countsOf(values: Float64Array, share: (value: number) => number, bins: number): readonly number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const at = Math.floor(share(value) * bins);
    if (!Number.isNaN(at) && at >= 0 && at <= bins) counts[Math.min(bins - 1, at)]!++;
  }
  return counts;
}
