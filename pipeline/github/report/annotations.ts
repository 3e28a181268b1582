/**
 * Findings at the very lines of a pull request: as annotations of a check, and as the lines on stdout that a runner makes
 * annotations of, which is all that a job without any token can do.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
import { findingCount } from "../../core/report/finding-list.ts";
import type { Report, ReportedFinding } from "../../core/report/report.ts";
import { inert } from "../../core/text/inert.ts";
import type { Annotation } from "../run/checks.ts";
import { byUrgency } from "./wording.ts";

/** All of them, the most urgent first; the caller splits them into calls. */
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

/** What a runner shows of one step, of each level; more it drops without a word. */
const mostShown = 10;

/** One line each; where there are more than a runner shows, the last says how many of which. */
export function workflowCommands({ findings }: Pick<Report, "findings">): string[] {
  const ordered = byUrgency(findings);
  return (["error", "warning", "notice"] as const).flatMap((command) => {
    const these = ordered.filter(({ level }) => commands[level] === command);
    if (these.length <= mostShown) return these.map((finding) => commandOf(command, finding));
    const said = these.slice(0, mostShown - 1).map((finding) => commandOf(command, finding));
    return [...said, `::${command}::and ${findingCount(these) - said.length} more; fieldtree report lists all of them`];
  });
}

const commands = { error: "error", warning: "warning", hint: "notice" } as const;

function commandOf(command: string, finding: ReportedFinding): string {
  const { file, line, column, rule } = finding;
  const properties = { file, line, col: column, title: inert(rule, 100) };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${inProperty(String(value))}`);
  return `::${command} ${written.join(",")}::${inMessage(messageOf(finding))}`;
}

/** As `@actions/core` escapes what a runner takes apart again. */
const inMessage = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const inProperty = (text: string) => inMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
