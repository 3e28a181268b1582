/** A report as a commit status: one line, shown by branch rules and lists of pull requests. */

import { findingCount } from "../../core/report/finding-list.ts";
import { countsOf, type Report } from "../../core/report/report.ts";
import { plural } from "../../core/text/plural.ts";

export interface StatusLine {
  readonly state: "success" | "failure" | "pending";
  /** At most 140 characters, with no text from the proposal. */
  readonly description: string;
}

export function statusOf(report: Report): StatusLine {
  return { state: states[report.state], description: describe(report) };
}

/** `pending`: the problem may be over later, or after another run, without a change of the proposal. */
const states: Readonly<Record<Report["state"], StatusLine["state"]>> = {
  ready: "success",
  "needs changes": "failure",
  conflict: "failure",
  "data out of reach": "pending",
  stale: "pending",
};

function describe(report: Report): string {
  const { state, root, findings, conflicts, changes } = report;
  switch (state) {
    case "ready":
      return `${countsOf(report)}${root.to ? `; root ${root.to}` : ""}`;
    case "needs changes":
      return plural(findingCount(findings.filter(({ level }) => level === "error")), "error");
    case "conflict":
      return `${plural(conflicts.length, "path was", "paths were")} changed differently on the base branch`;
    case "data out of reach": {
      const lost = changes.filter(({ reach }) => reach?.problem !== undefined).length;
      return lost > 0 ? `the data of ${plural(lost, "change")} is out of reach` : "data in the tree is out of reach";
    }
    case "stale":
      return "the base branch moved since this was checked";
  }
}
