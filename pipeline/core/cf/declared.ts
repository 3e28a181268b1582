/**
 * Time and place that a dataset declares in its global attributes.
 *
 * They stand in for coordinates that aren't there or can't be read, and are compared with those that are. Each may be a
 * list of one, as some writers make of every attribute.
 *
 * @see https://wiki.esipfed.org/Attribute_Convention_for_Data_Discovery_1-3
 */
import type { DatasetFinding, Place } from "../dataset/dataset.ts";
import { compareInstants, instantOf, periodOf, shifted } from "../dataset/instant.ts";
import type { Json } from "../json.ts";
import { shown } from "../text/shown.ts";
import { angleOf } from "./place/angle.ts";
import { normalLongitude, normalSpan } from "./place/bounds.ts";
import { boxShape } from "./place/geometry.ts";
import { roundedBounds } from "./place/place.ts";
import { placeOfWkt } from "./place/wkt.ts";
import type { Attributes } from "./variable.ts";

export interface DeclaredTime {
  readonly start: string;
  readonly end: string;
  /** The attributes that declare it, for a sentence. */
  readonly by: string;
  /** ms by which values may differ: a day without a time of day means all of it. */
  readonly slack: number;
}

/** `time_coverage_start` and `time_coverage_end`, or one of them and `time_coverage_duration`. */
export function declaredTime(attributes: Attributes): {
  declared?: DeclaredTime;
  findings: DatasetFinding[];
} {
  const [start, end, duration] = ["start", "end", "duration"].map((name) =>
    scalar(attributes, `time_coverage_${name}`),
  );
  const findings: DatasetFinding[] = [];
  const read = (which: "start" | "end", text: string | undefined) => {
    if (!text) return undefined;
    const found = instantOf(text)?.iso ?? periodOf(text)?.[which];
    if (!found) findings.push(unread(`time_coverage_${which}`, text, "write it as 2024-08-11T10:00:00Z"));
    return found;
  };
  const [from, to] = [read("start", start), read("end", end)];
  const known = from ?? to;
  const other = duration && known && !(from && to) ? shifted(known, duration, from ? 1 : -1) : undefined;
  if (duration && known && !(from && to) && !other)
    findings.push(unread("time_coverage_duration", duration, "write it as ISO 8601 has it: P10D, PT6H, P1Y2M"));
  const [first, last] = [from ?? other, to ?? other];
  if (!first || !last) return { findings };
  if (compareInstants(first, last) > 0) {
    const says = `time_coverage_* attributes end (${last}) before they start (${first})`;
    return { findings: [...findings, { level: "warning", rule: "declared-time", says }] };
  }
  const by = `time_coverage_start and time_coverage_${to ? "end" : "duration"}`;
  const slack = (end ?? "").length <= 10 ? 86_400_000 : 60_000;
  return { declared: { start: first, end: last, by: from ? by : "time_coverage_end and _duration", slack }, findings };
}

/** The box of `geospatial_lat_min` and its three fellows, else the shape of `geospatial_bounds`. */
export function declaredPlace(attributes: Attributes): { declared?: Place; findings: DatasetFinding[] } {
  const names = ["lat_min", "lat_max", "lon_min", "lon_max"].map((name) => `geospatial_${name}`);
  const written = names.map((name) => scalar(attributes, name));
  const findings: DatasetFinding[] = [];
  if (written.some((text) => text !== undefined)) {
    const declared = boxIn(attributes, written);
    if (typeof declared !== "string") return { declared, findings };
    const listed = names.map((name, i) => `${name} ${written[i] === undefined ? "is absent" : shown(written[i], 40)}`);
    const says = `${listed.join(", ")}: ${declared}`;
    findings.push({ level: "warning", rule: "declared-place", says, fix: "correct or remove them" });
  }
  const wkt = scalar(attributes, "geospatial_bounds");
  if (wkt === undefined) return { findings };
  const found = placeOfWkt(wkt, scalar(attributes, "geospatial_bounds_crs"));
  if (typeof found !== "string") return { declared: found, findings };
  findings.push({ level: "warning", rule: "declared-place", says: `geospatial_bounds "${shown(wkt, 60)}" ${found}` });
  return { findings };
}

/** The box, or why it is none. */
function boxIn(attributes: Attributes, written: readonly (string | undefined)[]): Place | string {
  const [north, east] = (["lat", "lon"] as const).map((name) => {
    const units = scalar(attributes, `geospatial_${name}_units`);
    const angle = units === undefined ? { degrees: 1 } : angleOf(units);
    return (angle?.along ?? along[name]) === along[name] ? angle : undefined;
  });
  if (!north || !east) return "their units are no degrees north and east, nor anything that can be converted to them";
  const numbers = written.map((text) => (text === undefined ? Number.NaN : Number(text)));
  const [south, north_] = sorted(numbers.slice(0, 2), north.degrees);
  const [west, east_] = sorted(numbers.slice(2), east.degrees);
  if (!(south >= -90 && south <= north_ && north_ <= 90)) return "these are no latitudes from least to greatest";
  if (!(Math.min(west, east_) >= -180 && Math.max(west, east_) <= 360)) return "these are no longitudes";
  const span = west <= east_ ? normalSpan(west, east_) : { west: normalLongitude(west), east: normalLongitude(east_) };
  const bounds = roundedBounds({ ...span, south, north: north_ });
  return { bounds, geometry: boxShape(bounds), source: "attributes" };
}

const along = { lat: "latitude", lon: "longitude" } as const;

/** Least and greatest in degrees: turned round where the unit counts backwards. */
function sorted([least = Number.NaN, greatest = Number.NaN]: readonly number[], degrees: number): [number, number] {
  return degrees < 0 ? [greatest * degrees, least * degrees] : [least * degrees, greatest * degrees];
}

/** The one text or number an attribute has, as text; `undefined` where it is absent, empty, or several. */
function scalar(attributes: Attributes, name: string): string | undefined {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  const one: Json | undefined = Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value;
  const text = typeof one === "number" ? String(one) : typeof one === "string" ? one.trim() : "";
  return text === "" ? undefined : text;
}

const unread = (name: string, text: string, fix: string): DatasetFinding => ({
  level: "warning",
  rule: "declared-time",
  says: `${name} "${shown(text, 80)}" is none we can read`,
  fix,
});
