/** Axes around a plot: frame, grid, ticks, titles, and the bar with the meaning of colours. */
import { type ColourTable, colourAt } from "../colours.ts";
import type { Values } from "../load.ts";
import { rangeOf, type Scale, scaleOf, unitRange } from "../scale.ts";
import { px, type SvgNode, svg } from "../scene.ts";
import { unitText } from "../values.ts";
import type { PlotOptions } from "./plot.ts";

/** The place inside of the axes, in pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface FrameOptions extends Pick<PlotOptions, "width" | "height"> {
  readonly x: Axis;
  readonly y: Axis;
  /** Present where colours stand for values. */
  readonly bar?: Bar;
}

export interface Axis {
  readonly title: string;
  /** From left to right, or from bottom to top where it isn't `downward`. */
  readonly scale: Scale;
  /** Whether values grow downwards or to the left. */
  readonly reversed?: boolean;
}

export interface Bar {
  readonly title: string;
  readonly scale: Scale;
  readonly colours: ColourTable;
  readonly id: string;
}

export interface Frame {
  readonly area: Area;
  /** Pixels of a value. */
  x(value: number): number;
  y(value: number): number;
  /** Below what is drawn. */
  readonly back: readonly SvgNode[];
  /** Above it. */
  readonly front: readonly SvgNode[];
}

/** Pixels that a text of 12 px takes, about. */
const widthOf = (text: string) => text.length * 6.6;
const tickLength = 4;

/** Pixels above and below what is drawn. */
export const margin = { top: 26, bottom: 42 } as const;
const barWidth = 12;

/** "air temperature (K)" */
export function titleOf({ label, unit, time }: Values): string {
  return unit === "" || time ? label : `${label} (${unitText(unit)})`;
}

export function frameOf({ width, height, x, y, bar }: FrameOptions): Frame {
  const widest = (scale: Scale) => Math.max(0, ...scale.ticks.map(({ text }) => widthOf(text)));
  const left = Math.ceil(widest(y.scale) + tickLength + 8);
  const right = bar ? Math.ceil(barWidth + widest(bar.scale) + 30) : 14;
  const { top, bottom } = margin;
  const area = { left, top, width: Math.max(40, width - left - right), height: Math.max(40, height - top - bottom) };
  const across = (value: number) =>
    area.left + area.width * (x.reversed ? 1 - x.scale.share(value) : x.scale.share(value));
  const upwards = (value: number) =>
    area.top + area.height * (y.reversed ? y.scale.share(value) : 1 - y.scale.share(value));
  return {
    area,
    x: across,
    y: upwards,
    back: [
      svg("rect", { class: "plot-back", x: area.left, y: area.top, width: area.width, height: area.height }),
      gridOf(area, x.scale, across, y.scale, upwards),
    ],
    front: [...axesOf(area, { x, y, bar }, across, upwards, width), ...(bar ? barOf(area, bar, width, y.title) : [])],
  };
}

function gridOf(
  { left, top, width, height }: Area,
  x: Scale,
  across: (value: number) => number,
  y: Scale,
  upwards: (value: number) => number,
): SvgNode {
  const lines = [
    ...x.ticks.map(({ value }) => `M${px(across(value))} ${top}v${height}`),
    ...y.ticks.map(({ value }) => `M${left} ${px(upwards(value))}h${width}`),
  ];
  return svg("path", { class: "plot-grid", d: lines.join("") });
}

function axesOf(
  area: Area,
  { x, y, bar }: Pick<FrameOptions, "x" | "y"> & { readonly bar: Bar | undefined },
  across: (value: number) => number,
  upwards: (value: number) => number,
  width: number,
): SvgNode[] {
  const { left, top } = area;
  const bottom = top + area.height;
  const ticks = [
    ...x.scale.ticks.map(({ value }) => `M${px(across(value))} ${bottom}v${tickLength}`),
    ...y.scale.ticks.map(({ value }) => `M${left} ${px(upwards(value))}h${-tickLength}`),
  ];
  const frame = `M${left} ${top}h${area.width}v${area.height}h${-area.width}z`;
  const title = x.scale.common === "" ? x.title : `${x.title}, ${x.scale.common}`;
  return [
    svg("path", { class: "plot-axis", d: frame + ticks.join("") }),
    ...spaced(x.scale, across).map(({ value, text }) =>
      svg(
        "text",
        { x: px(within(across(value), widthOf(text), width)), y: bottom + 17, "text-anchor": "middle" },
        text,
      ),
    ),
    ...y.scale.ticks.map(({ value, text }) =>
      svg("text", { x: left - tickLength - 3, y: px(upwards(value) + 4), "text-anchor": "end" }, text),
    ),
    svg("text", { class: "plot-title", x: 2, y: 14 }, cut(y.title, width * (bar ? 0.4 : 1))),
    svg(
      "text",
      { class: "plot-title", x: px(left + area.width / 2), y: bottom + 36, "text-anchor": "middle" },
      cut(title, width),
    ),
  ];
}

