/**
 * The map of datasets: pan, magnify, point at a track, draw a box to search in. By pointer, by touch and from the keyboard.
 *
 * ```ts
 * const map = openMap(element, { texts, read: (name) => fetch(new URL(name, base)), onPick: open, onBox: search });
 * map.show(tracks);
 * ```
 *
 * A canvas, because ten thousand tracks would be ten thousand elements; the page lists them for readers who can't see it. Its
 * colours come from the style sheet.
 */
import type { MultiPolygon } from "geojson";
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { groupColours, groupsIn } from "../../pipeline/core/page/groups.ts";
import {
  boxBetween,
  boxShown,
  type Camera,
  fitted,
  panned,
  placeAt,
  projectionOf,
  type Size,
  zoomed,
} from "./camera.ts";
import { draw, type Palette } from "./draw.ts";
import { listenTo, type Pixel, type PointerKind } from "./gestures.ts";
import { coastlines, type ReadFile } from "./land.ts";
import { type Pointable, pointable } from "./nearest.ts";
import { type MapTexts, partsOf } from "./tools.ts";
import { boxOfTracks, type Track } from "./track.ts";

export interface MapOptions {
  readonly texts: MapTexts;
  /** Reads a file of coastlines. */
  readonly read: ReadFile;
  /** The box was drawn, or removed (`undefined`). Without it the map has no box. */
  readonly onBox?: (box: Box | undefined) => void;
  /** A track was clicked. */
  readonly onPick?: (path: string) => void;
  /** The pointer came to a track, or left it. */
  readonly onHover?: (path: string | undefined) => void;
}

export interface DatasetMap {
  /**
   * Shows these tracks. The camera moves to them, until a reader has moved it.
   *
   * @param groups the order of colours; without it the commonest group of these tracks has the first
   */
  show(tracks: readonly Track[], groups?: readonly string[]): void;
  highlight(path: string | undefined): void;
  setBox(box: Box | undefined): void;
  destroy(): void;
}

/** Pixels around a track in which a pointer is at it. */
const near: Readonly<Record<PointerKind, number>> = { mouse: 8, pen: 12, touch: 20 };

/** Tracks that are drawn while the map moves, and milliseconds after a move until all are. */
const [mostMoving, settlingMs] = [1500, 150];

/** Part of the map that an arrow key moves it by, and what a key or button magnifies by. */
const [stride, magnification] = [0.15, 1.6];

export function openMap(element: HTMLElement, options: MapOptions): DatasetMap {
  return new CanvasMap(element, options);
}

class CanvasMap implements DatasetMap {
  readonly #element: HTMLElement;
  readonly #options: MapOptions;
  readonly #parts: ReturnType<typeof partsOf>;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #stopped = new AbortController();
  readonly #resized = new ResizeObserver(() => this.#resize());
  readonly #landAt: (scale: number) => MultiPolygon | undefined;

  #size: Size = { width: 0, height: 0 };
  #camera: Camera = fitted(undefined, { width: 300, height: 200 });
  #tracks: readonly Track[] = [];
  #groups: readonly string[] = [];
  #box: Box | undefined;
  #highlighted: Track | undefined;
  /** Whether a reader has moved the camera. */
  #isMoved = false;
  #isDrawingBox = false;
  #frame = 0;
  /** Present while the map moves. */
  #settling: ReturnType<typeof setTimeout> | undefined;
  #pointable: Pointable | undefined;

  constructor(element: HTMLElement, options: MapOptions) {
    const { signal } = this.#stopped;
    this.#element = element;
    this.#options = options;
    this.#parts = partsOf(element, options.texts, options.onBox !== undefined);
    this.#context = this.#parts.canvas.getContext("2d");
    this.#landAt = coastlines(options.read, () => this.#redraw());
    this.#resized.observe(this.#parts.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw(), { signal });
    this.#parts.canvas.addEventListener("keydown", (event) => this.#press(event), { signal });
    this.#listenToTools();
    listenTo(
      this.#parts.canvas,
      {
        isBoxDrag: ({ shiftKey }) => options.onBox !== undefined && (this.#isDrawingBox || shiftKey),
        onPan: (dx, dy) => this.#drag(panned(this.#camera, dx, dy, this.#size)),
        onMagnify: (factor, at) => this.#drag(zoomed(this.#camera, factor, this.#size, at)),
        onBox: (from, to, isDone) => this.#dragBox(from, to, isDone),
        onClick: (at, kind) => this.#click(at, kind),
        onHover: (at, kind) => this.#hover(at, kind),
      },
      signal,
    );
  }

  show(tracks: readonly Track[], groups: readonly string[] = groupsIn(tracks.map(({ group }) => group))): void {
    this.#tracks = tracks;
    this.#groups = groups;
    this.#highlighted = undefined;
    if (this.#isMoved) this.#look(this.#camera);
    else this.#fit();
  }

  highlight(path: string | undefined): void {
    const track = path === undefined ? undefined : this.#tracks.find((each) => each.path === path);
    if (track === this.#highlighted) return;
    this.#highlighted = track;
    this.#redraw();
  }

  setBox(box: Box | undefined): void {
    this.#box = box;
    this.#parts.setBoxed(box !== undefined);
    if (this.#tracks.length === 0 && !this.#isMoved) this.#fit();
    this.#redraw();
  }

  destroy(): void {
    this.#stopped.abort();
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settling);
    this.#element.replaceChildren();
  }

  #redraw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (!this.#context || this.#size.width === 0) return;
      const ratio = devicePixelRatio || 1;
      this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
      const every = this.#settling ? Math.ceil(this.#tracks.length / mostMoving) : 1;
      const scene = {
        camera: this.#camera,
        size: this.#size,
        land: this.#landAt(this.#camera.scale),
        tracks: every > 1 ? this.#tracks.filter((_, i) => i % every === 0) : this.#tracks,
        groups: this.#groups,
        highlighted: this.#highlighted,
        box: this.#box,
      };
      draw(this.#context, scene, paletteOf(this.#element));
    });
  }

  #resize(): void {
    const { canvas } = this.#parts;
    const { width, height } = canvas.getBoundingClientRect();
    const ratio = devicePixelRatio || 1;
    this.#size = { width, height };
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    if (this.#isMoved) this.#look(this.#camera);
    else this.#fit();
  }

  #look(camera: Camera): void {
    this.#camera = camera;
    this.#pointable = undefined;
    this.#redraw();
  }

