/**
 * Soundings as ASPEN writes them: EOL, CLASS and FRD text files of dropsondes and radiosondes.
 *
 * Their columns are variables along `row`. Times are seconds from a release, as CF writes them, so that the rules of other
 * formats hold; where the positions of a sonde are missing, those of its release stand in. A file may have several soundings.
 */
import { describe } from "../../core/cf/describe.ts";
import { boxShape } from "../../core/cf/place/geometry.ts";
import { roundedBounds } from "../../core/cf/place/place.ts";
import type { CfVariable } from "../../core/cf/variable.ts";
import type { DatasetFinding, Description, Place, Position, TimeExtent } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { formatBytes } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { boundedAttributes } from "../attributes.ts";
import { type FormatReader, startLength } from "../reader.ts";
import { decoded, textFormat, textLimits, textOf } from "../text.ts";
import { readFromMemory } from "../values-in-memory.ts";
import { numberOf } from "./cells.ts";
import { rowDimension } from "./columns.ts";
import { mostLines, type SoundingColumn, type SoundingHead, soundingHeadOf } from "./sounding-head.ts";

export const sounding: FormatReader = {
  name: "sounding",
  version: 1,
  files: textFormat((text) => soundingHeadOf(linesOf(text)) !== undefined, describeSounding),
};

const linesOf = (text: string) => text.split(/\r?\n/);
/** Rows between turns of others. */
const perTurn = 20_000;
/** Soundings of one file. */
const mostSoundings = 5000;

/** @throws Failure `input` where it is no sounding */
async function describeSounding(file: RangeSource, world: World): Promise<Description> {
  const bytes = await file.read(0, Math.min(file.size, textLimits.whole));
  const found = textOf(bytes.subarray(0, startLength), bytes.length >= startLength);
  const head = found && soundingHeadOf(linesOf(found.text));
  if (!head) throw new Failure("input", "it does not begin as a sounding of ASPEN does");
  const lines = linesOf(decoded(bytes, found.encoding));
  const { values, rows, releases, unread } = await valuesIn(lines, head, world);
  const findings: DatasetFinding[] = [
    ...(unread > 0 ? [unevenRows(unread)] : []),
    ...(file.size > bytes.length ? [cut(file.size)] : []),
  ];
  const attributes = boundedAttributes(head.attributes, findings);
  const variables = variablesOf(head, rows);
  const described = await describe({
    attributes,
    variables,
    read: readFromMemory(async (name) => values.get(name)?.subarray(0, rows), true, world),
  });
  const time = described.time ?? (head.release ? timeOf(releases) : undefined);
  const place = described.place ?? (head.releasedAt ? placeAt(head.releasedAt) : undefined);
  const isReplaced = ({ rule }: DatasetFinding) =>
    (rule === "no-place" && place !== undefined) || (rule === "time-units" && time !== undefined);
  return {
    ...described,
    attributes,
    ...(time && { time }),
    ...(place && { place }),
    access: { format: "file", mediaType: "text/plain" },
    findings: [...findings, ...described.findings.filter((finding) => !isReplaced(finding))],
  };
}

interface Values {
  /** float64[n], NaN where missing, by name of the column. */
  readonly values: ReadonlyMap<string, Float64Array>;
  readonly rows: number;
  /** Of each sounding in the file. */
  readonly releases: readonly string[];
  /** Lines that are no row. */
  readonly unread: number;
}

/** Of a file of several soundings all rows, their times from the first release. */
async function valuesIn(lines: readonly string[], first: SoundingHead, world: World): Promise<Values> {
  const asked = first.columns.filter(({ name }) => isTime(name) || /^(lat|lon|latitude|longitude)$/i.test(name));
  const values = new Map(asked.map(({ name }) => [name, new Float64Array(lines.length)]));
  const releases = first.release === undefined ? [] : [first.release];
  let [rows, unread, offset] = [0, 0, 0];
  for (let at = first.lines; at < lines.length; at++) {
    if (at % perTurn === 0) {
      await world.sleep(0);
      world.signal.throwIfAborted();
    }
    const line = lines[at]!;
    if (line.trim() === "") continue;
    if (line.startsWith("Data Type") && releases.length < mostSoundings) {
      const next = soundingHeadOf(lines.slice(at, at + mostLines));
      if (next?.release && first.release) {
        releases.push(next.release);
        offset = (Date.parse(next.release) - Date.parse(first.release)) / 1000;
        at += next.lines - 1;
        continue;
      }
    }
    const cells = cellsOf(line, first.columns);
    if (!cells) {
      unread++;
      continue;
    }
    for (const [i, { name }] of first.columns.entries()) {
      const array = values.get(name);
      if (array) array[rows] = degreesOrSeconds(cells[i]!, name) + (isTime(name) ? offset : 0);
    }
    rows++;
  }
  return { values, rows, releases, unread };
}

/** Between blanks, else where the dashes are: columns of large numbers leave no blank. */
function cellsOf(line: string, columns: readonly SoundingColumn[]): readonly string[] | undefined {
  const cells = line.trim().split(/\s+/);
  if (cells.length === columns.length && cells.every(isNumber)) return cells;
  const fixed = columns.map(({ from, to }) => line.slice(from, to).trim());
  return fixed.every(isNumber) ? fixed : undefined;
}

const isNumber = (text: string) => numberOf(text, false) !== undefined;

/** In FRD files `t` is the time, and `T` the temperature. */
const isTime = (name: string) => /^([Tt]ime|t)$/.test(name);

/** −999 is missing everywhere; CLASS has nines instead, which no time in seconds, latitude or longitude is. */
function degreesOrSeconds(text: string, name: string): number {
  const value = numberOf(text, false) ?? Number.NaN;
  const isMissing = Math.abs(value + 999) < 0.01 || (isTime(name) ? value === 9999 : Math.abs(value) >= 999);
  return isMissing ? Number.NaN : value;
}

function variablesOf({ columns, release }: SoundingHead, rows: number): readonly CfVariable[] {
  return columns.map(({ name, unit }) => {
    const time = isTime(name) && release ? { units: `seconds since ${release}`, standard_name: "time" } : undefined;
    return {
      name,
      dimensions: [rowDimension],
      shape: [rows],
      type: "float64",
      attributes: time ?? (unit === "" ? {} : { units: unit }),
      missing: [],
    };
  });
}

function timeOf(releases: readonly string[]): TimeExtent | undefined {
  const sorted = [...releases].sort();
  const [start, end] = [sorted[0], sorted.at(-1)];
  return start && end ? { start, end, source: "attributes" } : undefined;
}

function placeAt([longitude, latitude]: Position): Place {
  const bounds = roundedBounds({ west: longitude, south: latitude, east: longitude, north: latitude });
  return { bounds, geometry: boxShape(bounds), source: "attributes" };
}

const unevenRows = (count: number): DatasetFinding => ({
  level: "warning",
  rule: "uneven-rows",
  says: `${count} lines are no rows of numbers, one a column, and are left out`,
});

const cut = (size: number): DatasetFinding => ({
  level: "hint",
  rule: "sampled-table",
  says: `has ${formatBytes(size)}, of which the first ${formatBytes(textLimits.whole)} were read: its extents may be too small`,
  fix: "store each sounding in a file of its own",
});
