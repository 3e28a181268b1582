/**
 * Where and when the data are: in words, and as drawings that need no script.
 *
 * The drawing of a place is a grid of meridians and parallels with the dataset's shape on it, a map for want of a better one;
 * a browser replaces it by one with coastlines.
 */
import type { Geometry, Position } from "../dataset/dataset.ts";
import { type Box, unwrapped } from "../dataset/extent.ts";
import { evenlyOf } from "../evenly.ts";
import type { Item } from "../stac/item.ts";
import { timeOf } from "./about.ts";
import { type Content, type Html, html } from "./html.ts";

/** Points of all lines that are drawn, at most. */
const mostPoints = 300;

/** Width of a drawing, in its own units; half as high. */
const width = 360;

/** Blank where the dataset has no place. */
export function placeFigure({ bbox, geometry }: Item): Content {
  if (!bbox) return undefined;
  const frame = frameOf(bbox);
  const shape = geometry ?? { type: "Polygon" as const, coordinates: [ringOf(bbox)] };
  const words = placeText(bbox);
  return html`<figure id="place" data-bbox="${bbox.join(",")}">
<svg viewBox="0 0 ${width} ${width / 2}" role="img" aria-label="Map: ${words}">
${gridOf(frame)}
<path class="track" d="${pathOf(shape, frame)}"/>
</svg>
<figcaption>${words}</figcaption>
</figure>
`;
}

/** `31.65° W to 31.29° W, 12.1° N to 12.5° N`. */
export function placeText([west, south, east, north]: Box): string {
  const range = (a: string, b: string) => (a === b ? a : `${a} to ${b}`);
  const longitudes = range(degrees(west, "E", "W"), degrees(east, "E", "W"));
  return `${longitudes}, ${range(degrees(south, "N", "S"), degrees(north, "N", "S"))}`;
}

function degrees(value: number, plus: string, minus: string): string {
  const rounded = Math.round(value * 100) / 100;
  return `${Math.abs(rounded)}°${rounded > 0 ? ` ${plus}` : rounded < 0 ? ` ${minus}` : ""}`;
}

/** The part of the world that is drawn. Degrees; west of a box across the antimeridian is below -180. */
interface Frame {
  readonly west: number;
  readonly north: number;
  /** Degrees from the left to the right edge. */
  readonly across: number;
}

/** Around the box, with as much of the world as shows where it is. */
function frameOf([west, south, east, north]: Box): Frame {
  const left = west > east ? west - 360 : west;
  const across = Math.min(360, Math.max(20, (east - left) * 1.5, (north - south) * 3));
  const middle = Math.max(-90 + across / 4, Math.min(90 - across / 4, (south + north) / 2));
  if (across >= 360) return { west: -180, north: 90, across: 360 };
  return { west: (left + east - across) / 2, north: middle + across / 4, across };
}

function gridOf({ west, north, across }: Frame): Html {
  const step = [1, 2, 5, 10, 15, 30, 60].find((each) => across / each <= 8) ?? 60;
  const scale = width / across;
  const lines: string[] = [];
  const labels: Html[] = [];
  for (let longitude = Math.ceil(west / step) * step; longitude < west + across; longitude += step) {
    const x = coarse((longitude - west) * scale);
    const wrapped = ((((longitude + 180) % 360) + 360) % 360) - 180;
    lines.push(`M${x} 0v${width / 2}`);
    labels.push(html`<text x="${coarse(x + 2)}" y="${width / 2 - 3}">${degrees(wrapped, "E", "W")}</text>`);
  }
  for (let latitude = Math.floor(north / step) * step; latitude > north - across / 2; latitude -= step) {
    const y = coarse((north - latitude) * scale);
    lines.push(`M0 ${y}h${width}`);
    if (y > 8 && y < width / 2 - 14)
      labels.push(html`<text x="2" y="${coarse(y - 2)}">${degrees(latitude, "N", "S")}</text>`);
  }
  return html`<path class="grid" d="${lines.join("")}"/>${labels}`;
}

function pathOf(geometry: Geometry, frame: Frame): string {
  const dot = (position: Position) => `M${point(position, frame)}h0`;
  const line = (positions: readonly Position[], most: number) => {
    const points = evenlyOf(positions, Math.max(2, most)).map((position) => point(position, frame));
    const distinct = points.filter((each, i) => each !== points[i - 1]);
    return distinct.length === 1 ? `M${distinct[0]}h0` : `M${distinct.join("L")}`;
  };
  const lines = (many: readonly (readonly Position[])[]) => {
    const drawn = evenlyOf(many, mostPoints / 3);
    return drawn.map((each) => line(each, Math.floor(mostPoints / drawn.length))).join("");
  };
  switch (geometry.type) {
    case "Point":
      return dot(geometry.coordinates);
    case "MultiPoint":
      return evenlyOf(geometry.coordinates, mostPoints).map(dot).join("");
    case "LineString":
      return line(geometry.coordinates, mostPoints);
    case "MultiLineString":
    case "Polygon":
      return lines(geometry.coordinates);
    case "MultiPolygon":
      return lines(geometry.coordinates.flat());
  }
}

