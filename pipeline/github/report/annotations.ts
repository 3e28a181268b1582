/**
 * Findings at the lines of a pull request: as annotations of a check, and as workflow commands on stdout, which the runner
 * turns into annotations. A job without a token can only use workflow commands.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { findingCount } from "../../core/report/finding-list.ts";
import type { Report, ReportedFinding } from "../../core/report/report.ts";
import { inert } from "../../core/text/inert.ts";
import type { Annotation } from "../run/checks.ts";
import { byUrgency } from "./wording.ts";

/** Returns all annotations, the most urgent first. The caller splits them into calls. */
export function annotationsOf({ findings }: Pick<Report, "findings">): Annotation[] {
  return byUrgency(findings).map((finding) => ({
    path: finding.file,
    line: finding.line,
    column: finding.column,
    level: levels[finding.level],
    title: inert(finding.rule, 100),
    message: messageOf(finding),
  }));
}

const levels = { error: "failure", warning: "warning", hint: "notice" } as const;

function messageOf({ says, fix }: ReportedFinding): string {
  return [inert(says, longest), ...(fix === undefined ? [] : [`fix: ${inert(fix, longest)}`])].join("\n");
}

const longest = 2000;

/** Annotations of each level that a runner shows for one step. It drops any more without a message. */
const mostShown = 10;

/** Returns one line for each finding; where there are more than a runner shows, the last line has their number. */
export function workflowCommands({ findings }: Pick<Report, "findings">): string[] {
  const ordered = byUrgency(findings);
  return (["error", "warning", "notice"] as const).flatMap((command) => {
    const these = ordered.filter(({ level }) => commands[level] === command);
    if (these.length <= mostShown) return these.map((finding) => commandOf(command, finding));
    const shownLines = these.slice(0, mostShown - 1).map((finding) => commandOf(command, finding));
    return [
      ...shownLines,
      `::${command}::and ${findingCount(these) - shownLines.length} more; fieldtree report lists all of them`,
    ];
  });
}

const commands = { error: "error", warning: "warning", hint: "notice" } as const;

function commandOf(command: string, finding: ReportedFinding): string {
  const { file, line, column, rule } = finding;
  const properties = { file, line, col: column, title: inert(rule, 100) };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${inProperty(String(value))}`);
  return `::${command} ${written.join(",")}::${inMessage(messageOf(finding))}`;
}

/** Escapes text in the same way as `@actions/core`. */
const inMessage = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const inProperty = (text: string) => inMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
