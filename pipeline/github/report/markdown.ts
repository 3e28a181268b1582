/**
 * Renders a report as Markdown for a pull request.
 *
 * Untrusted text is in code spans (`core/text/markdown.ts`), so that no title, path or attribute can be markup, a link or a
 * mention of a user. Whatever prevents the merge comes first. Lines that do not fit are counted.
 */

import type { Condensed } from "../../core/report/condense.ts";
import { findingCount } from "../../core/report/finding-list.ts";
import { placeWords, timeWords } from "../../core/report/preview.ts";
import type { DatasetLine, Report, ReportedChange, ReportedFinding } from "../../core/report/report.ts";
import { cell, code } from "../../core/text/markdown.ts";
import { plural } from "../../core/text/plural.ts";
import { formatBytes } from "../../core/text/shown.ts";
import { inLink, planLink } from "./plan-link.ts";
import { byUrgency, counted, endpointsText, pinsText, stateText, summaryOf } from "./wording.ts";

export interface MarkdownOptions {
  /** Most bytes of UTF-8, which are at least as many as characters. Default: GitHub's limit for a comment, less the mark. */
  readonly atMost?: number;
  /** Address of a page with the full report, where there is one. */
  readonly more?: string;
  /** List each finding, instead of counting the findings of one rule. */
  readonly all?: boolean;
  /** Address of the campaign's repository: in a clone of a fork, `origin` is the fork. */
  readonly repository?: string;
}

/** GitHub's limit is 65 536 characters, which include the mark of the comment. */
const longestComment = 65_000;

/** Most bytes of a usual row or finding. It bounds the number of lines, also of shorter ones, because people read them. */
const usualLine = 650;

/** Bytes reserved for the text around the lists. */
const ourWords = 2000;

