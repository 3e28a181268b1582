/**
 * A small picture of where a dataset is: its track or box in a frame that all datasets of a campaign share, so that two pictures
 * can be compared at a glance. What has no place gets a sign of what it is.
 */
import type { Geometry, Position } from "../dataset/dataset.ts";
import { type Box, boxAround, unwrapped, widthOf } from "../dataset/extent.ts";
import { evenlyOf } from "../evenly.ts";
import { type Html, html } from "./html.ts";

/** Of a picture, in its own units. */
const [width, height] = [56, 36];

const world: Box = [-180, -90, 180, 90];

/** Degrees: a wider box does not locate a campaign, and a smaller frame does not show the world around it. */
const [widest, narrowest] = [120, 6];

/** Points of a picture. */
const mostPoints = 60;

/** The frame of a campaign: what its datasets cover, without those that cover half of the world. */
export function frameOf(boxes: Iterable<Box>): Box {
  const local = [...boxes].filter((box) => widthOf(box) <= widest);
  const around = local.length > 0 ? boxAround(local) : undefined;
  if (!around || widthOf(around) > widest * 1.5) return world;
  const [west, south, , north] = around;
  const across = Math.max(narrowest, widthOf(around), ((north - south) * width) / height) * 1.12;
  const high = (across * height) / width;
  const [x, y] = [west + widthOf(around) / 2, (south + north) / 2];
  if (across >= 360) return world;
  return [coarse(x - across / 2), coarse(y - high / 2), coarse(x + across / 2), coarse(y + high / 2)];
}

export interface Pictured {
  readonly kind: "dataset" | "plain" | "failed";
  readonly format?: string | undefined;
  readonly bbox?: Box | undefined;
  readonly geometry?: Geometry | undefined;
}

/** @param group number of the colour of its platform, as in the style sheet. */
export function pictureOf(one: Pictured, group: number, frame: Box): Html {
  const lines = one.bbox || one.geometry ? linesOf(one) : [];
  if (lines.length === 0) return sign(one);
  const part = nearer(lines, one.bbox, frame);
  const d = lines.map((line) => pathOf(line, part)).join("");
  return html`<svg class="picture group-${group}" viewBox="0 0 ${width} ${height}" aria-hidden="true"><path d="${d}"/></svg>`;
}

/** A part of the campaign's frame at least this large, as a share of it, so that a track is visible, and where it is. */
const closest = 1 / 5;

/** The part of the frame around a dataset; the whole world for what is larger than the frame. */
function nearer(lines: readonly (readonly Position[])[], bbox: Box | undefined, frame: Box): Box {
  const around = bbox ?? boxAround(lines.flat().map(([x, y]): Box => [x, y, x, y]));
  const whole = widthOf(frame);
  if (!around || widthOf(around) > whole) return world;
  const high = frame[3] - frame[1];
  const share = Math.max(widthOf(around) / whole, (around[3] - around[1]) / high) * 1.5;
  if (share >= 1) return frame;
  const part = Math.max(closest, share);
  const west = around[0] < frame[0] ? around[0] + 360 : around[0];
  // Centred on the dataset, and within the frame: a dataset at the edge of the campaign is at the edge of its picture.
  const within = (middle: number, from: number, length: number) =>
    Math.min(from + length * (1 - part), Math.max(from, middle - (length * part) / 2));
  const [x, y] = [
    within(west + widthOf(around) / 2, frame[0], whole),
    within((around[1] + around[3]) / 2, frame[1], high),
  ];
  return [x, y, x + whole * part, y + high * part];
}

function linesOf({ geometry, bbox }: Pictured): readonly (readonly Position[])[] {
  switch (geometry?.type) {
    case "Point":
      return [[geometry.coordinates]];
    case "MultiPoint":
      return evenlyOf(geometry.coordinates, mostPoints).map((position) => [position]);
    case "LineString":
      return [evenlyOf(geometry.coordinates, mostPoints)];
    case "MultiLineString":
    case "Polygon": {
      const lines = evenlyOf(geometry.coordinates, mostPoints / 4);
      return lines.map((line) => evenlyOf(line, Math.max(2, Math.floor(mostPoints / lines.length))));
    }
    case "MultiPolygon":
      return evenlyOf(geometry.coordinates.flat(), mostPoints / 4).map((line) => evenlyOf(line, 8));
  }
  if (!bbox) return [];
  const [, south, , north] = bbox;
  const [west, right] = unwrapped(bbox);
  if (west === right && south === north) return [[[west, south]]];
  return [[[west, south], [right, south], [right, north], [west, north], [west, south]]]; // biome-ignore format: corners
}

function pathOf(line: readonly Position[], frame: Box): string {
  const scale = width / widthOf(frame);
  const high = height / (frame[3] - frame[1]);
  let path = "";
  let before: number | undefined;
  for (const [longitude, latitude] of line) {
    if (!Number.isFinite(longitude) || !Number.isFinite(latitude)) continue;
    const east = longitude < frame[0] ? longitude + 360 : longitude - frame[0] >= 360 ? longitude - 360 : longitude;
    const [x, y] = [tenth((east - frame[0]) * scale), tenth((frame[3] - latitude) * high)];
    // Over the edge of the world: the line goes on at the other one.
    const isBroken = before !== undefined && Math.abs(east - before) > 180;
    path += `${before === undefined || isBroken ? "M" : "L"}${x} ${y}`;
    before = east;
  }
  // A line of no length has round ends: a dot.
  return line.length === 1 ? `${path}h0` : path;
}

const signs: Readonly<Record<string, string>> = {
  failed: "M28 7v14M28 26v1",
  folder: "M17 11h8l3 4h11v12H17z",
  file: "M21 8h10l5 5v15H21zM31 8v5h5",
  table: "M17 10h22v17H17zM17 16h22M17 21h22M25 10v17",
  image: "M17 9h22v18H17zM17 24l7-7 6 6 4-4 5 5M33 14h1",
  video: "M17 10h22v16H17zM25 14v8l7-4z",
  dataset: "M18 12l10-5 10 5-10 5zM18 12v12l10 5 10-5V12M28 17v12",
};

function sign({ kind, format = "" }: Pictured): Html {
  const name =
    kind === "failed"
      ? "failed"
      : format.startsWith("image/")
        ? "image"
        : format.startsWith("video/")
          ? "video"
          : /csv|parquet|table/.test(format)
            ? "table"
            : kind === "dataset"
              ? "dataset"
              : format === "directory"
                ? "folder"
                : "file";
  return html`<svg class="picture sign ${kind}" viewBox="0 0 ${width} ${height}" aria-hidden="true"><path d="${signs[name]}"/></svg>`;
}

const tenth = (value: number) => Math.round(value * 10) / 10 + 0;
const coarse = (degrees: number) => Math.round(degrees * 100) / 100 + 0;
