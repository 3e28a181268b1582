/**
 * From degrees to pixels and back: which part of the Earth the map shows.
 *
 * A globe (orthographic) where the data fit on one side of it, which shows poles and the antimeridian as any other place; an
 * equal-area map of the world where they don't. North is up in both. A camera is a value: moving it gives another.
 */
import { type GeoProjection, geoEqualEarth, geoOrthographic } from "d3-geo";
import type { Position } from "../../pipeline/core/dataset/dataset.ts";
import { type Box, widthOf } from "../../pipeline/core/dataset/extent.ts";

export interface Size {
  /** Pixels of the style sheet. */
  readonly width: number;
  readonly height: number;
}

export interface Camera {
  readonly form: "globe" | "world";
  /** The position in the middle. A world map is only turned: its latitude moves the map up and down. */
  readonly centre: Position;
  /** Pixels a radian. */
  readonly scale: number;
}

/** Data wider or higher than this are clearer on a map of the world. Degrees. */
const widestOnGlobe = 120;

/** Part of the map that the data take when it is fitted to them. */
const filled = 0.82;

const world: Box = [-180, -90, 180, 90];

/** Degrees that are shown around a single place. */
const leastExtent = 4;

/** The camera that shows all of `box`; the whole world where there is none. */
export function fitted(box: Box | undefined, size: Size): Camera {
  const shown = box ?? world;
  const [west, south, , north] = shown;
  const width = widthOf(shown);
  const centre: Position = [normalized(west + width / 2), (south + north) / 2];
  const form = width > widestOnGlobe || north - south > widestOnGlobe ? "world" : "globe";
  // Near a pole a wide range of longitudes is a small area, which the globe shows whole from above.
  if (form === "world" && box && Math.min(Math.abs(south), Math.abs(north)) >= 50 && south * north > 0)
    return fittedToCap(south > 0 ? 90 : -90, 90 - Math.min(Math.abs(south), Math.abs(north)), size);
  if (form === "world") return { form, centre: [centre[0], 0], scale: leastScale("world", size) };
  const across = Math.max(width, leastExtent) * Math.cos((nearestToEquator(south, north) * Math.PI) / 180);
  const scaleFor = (degrees: number, pixels: number) =>
    (pixels * filled) / (2 * Math.sin((Math.min(degrees, 170) * Math.PI) / 360));
  const up = Math.max(north - south, leastExtent);
  return limited({ form, centre, scale: Math.min(scaleFor(across, size.width), scaleFor(up, size.height)) }, size);
}

function fittedToCap(latitude: number, degrees: number, size: Size): Camera {
  const radius = Math.sin((Math.max(degrees, leastExtent) * Math.PI) / 180);
  return limited(
    { form: "globe", centre: [0, latitude], scale: (Math.min(size.width, size.height) * filled) / (2 * radius) },
    size,
  );
}

const nearestToEquator = (south: number, north: number) =>
  south <= 0 && north >= 0 ? 0 : Math.min(Math.abs(south), Math.abs(north));

export function projectionOf({ form, centre, scale }: Camera, { width, height }: Size): GeoProjection {
  if (form === "globe") {
    return geoOrthographic()
      .rotate([-centre[0], -centre[1]])
      .scale(scale)
      .translate([width / 2, height / 2])
      .clipExtent(extentOf(width, height));
  }
  const world = geoEqualEarth()
    .rotate([-centre[0], 0])
    .scale(scale)
    .translate([width / 2, height / 2]);
  const [, y = height / 2] = world(centre as [number, number]) ?? [];
  return world.translate([width / 2, height - y]).clipExtent(extentOf(width, height));
}

/** Shapes are cut a little outside the map, so that the cuts are invisible. */
const extentOf = (width: number, height: number): [[number, number], [number, number]] => [
  [-8, -8],
  [width + 8, height + 8],
];

/** Moves what is below the pointer by that many pixels. */
export function panned(camera: Camera, dx: number, dy: number, size: Size): Camera {
  const degrees = 180 / Math.PI / camera.scale;
  // Degrees of longitude are shorter away from the equator; at a pole there is no limit to them.
  const shrink = camera.form === "globe" ? Math.max(0.2, Math.cos((camera.centre[1] * Math.PI) / 180)) : 1;
  const longitude = normalized(camera.centre[0] - (dx * degrees) / shrink);
  const latitude = Math.min(90, Math.max(-90, camera.centre[1] + dy * degrees));
  return limited({ ...camera, centre: [longitude, latitude] }, size);
}

