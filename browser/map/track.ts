/**
 * Where a dataset is, as something that can be drawn and pointed at: lines and dots.
 *
 * Areas are drawn by their outline. On a sphere the inside of a ring is a matter of its direction, which GeoJSON files get wrong;
 * an outline is right either way, and a map full of filled boxes shows none of them.
 */
import type { Geometry, Position } from "../../pipeline/core/dataset/dataset.ts";
import { type Box, boxAround, positionsOf, unwrapped } from "../../pipeline/core/dataset/extent.ts";

export interface Track {
  /** What identifies it: the dataset's path. */
  readonly path: string;
  readonly title: string;
  /** What gives it its colour: a platform. */
  readonly group: string;
  readonly geometry?: Geometry | undefined;
  readonly bbox?: Box | undefined;
}

/** What is drawn of a track. Degrees; every line has two positions or more. */
export interface Shape {
  readonly lines: readonly (readonly Position[])[];
  readonly dots: readonly Position[];
}

/** The shape of a dataset: its geometry, else its box, else nothing. */
export function shapeOf({ geometry, bbox }: Pick<Track, "geometry" | "bbox">): Shape {
  if (geometry) return shapeOfGeometry(geometry);
  return bbox ? shapeOfBox(bbox) : { lines: [], dots: [] };
}

function shapeOfGeometry(geometry: Geometry): Shape {
  switch (geometry.type) {
    case "Point":
    case "MultiPoint":
      return { lines: [], dots: positionsOf(geometry) };
    case "LineString":
      return shapeOfLines([geometry.coordinates]);
    case "MultiLineString":
      return shapeOfLines(geometry.coordinates);
    // A box that a description gives as a polygon has edges along parallels, as the box has.
    case "Polygon":
      return { lines: geometry.coordinates.map(alongParallels), dots: [] };
    case "MultiPolygon":
      return { lines: geometry.coordinates.flat().map(alongParallels), dots: [] };
  }
}

/** A line of one position is a dot. */
function shapeOfLines(lines: readonly (readonly Position[])[]): Shape {
  return {
    lines: lines.filter((line) => line.length > 1),
    dots: lines.flatMap((line) => (line.length === 1 ? line : [])),
  };
}

/** The edges of a box; a box without extent is a dot. */
export function shapeOfBox(box: Box): Shape {
  const [west, south, east, north] = box;
  if (west === east && south === north) return { lines: [], dots: [[west, south]] };
  const [left, right] = unwrapped(box);
  const parallels = [south, north].map((latitude) => alongParallels([[left, latitude], [right, latitude]])); // biome-ignore format: a pair of positions
  // All around the globe there is no western and no eastern edge.
  const meridians: Position[][] = right - left >= 360 ? [] : [left, right].map((longitude) => [[longitude, south], [longitude, north]]); // biome-ignore format: a pair of positions
  return { lines: [...parallels, ...meridians], dots: [] };
}

/** Degrees between positions that are inserted, so that a great circle from one to the next does not visibly leave the parallel. */
const step = 3;

function alongParallels(line: readonly Position[]): Position[] {
  return line.flatMap((to, i): Position[] => {
    const from = line[i - 1];
    if (!from || from[1] !== to[1]) return [to];
    const pieces = Math.max(1, Math.ceil(Math.abs(to[0] - from[0]) / step));
    return Array.from({ length: pieces }, (_, n) => [from[0] + ((to[0] - from[0]) * (n + 1)) / pieces, to[1]]);
  });
}

/** The box around tracks; `undefined` where none has a place. */
export function boxOfTracks(tracks: readonly Track[]): Box | undefined {
  return boxAround(tracks.flatMap(boxesOf));
}

function boxesOf({ bbox, geometry }: Track): readonly Box[] {
  if (bbox) return [bbox];
  if (!geometry) return [];
  return positionsOf(geometry).map(([longitude, latitude]) => [longitude, latitude, longitude, latitude] as const);
}
