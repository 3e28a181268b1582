/**
 * One pass over the values of each coordinate, however many ask about it.
 *
 * Whatever is to be known of a variable (extremes, and of a latitude, longitude or the time of a track a survey of its
 * places) is gathered while its values go by, so that nothing is read twice and only a few chunks are in memory. All of a
 * variable is read; of what is too much, a sample, where nothing else is known.
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import { shown } from "../text/shown.ts";
import type { Coordinates } from "./coordinates.ts";
import { doubtAbout, type Extremes, extremesOf, type Numbers, packingOf, unpacked } from "./mask-and-scale.ts";
import { type Survey, type SurveyOptions, surveyorOf } from "./place/survey.ts";
import type { Attributes, CfVariable, ReadValues, Which } from "./variable.ts";

/** All inputs of the extent in time and space. */
export interface Reading {
  readonly coordinates: Coordinates;
  /** Of the root group. */
  readonly attributes: Attributes;
  readonly findings: DatasetFinding[];
  /** `undefined` where all of it is too much, or it can't be decoded. Asking again reads nothing. */
  all(variable: CfVariable): Promise<Pass | undefined>;
  /** Of a sample, with a finding about it; for use only where `all` gave nothing. */
  some(variable: CfVariable): Promise<Pass | undefined>;
  texts(variable: CfVariable): Promise<readonly string[] | undefined>;
}

export interface Pass {
  readonly which: Which;
  /** Absent where every value is missing. */
  readonly extremes?: Extremes;
  readonly survey?: Survey;
}

export interface ReadingOptions {
  readonly coordinates: Coordinates;
  readonly attributes: Attributes;
  readonly read: ReadValues;
  /** Of which variables a survey is needed. */
  readonly surveyed: (variable: CfVariable) => SurveyOptions | undefined;
}

export function readingOf({ coordinates, attributes, read, surveyed }: ReadingOptions): Reading {
  const findings: DatasetFinding[] = [];
  const passes = new Map<string, Promise<Pass | undefined>>();
  const pass = (variable: CfVariable, which: Which) => {
    const key = `${which} ${variable.name}`;
    const known = passes.get(key) ?? passOver(variable, which);
    passes.set(key, known);
    return known;
  };
  const passOver = async (variable: CfVariable, which: Which): Promise<Pass | undefined> => {
    const packing = packingOf(variable);
    if (packing.problem) {
      findings.push(notUnpacked(variable, packing.problem));
      return undefined;
    }
    const options = surveyed(variable);
    const surveyor = options && surveyorOf(which === "all" ? options : { ...options, record: "nothing" });
    let extremes: Extremes | undefined;
    let count = 0;
    const isRead = await read(variable, which, ({ values, ...where }) => {
      const raw = values as Numbers;
      const numbers = unpacked(raw, packing);
      extremes = extremesOf(raw, packing, extremes, numbers);
      surveyor?.add(numbers, where);
      count += raw.length;
    });
    if (!isRead) return undefined;
    if (which === "some") findings.push(sampled(variable, count));
    return { which, ...(extremes && { extremes }), ...(surveyor && { survey: surveyor.survey() }) };
  };
  return {
    coordinates,
    attributes,
    findings,
    all: (variable) => pass(variable, "all"),
    some: (variable) => pass(variable, "some"),
    async texts(variable) {
      const texts: string[] = [];
      const isRead = await read(variable, "all", ({ values }) => void texts.push(...(values as readonly string[])));
      return isRead ? texts : undefined;
    },
  };
}

/**
 * Least and greatest of a coordinate; `undefined`, with a finding, where every value is missing or readers of the data
 * would not agree on them. Of what is too large to be read, those of a sample, unless it is known otherwise (`isKnown`).
 */
export async function extremesIn(
  variable: CfVariable,
  reading: Reading,
  isKnown: boolean,
): Promise<(Extremes & Pick<Pass, "which">) | undefined> {
  const pass = (await reading.all(variable)) ?? (isKnown ? undefined : await reading.some(variable));
  if (!pass) return undefined;
  if (!pass.extremes) {
    if (pass.which === "all" && variable.shape.every((size) => size > 0)) reading.findings.push(allMissing(variable));
    return undefined;
  }
  const doubt = doubtAbout(pass.extremes, packingOf(variable), variable);
  if (doubt) {
    reading.findings.push(doubtful(variable, doubt));
    return undefined;
  }
  return { ...pass.extremes, which: pass.which };
}

export const doubtful = ({ name }: CfVariable, doubt: string): DatasetFinding => ({
  level: "warning",
  rule: "doubtful-extent",
  says: `${shown(name)} ${doubt}; its extent is left out`,
  fix: "declare the value that stands for missing as _FillValue, and correct the attributes",
});

export const allMissing = ({ name }: CfVariable): DatasetFinding => ({
  level: "warning",
  rule: "all-missing",
  says: `every value of ${shown(name)} is missing`,
});

export const notUnpacked = ({ name }: CfVariable, problem: string): DatasetFinding => ({
  level: "warning",
  rule: "packing",
  says: `${shown(name)} can't be unpacked: ${problem}, so its values are not known`,
});

const sampled = ({ name, shape }: CfVariable, count: number): DatasetFinding => ({
  level: "warning",
  rule: "sampled-extent",
  says: `${shown(name)} is too large to be read whole: its extent comes from ${count} of ${shape.reduce((a, b) => a * b, 1)} values, spread evenly over it, and may be too small`,
  fix: "declare geospatial_lat_min … geospatial_lon_max and time_coverage_start, time_coverage_end",
});