/** Magnifies by `factor`; the place at `pixel` stays where it is, as far as the globe's curve lets it. */
export function zoomed(camera: Camera, factor: number, size: Size, pixel?: readonly [number, number]): Camera {
  const next = limited({ ...camera, scale: camera.scale * factor }, size);
  const before = pixel && placeAt(camera, pixel, size);
  if (!before) return next;
  const after = projectionOf(next, size)(before as [number, number]);
  return after ? panned(next, pixel[0] - after[0], pixel[1] - after[1], size) : next;
}

/** The position at a pixel; `undefined` outside the Earth. */
export function placeAt(camera: Camera, pixel: readonly [number, number], size: Size): Position | undefined {
  const projection = projectionOf(camera, size);
  const place = projection.invert?.([pixel[0], pixel[1]]);
  if (!place?.every(Number.isFinite)) return undefined;
  // Outside the globe the inverse gives positions all the same.
  const back = projection(place);
  return back && Math.hypot(back[0] - pixel[0], back[1] - pixel[1]) < 1 ? [place[0], place[1]] : undefined;
}

/** The box that two corners of a rectangle span, west of it first. */
export function boxBetween(a: Position, b: Position): Box {
  const [south, north] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  // The shorter way round.
  const eastward = normalized(b[0] - a[0]);
  const [west, east] = eastward >= 0 ? [a[0], b[0]] : [b[0], a[0]];
  return [rounded(west), rounded(south), rounded(east), rounded(north)];
}

/** The box around what the map shows. */
export function boxShown(camera: Camera, size: Size): Box {
  const pixels = border(size);
  const places = pixels.map((pixel) => placeAt(camera, pixel, size)).filter((place) => place !== undefined);
  const middle = camera.centre;
  if (places.length < pixels.length / 2) {
    // The Earth's edge is on the map: half of it is shown, or all.
    return camera.form === "world"
      ? world
      : [rounded(normalized(middle[0] - 90)), rounded(Math.max(-90, middle[1] - 90)), rounded(normalized(middle[0] + 90)), rounded(Math.min(90, middle[1] + 90))]; // biome-ignore format: four edges
  }
  const latitudes = places.map(([, latitude]) => latitude);
  const away = places.map(([longitude]) => normalized(longitude - middle[0]));
  const shows = (latitude: number) => {
    const at = projectionOf(camera, size)([middle[0], latitude]);
    return at && at[1] >= 0 && at[1] <= size.height && Math.abs(latitude - middle[1]) <= 90;
  };
  const [west, east] = [Math.min(...away), Math.max(...away)];
  const round = shows(90) || shows(-90);
  return [
    round ? -180 : rounded(normalized(middle[0] + west)),
    shows(-90) ? -90 : rounded(Math.min(...latitudes)),
    round ? 180 : rounded(normalized(middle[0] + east)),
    shows(90) ? 90 : rounded(Math.max(...latitudes)),
  ];
}

function border({ width, height }: Size): (readonly [number, number])[] {
  const parts = [0, 0.25, 0.5, 0.75, 1];
  return parts.flatMap((part) => [
    [part * width, 0] as const,
    [part * width, height] as const,
    [0, part * height] as const,
    [width, part * height] as const,
  ]);
}

/** The smallest scale shows the whole Earth; the greatest some kilometres. */
function limited(camera: Camera, size: Size): Camera {
  const scale = Math.min(400_000, Math.max(leastScale(camera.form, size), camera.scale));
  return { ...camera, scale };
}

function leastScale(form: Camera["form"], { width, height }: Size): number {
  // Equal Earth is 5.41 radians wide and 2.63 high.
  return form === "world" ? Math.min(width / 5.5, height / 2.7) : Math.min(width, height) / 2.05;
}

/** Longitudes from -180 to 180. */
export const normalized = (degrees: number) => ((((degrees + 180) % 360) + 360) % 360) - 180;

const rounded = (degrees: number) => Math.round(degrees * 100) / 100;
