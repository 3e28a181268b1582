/** When a dataset was: from its time coordinate, else as its attributes declare. */
import type { DatasetFinding, TimeExtent } from "../../dataset/dataset.ts";
import { compareInstants } from "../../dataset/instant.ts";
import { perObject } from "../../remembered.ts";
import { shown } from "../../text/shown.ts";
import { type DeclaredTime, declaredTime } from "../declared.ts";
import type { Extremes } from "../mask-and-scale.ts";
import { extremesIn, type Reading } from "../reading.ts";
import { type CfVariable, text } from "../variable.ts";
import { datetime64CodingOf, instantAt, isIsoDate, isoOf, type TimeCoding, timeCodingOf } from "./time.ts";

export async function whenOf(reading: Reading): Promise<TimeExtent | undefined> {
  const { coordinates, attributes, findings } = reading;
  const { declared, findings: found } = declaredTime(attributes);
  findings.push(...found);
  const attributesTime = declared && ({ start: declared.start, end: declared.end, source: "attributes" } as const);
  const variable = coordinates.time;
  if (!variable) return attributesTime;
  const coding = codingOf(variable);
  if ("problem" in coding) {
    findings.push(timeUnits(variable, coding.problem));
    return attributesTime;
  }
  const extremes = await extremesIn(variable, reading, declared !== undefined);
  if (!extremes) return attributesTime;
  const dates = datesOf(extremes, coding);
  if (!dates) {
    findings.push(noDates(variable, extremes));
    return attributesTime;
  }
  const time: TimeExtent = { ...dates, source: extremes.which === "all" ? "values" : "sampled" };
  if (declared) findings.push(...disagreement(time, declared));
  return time;
}

/** How the variable's numbers are times, or what is wrong with that: a phrase. */
export const codingOf = perObject(({ attributes, type }: CfVariable): TimeCoding | { readonly problem: string } => {
  const [, step = "", unit] = /^datetime64\[(\d*)([A-Za-z]+)\]$/.exec(type) ?? [];
  if (unit) return datetime64CodingOf(unit, step) ?? { problem: `xarray can't read times of type ${type}` };
  const calendar = Object.hasOwn(attributes, "calendar") ? attributes.calendar : "standard";
  if (typeof calendar !== "string") return { problem: `calendar ${shown(JSON.stringify(calendar), 40)} is no name` };
  return timeCodingOf(text(attributes, "units"), calendar);
});

export const timeUnits = ({ name }: CfVariable, problem: string): DatasetFinding => ({
  level: "warning",
  rule: "time-units",
  says: `${shown(name)}: ${problem}`,
  fix: "correct its units and calendar, without which xarray may open the dataset with decode_times=False only",
});

/** First and last date, by the coding's own calendar, which is named where that is not ISO 8601's. */
export function datesOf({ least, greatest }: Extremes, coding: TimeCoding): Omit<TimeExtent, "source"> | undefined {
  const instants = [instantAt(least, coding), instantAt(greatest, coding)] as const;
  const [start, end] = instants.map((instant) => instant && isoOf(instant));
  if (!start || !end) return undefined;
  const calendar = instants.every((instant) => instant && isIsoDate(instant)) ? undefined : coding.calendar.name;
  // February 30 at 6:00 is written as a day that comes before February 29 at 18:00.
  return { start, end: compareInstants(start, end) > 0 ? start : end, ...(calendar && { calendar }) };
}

function noDates({ name, attributes }: CfVariable, { least, greatest }: Extremes): DatasetFinding {
  const units = shown(text(attributes, "units"), 80);
  const says = `${shown(name)} runs from ${least} to ${greatest} "${units}", of which xarray or RFC 3339 (years 0 to 9999) can't make dates`;
  return { level: "warning", rule: "time-range", says };
}

function disagreement(values: TimeExtent, declared: DeclaredTime): DatasetFinding[] {
  const apart = (a: string, b: string) => Math.abs(Date.parse(a) - Date.parse(b)) > declared.slack;
  if (!apart(values.start, declared.start) && !apart(values.end, declared.end)) return [];
  return [
    {
      level: "warning",
      rule: "declared-time",
      says: `${declared.by} say ${declared.start} to ${declared.end}, but times run from ${values.start} to ${values.end}`,
      fix: `correct or remove ${declared.by}`,
    },
  ];
}
