/** A report for a terminal, and for the log of a job. Every line begins with fixed text. */

import { type Condensed, formatCounted } from "../../core/report/condense.ts";
import { placeWords, timeWords } from "../../core/report/preview.ts";
import type { DatasetLine, Report, ReportedChange, ReportedFinding } from "../../core/report/report.ts";
import { inert } from "../../core/text/inert.ts";
import { plural } from "../../core/text/plural.ts";
import { formatBytes } from "../../core/text/shown.ts";
import { byUrgency, counted, endpointsText, pinsText, stateText, summaryOf } from "./wording.ts";

export interface TextOptions {
  /** List each finding, instead of counting the findings of one rule. */
  readonly all?: boolean;
  /** Colours the word for a level. */
  readonly paint?: (level: ReportedFinding["level"], text: string) => string;
}

export function reportText(report: Report, { all = false, paint = (_, text) => text }: TextOptions = {}): string {
  const { campaign, state, root, changes, findings, owners, onMerge, onlyTextual, reproduce } = report;
  return [
    `${inert(campaign)}: ${stateText[state]}`,
    `  ${summaryOf(report)}`,
    `  root ${root.from ?? "unknown"} → ${root.to ?? "not known yet"}`,
    ...(onlyTextual
      ? ["  git reports a conflict of lines, and there is none of paths: fieldtree merge takes both sides"]
      : []),
    ...endpointLines(report),
    ...changes.flatMap(changeLines),
    ...counted(byUrgency(findings), all).map((each) => findingLine(each, paint)),
    ...owners.map(
      ({ pattern, owners, paths }) =>
        `owners   ${inert(pattern)}: ${owners.join(", ")} (${plural(paths.length, "change")})`,
    ),
    `merging  ${onMergeText(onMerge)}`,
    `same as  ${inert(reproduce)}`,
  ].join("\n");
}

function endpointLines({ endpoints }: Report): string[] {
  const words = endpointsText(endpoints, (text) => inert(text, 300));
  if (!words) return [];
  return [`WARNING  ${words.title}`, ...words.changes.map((line) => `  ${line}`), `  ${words.label}`];
}

function changeLines(change: ReportedChange): string[] {
  const { op, path, size, reach, datasets, moreDatasets } = change;
  const what = op === "remove" || op === "move" ? "" : ` ${inert(change.to)}`;
  const from = op === "move" ? `${inert(change.from)} → ` : "";
  const how = [...(size === null ? [] : [formatBytes(size)]), ...(reach ? [reachText(reach)] : [])].join(", ");
  return [
    `${op.padEnd(8)} ${from}${inert(path)}${what}${how ? ` (${how})` : ""}`,
    ...datasets.flatMap(datasetLines),
    ...(moreDatasets > 0 ? [`  and ${moreDatasets} more datasets`] : []),
  ];
}

function reachText({ from, problem, partial }: NonNullable<ReportedChange["reach"]>): string {
  if (problem !== undefined) return `out of reach: ${inert(problem)}`;
  const names = from.length > 0 ? `at ${from.map((name) => inert(name)).join(", ")}` : "at several together";
  return partial === undefined ? names : `${names}; ${inert(partial)}`;
}

function datasetLines({ path, title, files, variables, start, end, bbox, differs, failed }: DatasetLine): string[] {
  const about = [
    ...(title === undefined ? [] : [inert(title, 200)]),
    ...(files === undefined ? [] : [plural(files, "file")]),
    ...(variables.length > 0 ? [plural(variables.length, "variable")] : []),
    ...(start !== undefined && end !== undefined ? [inert(timeWords(start, end), 80)] : []),
    ...(bbox ? [placeWords(bbox)] : []),
    ...(failed === undefined ? [] : [`can't be described: ${inert(failed, 500)}`]),
  ];
  return [
    `  dataset ${inert(path)}: ${about.join(" · ")}`,
    ...differs.map((says) => `    differs: ${inert(says, 300)}`),
  ];
}

function findingLine(each: Condensed<ReportedFinding>, paint: NonNullable<TextOptions["paint"]>): string {
  const { level, rule, file, line, column, fix } = each.finding;
  const itemText = `${paint(level, level)}${" ".repeat(8 - level.length)} ${file}:${line}:${column}  ${inert(rule)}  ${inert(formatCounted(each), 2000)}`;
  return fix === undefined || each.count > 1 ? itemText : `${itemText}\n    fix: ${inert(fix, 2000)}`;
}

function onMergeText({ pins, names }: Report["onMerge"]): string {
  const pinsAt = pinsText(pins, (name) => name);
  return [
    pinsAt === undefined ? "publishes the root" : `pins the root at ${pinsAt}`,
    ...names.map(({ name, to, ttl }) => `points ${inert(name)} to the ${inert(to)} (old answers live ${ttl} s)`),
  ].join(", ");
}