/** The middle of a text, moved so far that it doesn't leave the picture. */
const within = (middle: number, textWidth: number, width: number) => Math.min(middle, width - textWidth / 2 - 1);

/** Ticks whose texts don't touch. */
function spaced({ ticks }: Scale, across: (value: number) => number) {
  const places = ticks.toSorted((a, b) => across(a.value) - across(b.value));
  const chosen: typeof places = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const tick of places) {
    const [at, half] = [across(tick.value), widthOf(tick.text) / 2];
    if (at - half < free) continue;
    chosen.push(tick);
    free = at + half + 8;
  }
  return chosen;
}

/** A title that fits: what is left out is of its words, not its unit. */
function cut(title: string, width: number): string {
  const most = Math.floor(width / 6.9);
  if (title.length <= most) return title;
  const [, words = title, unit = ""] = /^(.*?)( \([^()]{1,20}\))?$/s.exec(title) ?? [];
  return `${words.slice(0, Math.max(1, most - unit.length - 1)).trimEnd()}…${unit}`;
}

/** @param whole the picture's width @param atEnd the title at its other end */
function barOf(
  { left, top, width, height }: Area,
  { title, scale, colours, id }: Bar,
  whole: number,
  atEnd: string,
): SvgNode[] {
  const x = left + width + 14;
  const stops = Array.from({ length: 33 }, (_, i) =>
    svg("stop", { offset: `${(100 * i) / 32}%`, "stop-color": colourAt(colours, i / 32) }),
  );
  const y = (value: number) => top + height * (1 - scale.share(value));
  return [
    svg("linearGradient", { id: `${id}-bar`, x1: 0, x2: 0, y1: 1, y2: 0 }, ...stops),
    svg("rect", { class: "plot-axis", x, y: top, width: barWidth, height, fill: `url(#${id}-bar)` }),
    svg("rect", { x, y: top, width: barWidth, height, fill: `url(#${id}-bar)` }),
    svg("path", {
      class: "plot-axis",
      d: scale.ticks.map(({ value }) => `M${x + barWidth} ${px(y(value))}h3`).join(""),
    }),
    ...scale.ticks.map(({ value, text }) => svg("text", { x: x + barWidth + 6, y: px(y(value) + 4) }, text)),
    svg(
      "text",
      { class: "plot-title", x: whole - 2, y: 14, "text-anchor": "end" },
      cut(title, whole - 20 - Math.min(widthOf(atEnd) * 1.05, whole * 0.4)),
    ),
  ];
}

/** The drawing, with its frame around it and cut off at it. */
export function framed(
  { width, height, id }: PlotOptions,
  { area, back, front }: Frame,
  ...inside: SvgNode[]
): SvgNode {
  const { left, top } = area;
  return svg(
    "svg",
    { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height },
    svg("clipPath", { id: `${id}-clip` }, svg("rect", { x: left, y: top, width: area.width, height: area.height })),
    ...back,
    svg("g", { "clip-path": `url(#${id}-clip)` }, ...inside),
    ...front,
  );
}

/** Ticks that there is room for in a plot of that width, about; its other texts are not known yet. */
export const ticksAcross = (width: number, hasBar = false) =>
  Math.max(2, Math.floor((width - (hasBar ? 140 : 80)) / 90));

/** Ticks that there is room for in a plot of that height. */
export const ticksUp = (height: number) => Math.max(2, Math.floor((height - margin.top - margin.bottom) / 45));

/** Of a plot in which colours stand for values. */
export const colourScaleOf = (value: Values, { isLog, height }: Pick<PlotOptions, "isLog" | "height">): Scale =>
  scaleOf(rangeOf(value.values, isLog) ?? unitRange, { quantity: value, isLog, ticks: ticksUp(height) });
