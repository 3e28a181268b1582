/**
 * `geospatial_bounds` (ACDD 1.3): a place in well-known text, whose order of axes is that of its reference system.
 *
 * By default that is EPSG:4326, which has the latitude first, whatever most programs that write well-known text do. No
 * order is guessed: where the first numbers can't be latitudes, there is no place.
 */
import type { Geometry, Place, Position } from "../../dataset/dataset.ts";
import { shown } from "../../text/shown.ts";
import { crosses, normalLongitude, normalSpan } from "./bounds.ts";
import { boxShape, mostPositions } from "./geometry.ts";
import { roundedBounds } from "./place.ts";

/** Well-known text beyond this is no outline of a dataset. */
const longest = 200_000;

/** The place, or why there is none: a phrase whose subject is the text. */
export function placeOfWkt(text: string, system = "EPSG:4326"): Place | string {
  const order = orderOf(system);
  if (!order) return `is in "${shown(system, 40)}", of which we know neither axes nor units`;
  if (text.length > longest) return `has ${text.length} characters; at most ${longest} are read`;
  const [, kind = "", body = ""] = /^(?:SRID=4326;)?\s*([A-Z]+?)\s*(?:ZM?|M)?\s*(\(.*\))$/is.exec(text) ?? [];
  const parts = body.split(/[()]+/).filter((part) => /\d/.test(part));
  const lines = parts.map((part) => part.split(",").map((place) => positionOf(place, order)));
  const all = lines.flat();
  if (!kinds.has(kind.toUpperCase()) || all.length === 0 || all.some((each) => each === undefined))
    return "is no well-known text of places that we can read";
  const places = all as Position[];
  const latitudes = places.map(([, latitude]) => latitude);
  const longitudes = places.map(([longitude]) => longitude);
  if (latitudes.some((latitude) => Math.abs(latitude) > 90))
    return `has latitudes beyond ±90; EPSG:4326 has the latitude first, OGC:CRS84 the longitude`;
  if (longitudes.some((longitude) => Math.abs(longitude) > 360)) return "has longitudes beyond ±360";
  const bounds = roundedBounds({
    ...normalSpan(least(longitudes), greatest(longitudes)),
    south: least(latitudes),
    north: greatest(latitudes),
  });
  const drawn = places.length <= mostPositions && !crosses(bounds) && lines.length === 1;
  const geometry = drawn ? geometryOf(kind.toUpperCase(), places) : undefined;
  return { bounds, geometry: geometry ?? boxShape(bounds), source: "attributes" };
}

/** Of one line or ring; `undefined` for what has no area or length, which the box describes as well. */
function geometryOf(kind: string, places: readonly Position[]): Geometry | undefined {
  const positions = places.map(([x, y]) => [round(normalLongitude(x)), round(y)] as const);
  switch (kind) {
    case "POINT":
      return { type: "Point", coordinates: positions[0]! };
    case "LINESTRING":
      return positions.length > 1 ? { type: "LineString", coordinates: positions } : undefined;
    case "POLYGON":
      return outline(positions);
    default:
      return undefined;
  }
}

const kinds = new Set(["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"]);

type Order = "latitude first" | "longitude first";

function orderOf(system: string): Order | undefined {
  if (
    /^(?:urn:ogc:def:crs:|https?:\/\/www\.opengis\.net\/def\/crs\/)?EPSG[:/]+(?:[\d.]*[:/]+)?(?:4326|4979)$/i.test(
      system,
    )
  )
    return "latitude first";
  return /^(?:urn:ogc:def:crs:|https?:\/\/www\.opengis\.net\/def\/crs\/)?(?:OGC[:/]+(?:[\d.]*[:/]+)?)?CRS84h?$/i.test(
    system,
  )
    ? "longitude first"
    : undefined;
}

function positionOf(text: string, order: Order): Position | undefined {
  const numbers = text.trim().split(/\s+/).map(Number);
  if (numbers.length < 2 || numbers.length > 4 || !numbers.every(Number.isFinite)) return undefined;
  const [a, b] = numbers as [number, number];
  return order === "latitude first" ? [b, a] : [a, b];
}

/** A ring of at least three places and an area, closed and counterclockwise (RFC 7946, 3.1.6). */
function outline(positions: readonly Position[]): Geometry | undefined {
  const [first] = positions;
  const closed = first && String(first) === String(positions.at(-1)) ? positions : [...positions, first!];
  const area = closed.reduce((sum, [ax, ay], i) => {
    const [bx, by] = closed[(i + 1) % closed.length]!;
    return sum + ax * by - bx * ay;
  }, 0);
  if (closed.length < 4 || area === 0) return undefined;
  return { type: "Polygon", coordinates: [area > 0 ? closed : closed.toReversed()] };
}

const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6 + 0;
const least = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.min(a, b));
const greatest = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b));
