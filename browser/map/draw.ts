/** Draws the map: water, land, a graticule, the tracks by the colours of their groups, the box that is searched. */

import type { GeoPermissibleObjects } from "d3-geo";
import { geoGraticule, geoPath } from "d3-geo";
import type { MultiPolygon } from "geojson";
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { type Camera, projectionOf, type Size } from "./camera.ts";
import { colourOf } from "./colours.ts";
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
  /** As `--group-0` … `--group-7`. */
  readonly groups: readonly string[];
}

/** Radius of a dot and width of a line, pixels. */
const [dotRadius, lineWidth] = [3, 1.6];

export function draw(context: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const { camera, size, land, tracks, groups, highlighted, box } = scene;
  const projection = projectionOf(camera, size);
  const path = geoPath(projection, context).pointRadius(dotRadius);
  const trace = (shape: GeoPermissibleObjects) => {
    context.beginPath();
    path(shape);
  };
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

  // All of one colour at once: a stroke of ten thousand lines costs less than ten thousand strokes.
  for (const [colour, shapes] of byColour(tracks, groups)) {
    context.globalAlpha = opacityOf(tracks.length);
    trace(joined(shapes));
    const paint = palette.groups[colour] ?? palette.box;
    stroke(context, paint, lineWidth);
    context.globalAlpha = 1;
    trace({ type: "MultiPoint", coordinates: shapes.flatMap(({ dots }) => dots.map((dot) => [...dot])) });
    context.fillStyle = paint;
    context.fill();
  }

  if (highlighted) {
    const shape = shapeOf(highlighted);
    const paint = palette.groups[colourOf(highlighted.group, groups)] ?? palette.box;
    trace(joined([shape]));
    stroke(context, palette.halo, 6);
    stroke(context, paint, 3);
    path.pointRadius(dotRadius + 2);
    trace({ type: "MultiPoint", coordinates: shape.dots.map((dot) => [...dot]) });
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
    const colour = colourOf(track.group, groups);
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

/** Lines of the grid where the map is: as many degrees apart as leaves some of them on it. */
function graticuleAt({ scale, centre }: Camera, { width, height }: Size): GeoPermissibleObjects {
  const step = [30, 15, 10, 5, 2, 1].find((degrees) => (degrees * Math.PI * scale) / 180 < 220) ?? 0.5;
  const grid = geoGraticule().step([step, step]).stepMajor([90, 360]);
  if (step >= 10) return grid();
  const reach = Math.min(90, (Math.hypot(width, height) * 90) / Math.PI / scale);
  const [south, north] = [Math.max(-89, centre[1] - reach), Math.min(89, centre[1] + reach)];
  // Meridians converge: near a pole all of them are on the map.
  const aside = Math.min(
    180,
    reach / Math.max(0.02, Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180)),
  );
  const down = (degrees: number) => Math.floor(degrees / step) * step;
  return grid.extent([
    [down(centre[0] - aside), down(south)],
    [down(centre[0] + aside) + step, down(north) + step],
  ])();
}
