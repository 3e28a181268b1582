/** Which track a pointer points at: the one whose line or dot is nearest, within some pixels. */
import type { GeoProjection } from "d3-geo";
import type { Position } from "../../pipeline/core/dataset/dataset.ts";
import { type Shape, shapeOf, type Track } from "./track.ts";

/** Pixels of lines one after another: x, y, and NaN, NaN where one ends. A dot is a line of one position. */
type Pixels = Float32Array;

export interface Pointable {
  /** The track nearest to a pixel and at most `within` pixels away. */
  at(x: number, y: number, within: number): Track | undefined;
}

export function pointable(tracks: readonly Track[], projection: GeoProjection): Pointable {
  const drawn = tracks.map((track) => ({ track, pixels: pixelsOf(shapeOf(track), projection) }));
  return {
    at(x, y, within) {
      let nearest: Track | undefined;
      let least = within * within;
      for (const { track, pixels } of drawn) {
        const distance = squaredDistance(pixels, x, y);
        // What is drawn later is above.
        if (distance <= least) [least, nearest] = [distance, track];
      }
      return nearest;
    },
  };
}

function pixelsOf({ lines, dots }: Shape, projection: GeoProjection): Pixels {
  const pixels: number[] = [];
  for (const line of [...lines, ...dots.map((dot) => [dot])]) {
    for (const position of line) {
      const at = visible(position, projection);
      pixels.push(at ? at[0] : Number.NaN, at ? at[1] : Number.NaN);
    }
    pixels.push(Number.NaN, Number.NaN);
  }
  return Float32Array.from(pixels);
}

/** `undefined` on the far side of the globe, where a projection gives pixels of the near side. */
function visible(position: Position, projection: GeoProjection): [number, number] | undefined {
  const at = projection([position[0], position[1]]);
  const back = at && projection.invert?.(at);
  if (!at || !back) return undefined;
  const away = Math.abs(back[1] - position[1]) + Math.abs(Math.sin(((back[0] - position[0]) * Math.PI) / 360));
  return away < 0.05 ? at : undefined;
}

function squaredDistance(pixels: Pixels, x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < pixels.length; i += 2) {
    const [ax, ay] = [pixels[i]!, pixels[i + 1]!];
    if (Number.isNaN(ax)) continue;
    const [bx, by] = [pixels[i + 2] ?? Number.NaN, pixels[i + 3] ?? Number.NaN];
    const distance = Number.isNaN(bx) ? (ax - x) ** 2 + (ay - y) ** 2 : squaredToSegment(x, y, ax, ay, bx, by);
    if (distance < least) least = distance;
  }
  return least;
}

function squaredToSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2;
}
