/** Findings for people: `tree.yaml:12:5  error  duplicate-key  …`, which editors and terminals turn into links. */

import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { type Condensed, condensed, formatCounted } from "../../core/report/condense.ts";
import type { Finding } from "../../core/report/finding.ts";
import type { Call } from "../verb.ts";
import { hanging, printable } from "./terminal.ts";

export const allFlag = ["--all", "show each finding, where those of one rule are one line with a count"] as const;

/** Returns lines for findings in a file, with their fixes and coloured levels. */
export function findingLines(file: string, findings: readonly Finding[], call: Pick<Call, "flags" | "out">): string[] {
  return counted(findings, call).flatMap(({ finding, count }) => {
    const { level, rule, line, column } = finding;
    const at = `${file}:${line}:${column}  ${call.out.paint(level, level)}  ${rule}`;
    return [`${at}  ${findingText({ finding, count })}`, ...fixLines({ finding, count })];
  });
}

/** Returns the same for findings in a dataset, wrapped at `width`. */
export function datasetFindingLines(
  findings: readonly DatasetFinding[],
  call: Pick<Call, "flags" | "out">,
  width?: number,
): string[] {
  return counted(findings, call).flatMap((each) => {
    const { level, rule } = each.finding;
    // Coloured after it is wrapped, because escape sequences take no room.
    const text = hanging(`  ${level}  ${rule}  `, findingText(each), width, 4);
    return [
      `  ${call.out.paint(level, level)}${text.slice(level.length + 2)}`,
      ...fixLines(each).map((fix) => hanging("    ", fix.trimStart(), width, 9)),
    ];
  });
}

/** Returns lines without rule and position, for the lines below a dataset's title. */
export function noteLines(findings: readonly DatasetFinding[], call: Pick<Call, "flags" | "out">): string[] {
  return counted(findings, call).map(
    (each) => `  ${call.out.paint(each.finding.level, `${each.finding.level}:`)} ${findingText(each)}`,
  );
}

export const errorsIn = <F extends Pick<Finding, "level">>(findings: readonly F[]): F[] =>
  findings.filter(({ level }) => level === "error");

/** `--all shows each`, where lines stand for more than one finding. */
export function allHint(
  findings: readonly Pick<Finding, "level" | "rule" | "count">[],
  { flags }: Pick<Call, "flags">,
): string {
  const hidden = flags.all !== true && condensed(findings).some(({ count }) => count > 1);
  return hidden ? " (--all shows each)" : "";
}

function counted<F extends Pick<Finding, "level" | "rule" | "count">>(
  findings: readonly F[],
  { flags }: Pick<Call, "flags">,
): readonly Condensed<F>[] {
  return flags.all === true ? findings.map((finding) => ({ finding, count: 1 })) : condensed(findings);
}

const findingText = (each: Condensed<Pick<Finding, "says" | "count">>) => printable(formatCounted(each));

/** Returns a fix only for a single finding, because the first one's fix does not apply to the others. */
function fixLines({ finding: { fix }, count }: Condensed<{ readonly fix?: string }>): string[] {
  return fix === undefined || count > 1 ? [] : [`    fix: ${printable(fix)}`];
}
