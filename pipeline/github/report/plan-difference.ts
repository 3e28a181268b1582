/**
 * Whether the plan in a run's artifact equals the one computed here.
 *
 * Compares only results that follow from both texts, because the data that can be reached differs between machines and over time.
 */
import * as v from "valibot";
import { stableJson } from "../../core/json.ts";
import type { Report } from "../../core/report/report.ts";

const text = v.string();
const change = v.object({ op: text, path: text, from: v.optional(text), to: v.optional(text) });
const finding = v.object({ level: text, rule: text, line: v.number(), file: text });
const plan = v.object({
  sha: text,
  baseSha: text,
  root: v.object({ from: v.nullable(text), to: v.nullable(text) }),
  changes: v.array(change),
  conflicts: v.array(v.object({ path: text })),
  findings: v.array(finding),
});

/** Returns text about the difference; `undefined` where there is none, or where the run planned against another base. */
export function planDifference(reported: unknown, report: Report): string | undefined {
  const read = v.safeParse(plan, reported);
  if (!read.success) return "it is not a plan";
  const { output } = read;
  if (output.sha !== report.sha) return `it is for another commit than ${report.sha}`;
  if (output.baseSha !== report.baseSha) return undefined;
  const [theirs, ours] = [output, v.parse(plan, JSON.parse(JSON.stringify(report)))];
  for (const side of ["from", "to"] as const) {
    const [reported, is] = [theirs.root[side], ours.root[side]];
    if (reported !== null && is !== null && reported !== is)
      return `its root ${side === "to" ? "after" : "before"} the merge is another one`;
  }
  const counts = (["changes", "conflicts"] as const).find(
    (what) => stableJson(theirs[what]) !== stableJson(ours[what]),
  );
  if (counts) return `its ${counts} are others`;
  return stableJson(ofText(theirs.findings)) === stableJson(ofText(ours.findings))
    ? undefined
    : "its findings are others";
}

/** Rules of errors that do not follow from the texts: about data, which not every machine can reach, and about labels. */
const notOfText = new Set(["not-unixfs", "removed-folder", "many-removals", "changed-endpoints"]);

function ofText(findings: v.InferOutput<typeof plan>["findings"]) {
  return findings.filter(({ level, rule }) => level === "error" && !notOfText.has(rule));
}
