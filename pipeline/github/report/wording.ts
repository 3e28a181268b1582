/** Text that the comment, the terminal and the commit status of a report share. */
import { type Condensed, condensed } from "../../core/report/condense.ts";
import { countsOf, newBytes, type Report, type ReportedFinding, type State } from "../../core/report/report.ts";
import { formatBytes } from "../../core/text/shown.ts";

/** Text for each state of a report. */
export const stateText: Readonly<Record<State, string>> = {
  ready: "ready to merge",
  "needs changes": "needs changes",
  "data out of reach": "data out of reach",
  conflict: "conflict with the base branch",
  stale: "stale: the base branch moved since",
};

/** `2 added, 1 updated, 14 GB new`. */
export function summaryOf(report: Report): string {
  const bytes = newBytes(report);
  return [countsOf(report), ...(bytes > 0 ? [`${formatBytes(bytes)} new`] : [])].join(", ");
}

/** Sorts errors first, then findings on lines of the proposal, then by the given order. */
export function byUrgency(findings: readonly ReportedFinding[]): ReportedFinding[] {
  const rank = ({ level, touched }: ReportedFinding) => 2 * levels.indexOf(level) + (touched ? 0 : 1);
  return findings.toSorted((a, b) => rank(a) - rank(b));
}

/** Counts findings of one rule, those on the proposal's lines separately; `all`: lists each one. */
export function counted(findings: readonly ReportedFinding[], all: boolean): readonly Condensed<ReportedFinding>[] {
  if (all) return findings.map((finding) => ({ finding, count: 1 }));
  return condensed(findings, ({ level, rule, file, touched }) => `${level} ${rule} ${file} ${touched}`);
}

/**
 * Returns text about changed endpoints; `undefined` where none changed. `quoted` formats untrusted text.
 *
 * `label`: the label that the pull request needs, or that allows the change.
 */
export function endpointsText(
  { changes, moreChanges, unreadable, label, labelled }: Report["endpoints"],
  quoted: (text: string) => string,
): { readonly title: string; readonly changes: readonly string[]; readonly label: string } | undefined {
  if (unreadable !== undefined) {
    return {
      title: "The proposed campaign.yaml can't be read: it may change where data, secrets and announcements go.",
      changes: [quoted(unreadable)],
      label: "No label allows that: campaign.yaml has to be put right first.",
    };
  }
  if (changes.length === 0) return undefined;
  const lines = changes.map(({ key, from, to }) => {
    if (from === null) return `${quoted(key)} is added: ${quoted(to ?? "")}`;
    return to === null
      ? `${quoted(key)} is removed: ${quoted(from)}`
      : `${quoted(key)} changes from ${quoted(from)} to ${quoted(to)}`;
  });
  return {
    title: "This changes in campaign.yaml where data, secrets or announcements go.",
    changes: moreChanges > 0 ? [...lines, `and ${moreChanges} more`] : lines,
    label: labelled
      ? `The label ${quoted(label)} allows it.`
      : `It is not ready to merge without the label ${quoted(label)}.`,
  };
}

const levels = ["error", "warning", "hint"] as const;

/** `all of dkrz, gwdg` or `2 of dkrz, gwdg, pinata`; `undefined` where no service pins. */
export function pinsText(
  { atLeast, of }: Report["onMerge"]["pins"],
  name: (text: string) => string,
): string | undefined {
  if (of.length === 0) return undefined;
  return `${atLeast === of.length ? "" : `${atLeast} of `}${of.map(name).join(", ")}`;
}