/** Of two longitudes that are the same, the one in the frame. */
function point([longitude, latitude]: Position, { west, north, across }: Frame): string {
  const scale = width / across;
  const x = longitude < west - 0.01 && longitude + 360 <= west + across + 0.01 ? longitude + 360 : longitude;
  const inFrame = x > west + across + 0.01 && x - 360 >= west - 0.01 ? x - 360 : x;
  return `${coarse((inFrame - west) * scale)} ${coarse((north - latitude) * scale)}`;
}

const coarse = (value: number) => Math.round(value * 10) / 10 + 0;

const ringOf = (box: Box): readonly Position[] => {
  const [, south, , north] = box;
  const [west, right] = unwrapped(box);
  return [
    [west, south],
    [right, south],
    [right, north],
    [west, north],
    [west, south],
  ];
};

/** `2024-08-18 14:31 to 14:36 UTC`; days alone where it begins and ends at midnight. */
export function timeText({ start, end }: { readonly start: string; readonly end: string }): string {
  const [from, to] = [minutes(start), minutes(end)];
  if (from === to) return from.endsWith(" 00:00") ? from.slice(0, 10) : `${from} UTC`;
  if (from.endsWith(" 00:00") && to.endsWith(" 00:00")) return `${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  return `${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} UTC`;
}

/** `2024-08-18 14:31`. */
export const minutes = (instant: string) => instant.slice(0, 16).replace("T", " ");

/** Blank where its time is not known, or is one instant. */
export function timeFigure(item: Item): Content {
  const time = timeOf(item);
  if (!time || time.start === time.end) return undefined;
  const axis = axisOf(time.start, time.end);
  if (!axis) return undefined;
  const x = (ms: number) => coarse(((ms - axis.from) / (axis.to - axis.from)) * width);
  const [left, right] = [x(Date.parse(time.start)), x(Date.parse(time.end))];
  return html`<figure id="time">
<svg viewBox="0 0 ${width} 26" role="img" aria-label="Time: ${timeText(time)}">
<path class="grid" d="${axis.ticks.map((tick) => `M${x(tick)} 0v14`).join("")}M0 14h${width}"/>
<rect class="span" x="${left}" y="4" width="${coarse(Math.max(1.5, right - left))}" height="7" rx="1.5"/>
<text x="0" y="24">${axis.label(axis.from)}</text><text x="${width}" y="24" text-anchor="end">${axis.label(axis.to)}</text>
</svg>
<figcaption>${timeText(time)}</figcaption>
</figure>
`;
}

interface Axis {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly label: (ms: number) => string;
}

/** From one whole unit to another around the interval: hours within a day, days, months, years, decades. */
function axisOf(start: string, end: string): Axis | undefined {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  if (!(Number.isFinite(from) && Number.isFinite(to))) return undefined;
  const [hour, day] = [3_600_000, 86_400_000];
  const length = to - from;
  if (length <= 2 * day) {
    const unit = length <= 3 * hour ? hour : length <= 12 * hour ? 3 * hour : 6 * hour;
    return evenAxis(from, to, unit, (ms) => minutes(iso(ms)));
  }
  if (length <= 40 * day) return evenAxis(from, to, length <= 10 * day ? day : 5 * day, (ms) => iso(ms).slice(0, 10));
  const months = length <= 500 * day ? 1 : length <= 5000 * day ? 12 : length <= 50_000 * day ? 120 : 1200;
  const index = (ms: number) => new Date(ms).getUTCFullYear() * 12 + new Date(ms).getUTCMonth();
  const at = (month: number) => new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12, 1);
  const first = Math.floor(index(from) / months) * months;
  const last = (Math.floor(index(to) / months) + 1) * months;
  const ticks = Array.from({ length: (last - first) / months + 1 }, (_, i) => at(first + i * months));
  return { from: at(first), to: at(last), ticks, label: (ms) => iso(ms).slice(0, months === 1 ? 7 : 4) };
}

function evenAxis(from: number, to: number, unit: number, label: Axis["label"]): Axis {
  const first = Math.floor(from / unit) * unit;
  const last = (Math.floor(to / unit) + 1) * unit;
  const ticks = Array.from({ length: (last - first) / unit + 1 }, (_, i) => first + i * unit);
  return { from: first, to: last, ticks, label };
}

const iso = (ms: number) => new Date(ms).toISOString();
