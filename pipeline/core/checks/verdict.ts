/**
 * What the findings on a dataset amount to, in words: whether it can be published as it is, and who can't read it.
 *
 * There is no number to be raised. Rules are counted, not findings: fifty variables without units are one thing to improve.
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import { plural } from "../text/plural.ts";
import type { RuleName } from "./rules.ts";

export interface Verdict {
  /** `good` where nothing is worse than a hint. */
  readonly level: "error" | "warning" | "good";
  /** A sentence without its end: "publishable, 2 things to improve". */
  readonly text: string;
}

/** Programs that can't read a dataset with a finding of the rule. */
const unreadBy: Partial<Record<RuleName, string>> = {
  "xarray-refuses": "xarray",
  "dimension-sizes": "xarray",
  "sharded-directory": "ipfsspec",
};

export function verdictOf(findings: readonly Pick<DatasetFinding, "level" | "rule">[]): Verdict {
  const rulesOf = (level: DatasetFinding["level"]) =>
    new Set(findings.filter((finding) => finding.level === level).map(({ rule }) => rule)).size;
  const [errors, warnings, hints] = [rulesOf("error"), rulesOf("warning"), rulesOf("hint")];
  const programs = [...new Set(findings.flatMap(({ rule }) => unreadBy[rule] ?? []))].sort();
  const notReadable = programs.length > 0 ? [`not readable by ${programs.join(" or ")}`] : [];
  const advice = hints > 0 ? [plural(hints, "hint")] : [];
  if (errors > 0) {
    const toCorrect = [plural(errors, "error"), ...(warnings > 0 ? [plural(warnings, "warning")] : []), ...advice];
    return { level: "error", text: ["publish it only once corrected", ...notReadable, ...toCorrect].join(", ") };
  }
  if (warnings > 0) {
    const toImprove = `${plural(warnings, "thing")} to improve`;
    return { level: "warning", text: ["publishable", ...notReadable, toImprove, ...advice].join(", ") };
  }
  return { level: "good", text: ["ready to publish", ...advice].join(", ") };
}
