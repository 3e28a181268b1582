/** The grid of meridians and parallels, and what they are called at the map's left and lower edge. */
import { geoGraticule } from "d3-geo";
import type { MultiLineString } from "geojson";
import { type Camera, normalized, placeAt, type Size } from "./camera.ts";

/** Degrees between lines: as many as leave some of them on the map. */
function gridStep({ scale }: Camera): number {
  return [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1].find((degrees) => (degrees * Math.PI * scale) / 180 < 220) ?? 0.05;
}

/** The visible lines. */
export function graticuleAt(camera: Camera, { width, height }: Size): MultiLineString {
  const { centre, scale } = camera;
  const step = gridStep(camera);
  const grid = geoGraticule().step([step, step]).stepMajor([90, 360]);
  if (step >= 10) return grid();
  const reach = Math.min(90, (Math.hypot(width, height) * 90) / Math.PI / scale);
  const [south, north] = [Math.max(-89, centre[1] - reach), Math.min(89, centre[1] + reach)];
  // Meridians converge: near a pole all of them are on the map.
  const shortest = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const aside = Math.min(180, reach / Math.max(0.02, shortest));
  const down = (degrees: number) => Math.floor(degrees / step) * step;
  return grid.extent([
    [down(centre[0] - aside), down(south)],
    [down(centre[0] + aside) + step, down(north) + step],
  ])();
}

export interface GridLabel {
  /** `15° N`. */
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Where lines of the grid leave the map: parallels at its left edge, meridians at its lower one. None outside the Earth. */
export function gridLabels(camera: Camera, size: Size): readonly GridLabel[] {
  const step = gridStep(camera);
  const { width, height } = size;
  const parallels = crossings((y) => placeAt(camera, [0, y], size)?.[1], height, step).map(
    ([y, degrees]): GridLabel => ({ text: named(degrees, "N", "S"), x: 0, y }),
  );
  const meridians = crossings((x) => placeAt(camera, [x, height], size)?.[0], width, step).map(
    ([x, degrees]): GridLabel => ({ text: named(normalized(degrees), "E", "W"), x, y: height }),
  );
  return [...parallels, ...meridians];
}

/** Pixels between places that are tested along an edge. */
const sampled = 8;

/** Where a value that changes along an edge passes a multiple of `step`. */
function crossings(
  valueAt: (pixel: number) => number | undefined,
  length: number,
  step: number,
): (readonly [pixel: number, value: number])[] {
  const found: (readonly [number, number])[] = [];
  let before = valueAt(0);
  for (let pixel = sampled; pixel <= length; pixel += sampled) {
    const value = valueAt(pixel);
    // A longitude that jumps at the antimeridian goes on beyond 180°.
    const now = value !== undefined && before !== undefined ? before + normalized(value - before) : value;
    if (before !== undefined && now !== undefined) {
      const multiple = Math.floor(Math.max(before, now) / step) * step;
      if (multiple > Math.min(before, now))
        found.push([pixel - (sampled * (now - multiple)) / (now - before), multiple]);
    }
    before = now;
  }
  return found;
}

function named(degrees: number, positive: string, negative: string): string {
  const rounded = Math.round(Math.abs(degrees) * 100) / 100;
  const side = rounded === 0 || rounded === 180 ? "" : degrees > 0 ? ` ${positive}` : ` ${negative}`;
  return `${rounded}°${side}`;
}
