/** Cells of a field along one axis: each reaches half of the way to the next coordinate. */
import type { Values } from "../load.ts";
import type { Range } from "../scale.ts";
import type { PlotTexts } from "./plot.ts";

export interface Cells extends Values {
  /** float64[n + 1], growing: where each cell begins, and the last one ends. */
  readonly edges: Float64Array;
  /** Whether the last value of the field comes first here: its coordinate falls. */
  readonly isFalling: boolean;
  /** Whether all cells are as wide as one another, to a thousandth. */
  readonly isEven: boolean;
  readonly range: Range;
  /** Index in the field of the cell that has a value of the axis; `undefined` beyond the ends. */
  at(value: number): number | undefined;
}

/** Coordinates that don't rise or fall throughout are counted: 0, 1, 2 … */
export function cellsOf(axis: Values, texts: PlotTexts): Cells {
  const direction = directionOf(axis.values);
  if (direction !== 0) return cells(axis, direction < 0);
  const counted = axis.values.map((_, i) => i);
  return cells({ label: texts.counted(axis.label), unit: "", values: counted }, false);
}

/** 1 where values rise, −1 where they fall, 0 where they do neither. */
function directionOf(values: Float64Array): number {
  if (values.length === 1) return Number.isFinite(values[0]) ? 1 : 0;
  const direction = Math.sign(values[1]! - values[0]!);
  for (let i = 1; i < values.length; i++) if (Math.sign(values[i]! - values[i - 1]!) !== direction) return 0;
  return direction;
}

function cells(axis: Values, isFalling: boolean): Cells {
  const centres = isFalling ? axis.values.toReversed() : axis.values;
  const count = centres.length;
  const edges = new Float64Array(count + 1);
  for (let i = 1; i < count; i++) edges[i] = (centres[i - 1]! + centres[i]!) / 2;
  const half =
    count > 1 ? [(centres[1]! - centres[0]!) / 2, (centres[count - 1]! - centres[count - 2]!) / 2] : [0.5, 0.5];
  edges[0] = centres[0]! - half[0]!;
  edges[count] = centres[count - 1]! + half[1]!;
  const width = (edges[count]! - edges[0]!) / count;
  const isEven = centres.every((_, i) => Math.abs(edges[i + 1]! - edges[i]! - width) <= 0.001 * width);
  return {
    ...axis,
    edges,
    isFalling,
    isEven,
    range: { least: edges[0]!, greatest: edges[count]! },
    at(value) {
      if (!(value >= edges[0]! && value <= edges[count]!)) return undefined;
      let [low, high] = [0, count - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (edges[middle]! <= value) low = middle;
        else high = middle - 1;
      }
      return isFalling ? count - 1 - low : low;
    },
  };
}
