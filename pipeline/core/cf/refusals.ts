/**
 * Attributes of one variable for which xarray refuses to open the whole dataset, or to read that variable.
 *
 * Most of them are on data whose values are never asked for here, so that nothing else would find them.
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import { perObject } from "../remembered.ts";
import { shown } from "../text/shown.ts";
import { isText } from "./labels.ts";
import { packingOf } from "./mask-and-scale.ts";
import { notUnpacked } from "./reading.ts";
import { codingOf, timeUnits } from "./time/time-extent.ts";
import type { CfVariable } from "./variable.ts";

const checks = [perObject(timesIn), perObject(packingIn), perObject(coordinatesIn)] as const;

/** Findings of one kind. */
const mostAlike = 20;

/** With the same words as where the values are asked for. */
export function refusalsOf(variables: readonly CfVariable[]): readonly DatasetFinding[] {
  return checks.flatMap((check) => variables.flatMap((variable) => check(variable)).slice(0, mostAlike));
}

/** xarray makes dates of the first and the last value of whatever has "since" in its units, when it opens a dataset. */
function timesIn(variable: CfVariable): readonly DatasetFinding[] {
  const { type, attributes } = variable;
  const { units } = attributes;
  if (typeof units !== "string" || !units.includes("since") || /^(datetime|timedelta)64/.test(type)) return [];
  if (isText(variable) || type === "bool") return [timeUnits(variable, `values of type ${type} have units of time`)];
  const coding = codingOf(variable);
  return "problem" in coding ? [timeUnits(variable, coding.problem)] : [];
}

function packingIn(variable: CfVariable): readonly DatasetFinding[] {
  const { problem } = packingOf(variable);
  return problem === undefined || isText(variable) ? [] : [notUnpacked(variable, problem)];
}

function coordinatesIn({ name, attributes: { coordinates } }: CfVariable): readonly DatasetFinding[] {
  if (coordinates === undefined || typeof coordinates === "string") return [];
  const is = shown(JSON.stringify(coordinates), 40);
  return [
    {
      level: "warning",
      rule: "xarray-refuses",
      says: `xarray refuses to open this because of ${shown(name)}: the attribute coordinates is ${is}, which is no text`,
      fix: "name the coordinates in one text, with spaces between them",
    },
  ];
}
