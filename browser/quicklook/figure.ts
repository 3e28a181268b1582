/** A plot in the page: drawn as wide as there is room, with values by pointer and keys, in a region that is read out. */

import { element } from "../dom.ts";
import type { PlotData } from "./load.ts";
import { drawPlot } from "./plots/draw.ts";
import type { Cursor, Plot, PlotOptions } from "./plots/plot.ts";
import { elementOf, svg } from "./scene.ts";

export interface Figure {
  readonly root: HTMLElement;
  /** What is drawn now; `undefined` before the first plot. */
  readonly plot: Plot | undefined;
  show(data: PlotData, options: Pick<PlotOptions, "colours" | "isLog">): void;
  clear(): void;
}

/** Pixels. A profile is upright, as in every atlas; a track is as high as it is wide, where there is room. */
function sizeOf({ kind }: PlotData, width: number): { readonly width: number; readonly height: number } {
  if (kind === "profile") return { width: Math.min(width, 520), height: 440 };
  if (kind === "track") return { width: Math.min(width, 720), height: Math.min(480, Math.max(300, width)) };
  return { width: Math.min(width, 1100), height: width < 480 ? 280 : 340 };
}

export function figureOf(id: string, texts: PlotOptions["texts"]): Figure {
  const drawing = element("div", {
    class: "ql-plot",
    role: "application",
    tabindex: "0",
    "aria-label": texts.title,
    "aria-describedby": `${id}-keys`,
  });
  const readout = element("p", { class: "ql-readout", role: "status" });
  const keys = element("p", { class: "unseen", id: `${id}-keys` }, texts.keys);
  const root = element("figure", { class: "ql-figure" }, drawing, readout, keys);
  let plot: Plot | undefined;
  let cursor: Cursor | undefined;
  let mark: SVGElement | undefined;
  let last: Parameters<Figure["show"]> | undefined;
  let width = 0;

  const point = (next: Cursor | undefined) => {
    cursor = next;
    readout.textContent = next?.text ?? "";
    mark?.remove();
    mark = next && elementOf(svg("circle", { class: "plot-cursor", cx: next.x, cy: next.y, r: 5 }), document);
    if (mark) drawing.firstElementChild?.append(mark);
  };
  const draw = () => {
    width = Math.floor(drawing.clientWidth);
    // Not in the page yet: it is drawn when it is, and its width is known.
    if (!last || !drawing.isConnected) return;
    const [data, options] = last;
    plot = drawPlot(data, { ...options, ...sizeOf(data, Math.max(280, width)), texts, id });
    if (!plot) return;
    drawing.replaceChildren(elementOf(plot.svg, document));
    drawing.setAttribute("aria-label", plot.summary);
    point(undefined);
  };
  const placeOf = (event: PointerEvent): readonly [number, number] => {
    const box = drawing.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  drawing.addEventListener("pointermove", (event) => point(plot?.at(...placeOf(event))));
  drawing.addEventListener("pointerdown", (event) => point(plot?.at(...placeOf(event))));
  drawing.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!plot || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const times = event.shiftKey ? 10 : 1;
    point(plot.step(cursor, step[0] * times, step[1] * times));
  });
  new ResizeObserver(() => {
    if (Math.abs(drawing.clientWidth - width) > 1) draw();
  }).observe(drawing);

  return {
    root,
    get plot() {
      return plot;
    },
    show(...shown) {
      last = shown;
      draw();
    },
    clear() {
      [last, plot] = [undefined, undefined];
      drawing.replaceChildren();
      point(undefined);
    },
  };
}

/** Steps to the right and up, by key. */
const steps: Readonly<Record<string, readonly [right: number, up: number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  PageUp: [0, 50],
  PageDown: [0, -50],
  Home: [-1e9, 0],
  End: [1e9, 0],
};
