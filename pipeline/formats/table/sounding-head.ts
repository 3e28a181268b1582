/**
 * How the soundings that ASPEN writes begin: EOL and CLASS files of NCAR, FRD files of NOAA's Hurricane Research Division.
 *
 * All three are lines of a header, a line of names, for the first two a line of units and one of dashes that shows how wide
 * columns are, and then columns of numbers. Times are seconds from the release, whose date is in the header.
 *
 * @see https://ncar.github.io/aspendocs/man_output.html
 */
import type { Position } from "../../core/dataset/dataset.ts";
import { instantOf } from "../../core/dataset/instant.ts";

export interface SoundingColumn {
  readonly name: string;
  readonly unit: string;
  /** Offsets in a line; `to` is behind the last character. */
  readonly from: number;
  readonly to: number;
}

export interface SoundingHead {
  readonly kind: "EOL" | "CLASS" | "FRD";
  readonly columns: readonly SoundingColumn[];
  readonly attributes: Readonly<Record<string, string>>;
  /** RFC 3339, UTC. */
  readonly release?: string;
  readonly releasedAt?: Position;
  /** How many lines it takes. */
  readonly lines: number;
}

/** Lines of a header, and characters of one that are read. */
export const mostLines = 60;
const mostCharacters = 1000;

/** The header that `lines` begin with; `undefined` where they are no sounding. */
export function soundingHeadOf(lines: readonly string[]): SoundingHead | undefined {
  const head = lines.slice(0, mostLines).map((line) => line.slice(0, mostCharacters));
  return /^Data Type(\/Direction)?:/.test(head[0] ?? "") ? ncarHead(head) : frdHead(head);
}

function ncarHead(lines: readonly string[]): SoundingHead | undefined {
  const dashes = lines.findIndex((line) => /^\s*-{2,}(\s+-+){3,}\s*$/.test(line));
  if (dashes < 4) return undefined;
  const [named, united] = [lines[dashes - 2]!, lines[dashes - 1]!];
  const widths = [...lines[dashes]!.matchAll(/-+/g)].map(({ index, 0: run }) => ({
    from: index,
    to: index + run.length,
  }));
  // Of three columns with the time of day, the header is one: `-- UTC --`.
  const names = wordsIn(named.replace(/--\s*UTC\s*--/, "UTC_hour UTC_minute UTC_second"));
  const units = wordsIn(united);
  if (names.length !== widths.length || units.length !== widths.length) return undefined;
  const header = lines.slice(0, dashes - 2);
  const kind = lines[0]!.startsWith("Data Type/") ? "EOL" : "CLASS";
  const columns = widths.map((width, i) => ({ name: names[i]!, unit: unitOf(names[i]!, units[i]!), ...width }));
  return { kind, columns, lines: dashes + 1, ...ncarFields(header) };
}

const wordsIn = (line: string) => line.trim().split(/\s+/);

/** Of a place, degrees have their direction only from the column's name. */
function unitOf(name: string, unit: string): string {
  if (/^lat/i.test(name) && /^(deg|n)$/i.test(unit)) return "degrees_north";
  if (/^lon/i.test(name) && /^(deg|e)$/i.test(unit)) return "degrees_east";
  return /^(code|hh|mm|ss|dec|flag)$/.test(unit) ? "" : unit;
}

function ncarFields(header: readonly string[]): Pick<SoundingHead, "attributes" | "release" | "releasedAt"> {
  const attributes = new Map<string, string>();
  let release: string | undefined;
  let releasedAt: Position | undefined;
  for (const line of header) {
    const at = line.startsWith("Nominal") || /\(.*\):/.test(line) ? line.indexOf("):") + 1 : line.indexOf(":");
    const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    if (at < 1 || value === "") continue;
    if (/^(UTC|GMT) (Launch|Release) Time/.test(name)) release = releaseIn(value);
    if (/^(Launch|Release) Location/.test(name)) releasedAt = placeIn(value);
    if (name.startsWith("Project Name/Platform")) {
      const [project = "", ...platform] = value.split("/");
      attributes.set("project", project.trim());
      if (platform.length > 0) attributes.set("platform", platform.join("/").trim());
    } else attributes.set(attributeOf(name), value);
  }
  return { attributes: Object.fromEntries(attributes), ...(release && { release }), ...(releasedAt && { releasedAt }) };
}

/** Lines of the header by the attribute they are; others have their own names. */
const knownFields: readonly (readonly [field: RegExp, attribute: string])[] = [
  [/^Data Type/, "title"],
  [/^Project (Name|ID)/, "project"],
  [/^Sonde Id/, "sonde"],
  [/^Post Processing/, "history"],
];

const attributeOf = (name: string) => knownFields.find(([field]) => field.test(name))?.[1] ?? name;

/** `2012, 09, 07, 12:41:16` */
function releaseIn(value: string): string | undefined {
  const [year, month, day, clock] = value.split(",").map((part) => part.trim());
  return instantOf(`${year}-${month}-${day} ${clock}`)?.iso;
}

/** `61 33.33'W -61.555444, 31 34.35'N 31.572562, 19156.16`, and with commas between all four. */
function placeIn(value: string): Position | undefined {
  const withoutMinutes = value.slice(0, 200).replace(/\d+\s+\d+(?:\.\d*)?'[NSEW]/g, " ");
  const [longitude, latitude] = withoutMinutes
    .split(/[,\s]+/)
    .filter(Boolean)
    .map(Number);
  const isPlace = Math.abs(longitude ?? 999) <= 360 && Math.abs(latitude ?? 999) <= 90;
  return isPlace && (longitude !== 0 || latitude !== 0) ? [longitude!, latitude!] : undefined;
}

/** `IX      t (s)  P (mb)    T (C)    RH (%)  Z (m)   WD    WS (m/s) …  LAT (N)   LON (E)` */
function frdHead(lines: readonly string[]): SoundingHead | undefined {
  const at = lines.findIndex((line) => /^\s*IX\s+t \(s\)\s+P \(mb\)\s+T \(C\)/.test(line));
  if (at < 0) return undefined;
  const header = lines.slice(0, at).join("\n");
  const columns = [...lines[at]!.matchAll(/(\S+)(?: \(([^()]*)\))?/g)].map(({ 1: name = "", 2: unit = "" }) => ({
    ...{ name, unit: unitOf(name, unit), from: 0, to: 0 },
  }));
  const field = (pattern: RegExp) => pattern.exec(header)?.[1];
  const day = field(/\bDate:\s*(\d{6,8})\b/i);
  const clock = field(/\bTime:\s*(\d{6})\b/i)?.replace(/(\d\d)(\d\d)(\d\d)/, "$1:$2:$3");
  const release = day && clock ? instantOf(`${day.length === 6 ? `20${day}` : day} ${clock}`)?.iso : undefined;
  const attributes = { title: "Dropsonde (FRD)", ...(release && { "release time": release }) };
  return { kind: "FRD", columns, attributes, lines: at + 1, ...(release && { release }) };
}
