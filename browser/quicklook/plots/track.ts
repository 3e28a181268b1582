/** Where values were measured, coloured by them: a degree of longitude is as wide as it is at the track's latitude. */
import { colourAt } from "../colours.ts";
import type { PlotData, Values } from "../load.ts";
import { type Range, rangeOf, scaleOf, widened } from "../scale.ts";
import { px, type SvgNode, svg } from "../scene.ts";
import { valueText } from "../values.ts";
import { colourScaleOf, framed, frameOf, margin, ticksAcross, ticksUp, titleOf } from "./frame.ts";
import { extremesText, nearestOf, shownValue } from "./lines.ts";
import type { Cursor, Plot, PlotOptions } from "./plot.ts";

/** Dots that are drawn: more of them lie on one another. */
const mostDots = 3000;

export function trackPlot(data: Extract<PlotData, { kind: "track" }>, options: PlotOptions): Plot {
  const { latitude, value } = data;
  const { width, height, colours, id, texts } = options;
  const longitude = { ...data.longitude, values: continued(data.longitude.values) };
  const colour = colourScaleOf(value, options);
  const ranges = aspect(longitude, latitude, (width - 140) / (height - margin.top - margin.bottom));
  const frame = frameOf({
    ...options,
    x: { title: titleOf(longitude), scale: scaleOf(ranges.x, { quantity: {}, ticks: ticksAcross(width, true) }) },
    y: { title: titleOf(latitude), scale: scaleOf(ranges.y, { quantity: {}, ticks: ticksUp(height) }) },
    bar: { title: titleOf(value), scale: colour, colours, id },
  });
  const x = longitude.values.map((each) => frame.x(each));
  const y = latitude.values.map((each) => frame.y(each));
  const isPlace = (i: number) => !Number.isNaN(x[i]!) && !Number.isNaN(y[i]!);
  const shown = [...x.keys()].filter((i) => isPlace(i) && !Number.isNaN(colour.share(value.values[i]!)));
  const every = Math.ceil(shown.length / mostDots);
  const dots = shown
    .filter((_, i) => i % every === 0)
    .map((i) => {
      const fill = colourAt(colours, colour.share(value.values[i]!));
      return svg("circle", { cx: px(x[i]!), cy: px(y[i]!), r: 2.6, fill });
    });
  const cursor = (i: number | undefined): Cursor | undefined => {
    if (i === undefined) return undefined;
    const at = `${valueText(data.latitude.values[i]!, latitude)}, ${valueText(data.longitude.values[i]!, longitude)}`;
    return { at: [i], x: x[i]!, y: y[i]!, text: texts.at(shownValue(value.values[i]!, value, texts), at) };
  };
  return {
    svg: framed(options, frame, wayOf(x, y), ...dots),
    summary: `${texts.track(value.label)} ${extremesText(value, texts)}`,
    at: (left, top) => cursor(nearestOf(shown, (i) => Math.hypot(x[i]! - left, y[i]! - top))),
    step(from, right, up) {
      const at = from ? shown.indexOf(from.at[0]!) : -1;
      return cursor(shown[at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + right + up))]);
    },
  };
}

/** Longitudes that go on past ±180 where a track crosses the antimeridian. */
export function continued(longitudes: Float64Array): Float64Array {
  let last = Number.NaN;
  return longitudes.map((each) => {
    if (Number.isNaN(each)) return each;
    const next = Number.isNaN(last) ? each : each - 360 * Math.round((each - last) / 360);
    last = next;
    return next;
  });
}

/** Ranges in which distances look as long east as north, with room around them. @param wide width by height */
function aspect(longitude: Values, latitude: Values, wide: number): { readonly x: Range; readonly y: Range } {
  const x = widened(rangeOf(longitude.values) ?? { least: -180, greatest: 180 });
  const y = widened(rangeOf(latitude.values) ?? { least: -90, greatest: 90 });
  const middle = (y.least + y.greatest) / 2;
  const narrow = Math.max(0.05, Math.cos((middle * Math.PI) / 180));
  const height = Math.max((y.greatest - y.least) * 1.1, ((x.greatest - x.least) * 1.1 * narrow) / wide);
  const width = (height * wide) / narrow;
  const around = (range: Range, length: number) => {
    const centre = (range.least + range.greatest) / 2;
    return { least: centre - length / 2, greatest: centre + length / 2 };
  };
  return { x: around(x, width), y: around(y, height) };
}

function wayOf(x: Float64Array, y: Float64Array): SvgNode {
  const every = Math.ceil(x.length / 4000);
  const parts: string[] = [];
  let isBroken = true;
  for (let i = 0; i < x.length; i += every) {
    const isPlace = !Number.isNaN(x[i]!) && !Number.isNaN(y[i]!);
    if (isPlace) parts.push(`${isBroken ? "M" : "L"}${px(x[i]!)} ${px(y[i]!)}`);
    isBroken = !isPlace;
  }
  return svg("path", { class: "plot-way", d: parts.join("") });
}
