/** What files of tracks have in common: they are read whole up to a size, and described by their positions and times. */
import type { Attributes } from "../../core/cf/variable.ts";
import type { DatasetFinding, Description, Dimension, Variable } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { formatBytes } from "../../core/text/shown.ts";
import { boundedAttributes } from "../attributes.ts";
import { decoded, textOf } from "../text.ts";
import type { Positions } from "./positions.ts";

/** Bytes of a file of which every position is read: 100 000 to 200 000 of them. */
export const mostBytes = 8 * 2 ** 20;

/** What a format reads of such a file. */
export interface Track {
  readonly attributes: Attributes;
  readonly positions: Positions;
  readonly dimensions: readonly Dimension[];
  readonly variables: readonly Variable[];
  /** What positions that are none on Earth mean. */
  readonly misplaced: "left out" | "no place";
  readonly findings: readonly DatasetFinding[];
}

/**
 * The whole text of `file`, or the description of one that is too large to be read.
 *
 * @throws Failure `input` where it is no text
 */
export async function trackText(
  file: RangeSource,
  mediaType: string,
): Promise<{ readonly text: string } | { readonly tooLarge: Description }> {
  if (file.size > mostBytes) return { tooLarge: tooLarge(file.size, mediaType) };
  const bytes = await file.read(0, file.size);
  const found = textOf(bytes, false);
  if (!found) throw new Failure("input", "it has bytes that are no text");
  return { text: decoded(bytes, found.encoding) };
}

function tooLarge(size: number, mediaType: string): Description {
  return {
    attributes: {},
    dimensions: [],
    variables: [],
    access: { format: "file", mediaType },
    findings: [
      {
        level: "warning",
        rule: "large-track",
        says: `has ${formatBytes(size)}; tracks of at most ${formatBytes(mostBytes)} are read, so its time and place are not known`,
        fix: "split it by day or flight, or leave out positions",
      },
    ],
  };
}

export function describedTrack(track: Track, mediaType: string): Description {
  const findings: DatasetFinding[] = [...track.findings];
  const attributes = boundedAttributes(track.attributes, findings);
  const { place, findings: more } = track.positions.place(track.misplaced);
  const { time } = track.positions;
  return {
    attributes,
    dimensions: track.dimensions,
    variables: track.variables,
    ...(time && { time }),
    ...(place && { place }),
    access: { format: "file", mediaType },
    findings: [...findings, ...more],
  };
}

/** The variables of positions one by one along `dimension`; heights and times where there are any. */
export function pointVariables(
  dimension: string,
  size: number,
  has: { readonly heights: boolean; readonly times: boolean },
): readonly Variable[] {
  const along = { dimensions: [dimension], shape: [size], role: "coordinate" } as const;
  const degrees = (name: "latitude" | "longitude", unit: string) =>
    ({ name, ...along, type: "float64", unit, standardName: name }) as const;
  return [
    degrees("latitude", "degrees_north"),
    degrees("longitude", "degrees_east"),
    ...(has.heights ? [{ name: "elevation", ...along, type: "float64", unit: "m" }] : []),
    ...(has.times ? [{ name: "time", ...along, type: "datetime64[us]", standardName: "time" }] : []),
  ];
}