export function reportMarkdown(
  report: Report,
  { atMost = longestComment, more, all = false, repository = "origin" }: MarkdownOptions = {},
): string {
  const frame = { head: headOf(report, repository), foot: footOf(report) };
  const room = roomOf(atMost, bytesIn([...frame.head, ...frame.foot].join("\n")) + ourWords, more);
  const ordered = byUrgency(report.findings);
  const [pressing, others] = [ordered.filter(isPressing), ordered.filter((finding) => !isPressing(finding))];
  const sections = [
    frame.head,
    endpointsIn(report, room),
    room.take(counted(pressing, all).map(findingLine), 0.4),
    tableOf(report, room),
    room.take(differencesIn(report), 0.4),
    folded("Variables, times and places", room.take(datasetsIn(report), 0.5)),
    folded(
      plural(findingCount(others), pressing.length > 0 ? "more finding" : "finding"),
      room.take(counted(others, all).map(findingLine), 0.8),
    ),
    frame.foot,
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** Whether the proposal's author has to act on the finding. */
function isPressing({ level, touched }: ReportedFinding): boolean {
  return level === "error" || (level === "warning" && touched);
}

const icons: Readonly<Record<Report["state"], string>> = {
  ready: "✅",
  "needs changes": "❌",
  conflict: "❌",
  "data out of reach": "⏳",
  stale: "🔄",
};

function headOf(report: Report, repository: string): string[] {
  const { state, sha, root, onlyTextual } = report;
  const at = sha === undefined ? "" : ` · ${code(sha.slice(0, 7))}`;
  const lines = [
    `### ${icons[state]} ${capital(stateText[state])}${at}`,
    "",
    `**${summaryOf(report)}**`,
    "",
    rootsIn(root, report.preview),
    ...planIn(report),
  ];
  return onlyTextual ? [...lines, "", ...mergeWithDriver(repository)] : lines;
}

function planIn(report: Report): string[] {
  const link = report.changes.length > 0 ? planLink(report) : undefined;
  return link === undefined ? [] : ["", `[What merging would publish](${link}), in the campaign's data browser`];
}

/** At the top of the comment, for reviewers: one line of YAML may send every secret to another server. */
function endpointsIn({ endpoints }: Report, room: Room): string[] {
  const words = endpointsText(endpoints, (text) => code(text, 200));
  if (!words) return [];
  const rows = room.take(
    words.changes.map((line) => `- ${line}`),
    0.3,
  );
  return [`**⚠️ ${words.title}**`, ...(rows.length > 0 ? ["", ...rows] : []), "", words.label];
}

/** Returns the commands that resolve a conflict of lines. @param repository address of the campaign's, or a remote's name. */
export function mergeWithDriver(repository: string): string[] {
  return [
    "Git reports a conflict here, and there is none: the lines are close to each other, the paths are different. The merge driver takes both:",
    "",
    "```sh",
    'git config merge.fieldtree.driver "fieldtree merge %O %A %B -o %A"',
    `git pull --no-rebase ${repository} HEAD   # the base branch, into this one; then push`,
    "```",
  ];
}

function rootsIn({ from, to }: Report["root"], preview: string | undefined): string {
  const was = from === null ? "unknown" : cidLink(from, preview);
  if (to === null) return `root ${was} → not known yet`;
  if (to === from) return `root ${was}, which stays as it is`;
  const link = preview === undefined ? "" : ` ([preview](${addressOf(to, preview)}), as soon as a node has it)`;
  return `root ${was} → ${code(to)}${link}`;
}

function tableOf({ changes, preview }: Report, room: Room): string[] {
  if (changes.length === 0) return [];
  const rows = room.take(
    changes.map((change) => rowOf(change, preview)),
    0.7,
  );
  return ["| | Path | Data | Size | Reachable from | Dataset |", "|---|---|---|--:|---|---|", ...rows];
}

function rowOf(change: ReportedChange, preview: string | undefined): string {
  const { op, path, size, reach } = change;
  const at = op === "move" ? `${cell(change.from)} → ${cell(path)}` : cell(path);
  const data = op === "remove" ? `was ${cidShort(change.from)}` : cidLink(change.to, preview);
  const from = reach ? reachIn(reach) : "";
  return `| ${words[op]} | ${at} | ${data} | ${size === null ? "?" : formatBytes(size)} | ${from} | ${whatIsIn(change)} |`;
}

const words: Readonly<Record<ReportedChange["op"], string>> = {
  add: "➕ added",
  update: "✏️ updated",
  move: "➡️ moved",
  remove: "➖ removed",
  respell: "spelt otherwise",
};

function reachIn({ from, problem, partial }: NonNullable<ReportedChange["reach"]>): string {
  if (problem !== undefined) return "⚠️ nowhere";
  const names = from.map((name) => cell(name, 60)).join(", ") || "several, together";
  return partial === undefined ? names : `${names} (checked in part)`;
}

function whatIsIn({ datasets, moreDatasets }: ReportedChange): string {
  const [one, ...others] = datasets;
  if (!one) return "";
  if (others.length > 0) return plural(datasets.length + moreDatasets, "dataset");
  return one.failed === undefined ? aboutDataset(one).join(" · ") : "can't be described";
}

function aboutDataset({ title, files, variables, start, end, bbox }: DatasetLine): string[] {
  return [
    ...(title === undefined ? [] : [cell(title, 80)]),
    ...(files === undefined ? [] : [plural(files, "file")]),
    ...(variables.length > 0 ? [plural(variables.length, "variable")] : []),
    ...(start !== undefined && end !== undefined ? [cell(timeWords(start, end), 60)] : []),
    ...(bbox ? [placeWords(bbox)] : []),
  ];
}

function differencesIn({ changes }: Report): string[] {
  const updated = changes.flatMap(({ datasets }) => datasets.filter(({ differs }) => differs.length > 0));
  if (updated.length === 0) return [];
  return [
    "**What differs in updated datasets**\n",
    ...updated.map(({ path, differs }) =>
      [`- ${code(path)}`, ...differs.map((says) => `  - ${code(says, 300)}`)].join("\n"),
    ),
  ];
}

function datasetsIn({ changes }: Report): string[] {
  return changes
    .flatMap(({ datasets }) => datasets)
    .map((dataset) => {
      const { path, variables, failed } = dataset;
      if (failed !== undefined) return `- ${code(path)}: can't be described: ${code(failed, 500)}`;
      const about = [code(path), ...aboutDataset(dataset)].join(" · ");
      const names = variables.slice(0, mostVariables).map((name) => code(name, 60));
      const left = variables.length - names.length;
      return names.length === 0
        ? `- ${about}`
        : `- ${about}: ${names.join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
    });
}

const mostVariables = 30;

const marks = { error: "❌", warning: "⚠️", hint: "💡" } as const;

function findingLine({ finding, count }: Condensed<ReportedFinding>): string {
  const { level, file, line, rule, says, fix } = finding;
  const often = count === 1 ? "" : `${count} times, as here: `;
  const itemText = `- ${marks[level]} ${code(`${file}:${line}`)} **${rule}** ${often}${code(says, 600)}`;
  return fix === undefined || count > 1 ? itemText : `${itemText}\n  fix: ${code(fix, 400)}`;
}

function footOf({ owners, onMerge, changes, removals, reproduce }: Report): string[] {
  const lines: string[] = [];
  if (changes.some(({ reach }) => reach?.problem !== undefined)) {
    lines.push(
      "**Is the computer with the data asleep?** Wake it until this is merged and pinned, or run `fieldtree car export PATH -o data.car`, put the file anywhere on the web, and give its address to the person who publishes.\n",
    );
  }
  if (owners.length > 0) {
    const named = owners
      .slice(0, mostOwners)
      .map(
        ({ pattern, owners, paths }) =>
          `${owners.map((name) => code(name)).join(", ")} for ${plural(paths.length, "change")} in ${code(pattern)}`,
      );
    const left = owners.length - named.length;
    lines.push(`**Reviewers**: ${named.join("; ")}${left > 0 ? `; and ${left} more` : ""}\n`);
  }
  if (removals.tooMany && removals.labelled) lines.push(`The label ${code(removals.label)} allows what is removed.\n`);
  lines.push(`**When this is merged** ${onMergeIn(onMerge)}\n`, `To see the same: ${code(reproduce, 1000)}`);
  return lines;
}

const mostOwners = 20;

function onMergeIn({ pins, names }: Report["onMerge"]): string {
  const pinsAt = pinsText(pins, (name) => code(name));
  const also = pins.also.length > 0 ? `, and at ${pins.also.map((name) => code(name)).join(", ")} when they can` : "";
  const pointers = names.map(
    ({ name, to, ttl }) => `${code(name)} points to the ${code(to)} (old answers live ${ttl} s)`,
  );
  return [
    pinsAt === undefined ? "the root above is published" : `the root above is pinned at ${pinsAt}${also}`,
    ...(pointers.length > 0 ? [`then ${pointers.join(", ")}`] : ["and no name points to it"]),
  ]
    .join(", ")
    .concat(".");
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);

/** Whether the text has only letters and digits, as CIDs do. Any other text was not parsed as a CID, and gets no link. */
const isCid = (text: string) => /^[A-Za-z0-9]{1,128}$/.test(text);

function cidLink(cid: string, preview: string | undefined): string {
  if (preview === undefined) return cell(cid);
  return isCid(cid) ? `[${cidShort(cid)}](${addressOf(cid, preview)})` : cell(cid);
}

function cidShort(cid: string): string {
  return cell(isCid(cid) && cid.length > 20 ? `${cid.slice(0, 8)}…${cid.slice(-4)}` : cid);
}

/** Returns the URL at campaign.yaml's first gateway. */
function addressOf(cid: string, preview: string): string {
  return inLink(`${preview}/ipfs/${cid}`);
}

/** The space left in the comment. */
interface Room {
  /** Returns the lines that fit into `share` of the space left, and a line with the number of the others. */
  take(lines: readonly string[], share: number): string[];
}

function roomOf(atMost: number, used: number, more: string | undefined): Room {
  let left = atMost - used;
  return {
    take(lines, share) {
      let mine = left * share;
      const taken: string[] = [];
      for (const line of lines.slice(0, Math.ceil(atMost / usualLine))) {
        mine -= bytesIn(line) + 1;
        if (mine < 0) break;
        left -= bytesIn(line) + 1;
        taken.push(line);
      }
      const others = lines.length - taken.length;
      const where = more === undefined ? "" : `; [all of them](${more})`;
      return others === 0 ? taken : [...taken, "", `and ${others} more${where}`];
    },
  };
}

function folded(summary: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<details><summary>${summary}</summary>`, "", ...lines, "", "</details>"];
}

const utf8 = new TextEncoder();
const bytesIn = (text: string) => utf8.encode(text).length;
