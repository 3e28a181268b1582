/** The findings of a dataset in the order in which they are listed: of its description, and of the item that was made of it. */
import type { RuleName } from "../checks/rules.ts";
import type { DatasetFinding, Description } from "../dataset/dataset.ts";

const severity = ["error", "warning", "hint"] as const;

/** The most severe first, because the portal and a pull request list the first few. @param ofItem what `itemOf` found */
export function findingsOf(
  { findings, advice = [] }: Pick<Description, "findings" | "advice">,
  ofItem: readonly DatasetFinding[],
): readonly DatasetFinding[] {
  // A reader that knows why there is no time or place has a finding of its own.
  const isExplained = (rule: RuleName) =>
    (rule === "no-time" || rule === "no-place") && findings.some((finding) => finding.rule === rule);
  const all = [...findings, ...ofItem.filter(({ rule }) => !isExplained(rule)), ...advice];
  return severity.flatMap((level) => all.filter((finding) => finding.level === level));
}
