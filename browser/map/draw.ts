/** Draws the map: water, land, a graticule, the tracks by the colours of their groups, the box that is searched. */

import type { GeoPermissibleObjects } from "d3-geo";
import type { MultiPolygon } from "geojson";
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { groupOf } from "../../pipeline/core/page/groups.ts";
import { type Camera, projectionOf, type Size } from "./camera.ts";
import { graticuleAt, gridLabels } from "./graticule.ts";
import { tracer } from "./trace.ts";
import { type Shape, shapeOf, shapeOfBox, type Track } from "./track.ts";

export interface Scene {
  readonly camera: Camera;
  readonly size: Size;
  readonly land?: MultiPolygon | undefined;
  readonly tracks: readonly Track[];
  readonly groups: readonly string[];
  readonly highlighted?: Track | undefined;
  readonly box?: Box | undefined;
}

/** Colours of the style sheet, read where the map is. */
export interface Palette {
  readonly water: string;
  readonly land: string;
  readonly coast: string;
  readonly grid: string;
  readonly box: string;
  readonly halo: string;
  readonly label: string;
  /** Families of the page's font. */
  readonly font: string;
  /** As `--group-0` … `--group-7`. */
  readonly groups: readonly string[];
}

/** Radius of a dot and width of a line, pixels. */
const [dotRadius, lineWidth] = [3, 1.6];

export function draw(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { camera, size, land, tracks, groups, highlighted, box } = scene;
  const trace = tracer(context, projectionOf(camera, size));
  context.clearRect(0, 0, size.width, size.height);
  context.lineJoin = context.lineCap = "round";

  trace({ type: "Sphere" });
  context.fillStyle = palette.water;
  context.fill();
  if (land) {
    trace(land);
    context.fillStyle = palette.land;
    context.fill();
    stroke(context, palette.coast, 0.6);
  }
  trace(graticuleAt(camera, size));
  stroke(context, palette.grid, 0.5);
  writeLabels(context, scene, palette);

  // All of one colour at once: a stroke of ten thousand lines costs less than ten thousand strokes.
  for (const [colour, shapes] of byColour(tracks, groups)) {
    context.globalAlpha = opacityOf(tracks.length);
    trace(joined(shapes));
    const paint = palette.groups[colour] ?? palette.box;
    stroke(context, paint, lineWidth);
    context.globalAlpha = 1;
    trace({ type: "MultiPoint", coordinates: shapes.flatMap(({ dots }) => dots.map((dot) => [...dot])) }, dotRadius);
    context.fillStyle = paint;
    context.fill();
  }

  if (highlighted) {
    const shape = shapeOf(highlighted);
    const paint = palette.groups[groupOf(highlighted.group, groups)] ?? palette.box;
    trace(joined([shape]));
    stroke(context, palette.halo, 6);
    stroke(context, paint, 3);
    trace({ type: "MultiPoint", coordinates: shape.dots.map((dot) => [...dot]) }, dotRadius + 2);
    stroke(context, palette.halo, 3);
    context.fillStyle = paint;
    context.fill();
  }

  if (box) {
    trace(joined([shapeOfBox(box)]));
    context.setLineDash([6, 4]);
    stroke(context, palette.box, 2);
    context.setLineDash([]);
  }
}

/** Pixels between a label and the edge of the map. */
const labelMargin = 6;

/** Pixels. A lower map is a strip that labels would cover. */
const leastLabelled = 160;

function writeLabels(context: CanvasRenderingContext2D, { camera, size }: Scene, palette: Palette): void {
  context.font = `11px ${palette.font}`;
  context.fillStyle = palette.label;
  context.strokeStyle = palette.water;
  context.lineWidth = 3;
  for (const { text, x, y } of size.height < leastLabelled ? [] : gridLabels(camera, size)) {
    const isParallel = x === 0;
    // In the corner, the label of a parallel and that of a meridian would lie on one another.
    if (isParallel ? y > size.height - 24 || y < 10 : x < 30 || x > size.width - 30) continue;
    context.textAlign = isParallel ? "left" : "center";
    context.textBaseline = isParallel ? "middle" : "bottom";
    const at = [isParallel ? labelMargin : x, isParallel ? y : y - labelMargin] as const;
    context.strokeText(text, ...at);
    context.fillText(text, ...at);
  }
}

function stroke(context: CanvasRenderingContext2D, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** Where many lines lie on one another, each is fainter. */
const opacityOf = (tracks: number) => Math.max(0.35, Math.min(1, 1.2 - Math.log10(1 + tracks) / 5));

function byColour(tracks: readonly Track[], groups: readonly string[]): ReadonlyMap<number, readonly Shape[]> {
  const shapes = new Map<number, Shape[]>();
  for (const track of tracks) {
    const colour = groupOf(track.group, groups);
    const same = shapes.get(colour);
    if (same) same.push(shapeOf(track));
    else shapes.set(colour, [shapeOf(track)]);
  }
  // The commonest below: the rarer ones are found more easily above them.
  return new Map([...shapes].sort(([a], [b]) => a - b));
}

const joined = (shapes: readonly Shape[]): GeoPermissibleObjects => ({
  type: "MultiLineString",
  coordinates: shapes.flatMap(({ lines }) => lines.map((line) => line.map((position) => [...position]))),
});