  /** A step of a key or a button. */
  #move(camera: Camera): void {
    this.#isMoved = true;
    this.#look(camera);
  }

  /** A step of a gesture, which others follow at once. */
  #drag(camera: Camera): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#redraw();
    }, settlingMs);
    this.#move(camera);
  }

  #fit(): void {
    this.#isMoved = false;
    // Where nothing was found, the box that was searched.
    this.#look(fitted(boxOfTracks(this.#tracks) ?? this.#box, this.#size));
  }

  #magnify(factor: number): void {
    this.#move(zoomed(this.#camera, factor, this.#size));
  }

  #choose(box: Box | undefined): void {
    this.setBox(box);
    this.#options.onBox?.(box);
  }

  #setDrawing(on: boolean): void {
    this.#isDrawingBox = on;
    this.#parts.setDrawing(on);
  }

  #dragBox(from: Pixel, to: Pixel, isDone: boolean): void {
    const [a, b] = [from, to].map((pixel) => placeAt(this.#camera, pixel, this.#size));
    if (a && b) this.#box = boxBetween(a, b);
    this.#redraw();
    if (!isDone) return;
    this.#setDrawing(false);
    this.#choose(this.#box);
  }

  #listenToTools(): void {
    const { onTool } = this.#parts;
    onTool("magnify", () => this.#magnify(magnification));
    onTool("reduce", () => this.#magnify(1 / magnification));
    onTool("showAll", () => this.#fit());
    onTool("drawBox", () => this.#setDrawing(!this.#isDrawingBox));
    onTool("searchHere", () => this.#choose(boxShown(this.#camera, this.#size)));
    onTool("removeBox", () => this.#choose(undefined));
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = this.#actionOf(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  }

  #actionOf(key: string): (() => void) | undefined {
    const pan = (x: number, y: number) => () =>
      this.#move(panned(this.#camera, x * this.#size.width * stride, y * this.#size.height * stride, this.#size));
    switch (key) {
      case "ArrowLeft":
        return pan(1, 0);
      case "ArrowRight":
        return pan(-1, 0);
      case "ArrowUp":
        return pan(0, 1);
      case "ArrowDown":
        return pan(0, -1);
      case "+":
      case "=":
        return () => this.#magnify(magnification);
      case "-":
        return () => this.#magnify(1 / magnification);
      case "0":
        return () => this.#fit();
    }
    if (!this.#options.onBox) return undefined;
    if (key === "b") return () => this.#choose(boxShown(this.#camera, this.#size));
    if (key === "Escape" && this.#isDrawingBox) return () => this.#setDrawing(false);
    if (key === "Escape" && this.#box) return () => this.#choose(undefined);
    return undefined;
  }

  #click(at: Pixel, kind: PointerKind): void {
    const track = this.#trackAt(at, kind);
    if (track) this.#options.onPick?.(track.path);
  }

  #hover(at: Pixel | undefined, kind: PointerKind): void {
    const track = at && this.#trackAt(at, kind);
    this.#parts.setTip(track && at && { title: track.title, at });
    if (track === this.#highlighted) return;
    this.#highlighted = track;
    this.#redraw();
    this.#options.onHover?.(track?.path);
  }

  #trackAt([x, y]: Pixel, kind: PointerKind): Track | undefined {
    this.#pointable ??= pointable(this.#tracks, projectionOf(this.#camera, this.#size));
    return this.#pointable.at(x, y, near[kind]);
  }
}

function paletteOf(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim() || "gray";
  return {
    water: colour("sea"),
    land: colour("land"),
    coast: colour("coast"),
    grid: colour("graticule"),
    box: colour("accent"),
    halo: colour("surface"),
    label: colour("quiet"),
    font: style.fontFamily,
    groups: Array.from({ length: groupColours }, (_, i) => colour(`group-${i}`)),
  };
}
