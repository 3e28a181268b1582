/**
 * A field of two dimensions, as an image in whose cells values are colours; missing ones show the hatching behind it.
 *
 * Each pixel has the colour of the cell it is in, at most two pixels to one of the screen: nothing is smoothed, so that what is
 * seen is what is in the data.
 */
import { type ColourTable, indexAt } from "../colours.ts";
import type { PlotData } from "../load.ts";
import { dataUrl, palettePng } from "../png.ts";
import { type Scale, scaleOf } from "../scale.ts";
import { px, type SvgNode, svg } from "../scene.ts";
import { valueText } from "../values.ts";
import { type Cells, cellsOf } from "./cells.ts";
import { type Area, colourScaleOf, framed, frameOf, ticksAcross, ticksUp, titleOf } from "./frame.ts";
import { extremesText, shownValue } from "./lines.ts";
import type { Cursor, Plot, PlotOptions } from "./plot.ts";

export function fieldPlot(data: Extract<PlotData, { kind: "field" }>, options: PlotOptions): Plot {
  const { value, downward } = data;
  const { width, height, colours, id, texts } = options;
  const [x, y] = [cellsOf(data.x, texts), cellsOf(data.y, texts)];
  const colour = colourScaleOf(value, options);
  const frame = frameOf({
    ...options,
    x: { title: titleOf(x), scale: scaleOf(x.range, { quantity: x, ticks: ticksAcross(width, true) }) },
    y: { title: titleOf(y), scale: scaleOf(y.range, { quantity: y, ticks: ticksUp(height) }), reversed: downward },
    bar: { title: titleOf(value), scale: colour, colours, id },
  });
  const { area } = frame;
  const columns = x.values.length;
  const image = imageOf({ x, y, values: value.values, colour, downward, area });
  const href = dataUrl(palettePng(image.width, image.height, image.pixels, paletteOf(colours)));
  const place = (row: number, column: number): Cursor => {
    const at = `${x.label} ${valueText(x.values[column]!, x)}, ${y.label} ${valueText(y.values[row]!, y)}`;
    const text = texts.at(shownValue(value.values[row * columns + column]!, value, texts), at);
    return { at: [row, column], x: frame.x(x.values[column]!), y: frame.y(y.values[row]!), text };
  };
  return {
    svg: framed(
      options,
      frame,
      hatching(id),
      svg("rect", { x: area.left, y: area.top, width: area.width, height: area.height, fill: `url(#${id}-hatch)` }),
      svg("image", {
        href,
        x: area.left,
        y: area.top,
        width: px(area.width),
        height: px(area.height),
        preserveAspectRatio: "none",
        "image-rendering": "pixelated",
      }),
    ),
    summary: `${texts.field(value.label, x.label, y.label)} ${extremesText(value, texts)}`,
    at(left, top) {
      const across = (left - area.left) / area.width;
      const up = 1 - (top - area.top) / area.height;
      const column = x.at(x.range.least + across * (x.range.greatest - x.range.least));
      const share = downward ? 1 - up : up;
      const row = y.at(y.range.least + share * (y.range.greatest - y.range.least));
      return row === undefined || column === undefined ? undefined : place(row, column);
    },
    step(from, right, up) {
      const [row = 0, column = 0] = from?.at ?? [];
      if (!from) return place(0, 0);
      const next = (at: number, by: number, { isFalling, values }: Cells) =>
        Math.min(values.length - 1, Math.max(0, at + (isFalling ? -by : by)));
      return place(next(row, downward ? -up : up, y), next(column, right, x));
    },
  };
}

interface ImageOptions {
  readonly x: Cells;
  readonly y: Cells;
  readonly values: Float64Array;
  readonly colour: Scale;
  readonly downward: boolean;
  readonly area: Pick<Area, "width" | "height">;
}

/** Colour indices from the top left: 0 where a value is missing, else 1 to 255. */
function imageOf({ x, y, values, colour, downward, area }: ImageOptions) {
  const across = pixelsAlong(x, area.width, false);
  const down = pixelsAlong(y, area.height, !downward);
  const columns = x.values.length;
  const pixels = new Uint8Array(across.length * down.length);
  for (let row = 0; row < down.length; row++)
    for (let column = 0; column < across.length; column++) {
      const share = colour.share(values[down[row]! * columns + across[column]!]!);
      pixels[row * across.length + column] = Number.isNaN(share) ? 0 : 1 + Math.round((indexAt(share) * 254) / 255);
    }
  return { width: across.length, height: down.length, pixels };
}

/** The index of the cell that each pixel is in. Cells of one width are a pixel each, where they are not too many. */
function pixelsAlong(cells: Cells, length: number, reversed: boolean): readonly number[] {
  const { isEven, values, range } = cells;
  const most = Math.ceil(2 * length);
  const count = isEven && values.length <= most ? values.length : most;
  const found = Array.from({ length: count }, (_, i) => {
    const share = (i + 0.5) / count;
    return cells.at(range.least + share * (range.greatest - range.least)) ?? 0;
  });
  return reversed ? found.reverse() : found;
}

/** 255 colours of three bytes. */
function paletteOf(table: ColourTable): Uint8Array {
  const palette = new Uint8Array(765);
  for (let i = 0; i < 255; i++) palette.set(table.subarray(3 * indexAt(i / 254), 3 * indexAt(i / 254) + 3), 3 * i);
  return palette;
}

/** What shows where nothing was measured. */
function hatching(id: string): SvgNode {
  return svg(
    "pattern",
    { id: `${id}-hatch`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("path", { class: "plot-hatch", d: "M3 0v6" }),
  );
}
