/** What every plot is: a drawing, a sentence about it, and the value at a place of it, by pointer or by key. */

import type { Texts } from "../../texts/en.ts";
import type { ColourTable } from "../colours.ts";
import type { SvgNode } from "../scene.ts";

export interface PlotOptions {
  /** Pixels of CSS. */
  readonly width: number;
  readonly height: number;
  readonly colours: ColourTable;
  readonly isLog: boolean;
  /** Makes ids unique in the page. */
  readonly id: string;
  readonly texts: PlotTexts;
}

export type PlotTexts = Texts["quicklook"];

export interface Plot {
  readonly svg: SvgNode;
  /** For screen readers: kind, names, extremes, how much is missing. */
  readonly summary: string;
  /** The value nearest to a place, in pixels from the top left; `undefined` where there is none. */
  at(x: number, y: number): Cursor | undefined;
  /** The next value in a direction; from `undefined`, the first. `right` and `up` count steps, negative ones the other way. */
  step(from: Cursor | undefined, right: number, up: number): Cursor | undefined;
}

export interface Cursor {
  /** Which value: what the plot counts by. */
  readonly at: readonly number[];
  /** Pixels. */
  readonly x: number;
  readonly y: number;
  /** "air temperature 293.15 K at 2024-08-11 12:30:15" */
  readonly text: string;
}
