/**
 * Merges both sides of a proposal by path, and reports findings at the lines of the proposal's tree.yaml.
 */
import { readCampaign } from "../../core/campaign/campaign.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Finding } from "../../core/report/finding.ts";
import type { ReportedFinding } from "../../core/report/report.ts";
import { type Conflict, mergeTrees } from "../../core/tree/merge.ts";
import { replacementFor } from "../../core/tree/quick-fix.ts";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import { decodeUtf8 } from "../../core/yaml/yaml.ts";

/** The sides of a merge. Each text is the tree.yaml of that side. */
export interface Proposed {
  /** The base branch's tip. */
  readonly base: Uint8Array;
  readonly proposal: Uint8Array;
  /** The merge base. Default: the base. */
  readonly ancestor?: Uint8Array;
  /** The proposed campaign.yaml, where the proposal changes it. It is checked, and not used as configuration. */
  readonly campaignYaml?: Uint8Array;
  readonly sha?: string;
  readonly baseSha?: string;
  /** Labels of the pull request. */
  readonly labels: readonly string[];
  /** A command that prints the same report. */
  readonly reproduce: string;
}

/** Most findings that get a one-line fix: each one needs an edit of the text, and a review shows only ten. */
const mostReplacements = 20;

export interface Side {
  readonly text: string;
  readonly tree: Tree;
  readonly findings: readonly Finding[];
}

export interface Sides {
  readonly base: Side;
  readonly proposal: Side;
  /** Absent where they can't be merged. */
  readonly merged?: Side;
  readonly conflicts: readonly Conflict[];
  readonly findings: readonly ReportedFinding[];
  readonly texts: { readonly ancestor: string; readonly ours: string; readonly theirs: string };
}

/** Reads and merges both sides. `merged` is present where no side has an error and there are no conflicts. */
export function readSides({
  base,
  proposal,
  ancestor = base,
  campaignYaml,
}: Pick<Proposed, "base" | "proposal" | "ancestor" | "campaignYaml">): Sides {
  const [ours, theirs] = [sideOf(base), sideOf(proposal)];
  const texts = { ancestor: decodeUtf8(ancestor).text, ours: ours.text, theirs: theirs.text };
  const both = { base: ours, proposal: theirs, texts };
  const written = new Set(texts.ancestor.split("\n"));
  const lines = theirs.text.split("\n");
  const touched = ({ line }: Finding) => !written.has(lines[line - 1] ?? "");
  const own = (findings: readonly Finding[]) => [
    ...withReplacements(findings, touched, theirs.text),
    ...campaignFindings(campaignYaml),
  ];

  if (!isValid(theirs)) return { ...both, conflicts: [], findings: own(theirs.findings) };
  // A proposal that starts from a broken tree on the base branch replaces it as a whole, so there is nothing to merge.
  const replaces = texts.ancestor === texts.ours;
  if (!isValid(ours) && !replaces)
    return { ...both, conflicts: [], findings: [brokenBase(ours), ...own(theirs.findings)] };

  const { text, conflicts, failure } = mergedOrNot(texts);
  if (failure) return { ...both, conflicts, findings: [notMerged(failure), ...own(theirs.findings)] };
  if (conflicts.length > 0) {
    return {
      ...both,
      conflicts,
      findings: [...conflicts.map((each) => conflictAt(each, theirs)), ...own(theirs.findings)],
    };
  }
  const merged = text === theirs.text ? theirs : sideOf(new TextEncoder().encode(text));
  return { ...both, conflicts, merged, findings: own(findingsAfter(merged, theirs)) };
}

function sideOf(bytes: Uint8Array): Side {
  return { text: decodeUtf8(bytes).text, ...readTree(bytes) };
}

export const isValid = ({ findings }: Side): boolean => findings.every(({ level }) => level !== "error");

/**
 * Returns the findings of the merged tree, at the proposal's lines. Messages of findings that only the merge causes have
 * a prefix. For a rule whose list of findings was cut, the cause is unknown, so its messages have none.
 */
function findingsAfter(merged: Side, proposal: Side): readonly Finding[] {
  if (merged === proposal) return proposal.findings;
  const all = [...merged.findings, ...proposal.findings];
  const uncertain = new Set(all.filter(({ count }) => count !== undefined).map(({ rule }) => rule));
  const keyOf = ({ rule, path }: Finding) => `${rule} ${path}`;
  const [after, before] = [merged, proposal].map(({ findings }) => new Set(findings.map(keyOf)));
  const staying = proposal.findings.filter((finding) => !uncertain.has(finding.rule) && after!.has(keyOf(finding)));
  const others = merged.findings.filter((finding) => uncertain.has(finding.rule) || !before!.has(keyOf(finding)));
  return [
    ...staying,
    ...others.map((finding) => {
      const { line = 1, column = 1 } = proposal.tree.get(finding.path) ?? {};
      const says = uncertain.has(finding.rule) ? finding.says : `once merged: ${finding.says}`;
      return { ...finding, line, column, says };
    }),
  ];
}

function withReplacements(findings: readonly Finding[], isTouched: (finding: Finding) => boolean, text: string) {
  let left = mostReplacements;
  return findings.map((finding): ReportedFinding => {
    const touched = isTouched(finding);
    const worthIt = touched && finding.level !== "hint" && finding.fix !== undefined && left > 0;
    const replacement = worthIt ? replacementFor(finding, text) : undefined;
    if (worthIt) left--;
    return { ...finding, file: "tree.yaml", touched, ...(replacement !== undefined && { replacement }) };
  });
}

function brokenBase({ findings }: Side): ReportedFinding {
  const { line, says } = findings.find(({ level }) => level === "error")!;
  return {
    ...atTop,
    level: "error",
    rule: "broken-base",
    says: `tree.yaml on the base branch has an error in line ${line}, so that nothing can be merged with it: ${says}`,
    fix: "put the base branch right first",
  };
}

function mergedOrNot({
  ancestor,
  ours,
  theirs,
}: Sides["texts"]): ReturnType<typeof mergeTrees> & { failure?: Failure } {
  try {
    return mergeTrees(ancestor, ours, theirs);
  } catch (error) {
    // Some styles of YAML can't be edited in place.
    if (!isFailure(error, "input")) throw error;
    return { text: ours, conflicts: [], failure: error };
  }
}

function notMerged({ message, hint }: Failure): ReportedFinding {
  const says = `it can't be merged with the base branch: ${message}`;
  return { ...atTop, level: "error", rule: "not-merged", says, ...(hint !== undefined && { fix: hint }) };
}

function conflictAt({ path, says }: Conflict, { tree }: Side): ReportedFinding {
  const { line, column } = tree.get(path) ?? atTop;
  const fix = "merge the base branch into this one and decide; ours is the base branch, theirs this proposal";
  return { ...atTop, level: "error", rule: "conflict", line, column, path, says, fix };
}

/** The position of findings about the tree as a whole. */
export const atTop = { file: "tree.yaml", touched: true, line: 1, column: 1, path: "" } as const;

function campaignFindings(campaignYaml: Uint8Array | undefined): ReportedFinding[] {
  if (!campaignYaml) return [];
  return readCampaign(campaignYaml).findings.map((finding) => ({ ...finding, file: "campaign.yaml", touched: true }));
}
