/** Time and place of a table from the least and greatest values of its columns. */

import { angleIn } from "../../core/cf/coordinates.ts";
import { shortFloat32 } from "../../core/cf/float32.ts";
import { boxShape } from "../../core/cf/place/geometry.ts";
import { codingOf, datesOf, timeUnits } from "../../core/cf/time/time-extent.ts";
import type { CfVariable } from "../../core/cf/variable.ts";
import type { Bounds, DatasetFinding, Place, TimeExtent } from "../../core/dataset/dataset.ts";
import { longitudes } from "../sidecar.ts";
import type { Column } from "./footer.ts";

/** Microseconds since 1970. Years beyond ISO 8601's four digits are no time of data. */
export function timeOf(range: Column["range"]): TimeExtent | undefined {
  if (!range) return undefined;
  const [start, end] = range.map((time) => (typeof time === "bigint" ? isoOf(time) : undefined));
  return start !== undefined && end !== undefined ? { start, end, source: "values" } : undefined;
}

/** Of a column of times, or of numbers whose unit has a reference time. */
export function timeIn(
  variable: CfVariable | undefined,
  range: Column["range"],
  findings: DatasetFinding[],
): TimeExtent | undefined {
  if (!variable || !range || variable.type.startsWith("datetime64")) return timeOf(range);
  const coding = codingOf(variable);
  if ("problem" in coding) {
    findings.push(timeUnits(variable, coding.problem));
    return undefined;
  }
  const [least, greatest] = range;
  const dates = datesOf({ least, greatest }, coding);
  return dates && { ...dates, source: "values" };
}

/** The range of a longitude or latitude in degrees; `undefined` where its unit is no such angle. */
export function inDegrees(
  variable: CfVariable | undefined,
  along: "longitude" | "latitude",
  range: Column["range"],
): Column["range"] {
  const angle = variable && angleIn(variable, along);
  if (!angle || !range) return undefined;
  if (angle.degrees === 1) return range;
  const [from, to] = range.map((edge) => Number(edge) * angle.degrees) as [number, number];
  return from <= to ? [from, to] : [to, from];
}

function isoOf(microseconds: bigint): string | undefined {
  const seconds = Number(microseconds >= 0n ? microseconds / 1_000_000n : (microseconds - 999_999n) / 1_000_000n);
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return undefined;
  const fraction = String(((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${date.toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}

export function boundsOf(longitude: Column["range"], latitude: Column["range"]): Bounds | undefined {
  if (!longitude || !latitude) return undefined;
  // Single precision is written as short as it was meant: 13.1, not 13.100000381469727.
  const [[west, east], [south, north]] = [longitude, latitude].map((range) =>
    range.map((edge) => shortFloat32(Number(edge))),
  ) as [[number, number], [number, number]];
  return { ...longitudes(west, east), south, north };
}

export function placeOf(bounds: Bounds | undefined): Place | undefined {
  return bounds && { bounds, geometry: boxShape(bounds), source: "values" };
}
