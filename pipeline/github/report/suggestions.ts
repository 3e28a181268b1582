/** One-line fixes as review suggestions, which their author takes with a click. */

import type { Report } from "../../core/report/report.ts";
import { inert } from "../../core/text/inert.ts";
import { code } from "../../core/text/markdown.ts";
import { byUrgency } from "./wording.ts";

export interface Suggestion {
  readonly path: string;
  readonly line: number;
  /** Markdown. */
  readonly body: string;
}

/** More than that is for `fieldtree fmt`. */
const most = 10;

/** One a line at most, only for lines the proposal wrote: GitHub takes none elsewhere. */
export function suggestionsOf({ findings }: Pick<Report, "findings">): Suggestion[] {
  const byLine = new Map<string, Suggestion>();
  for (const { file, line, rule, says, replacement, touched } of byUrgency(findings)) {
    const at = `${file}:${line}`;
    if (replacement === undefined || !touched || byLine.has(at) || !isPlain(replacement)) continue;
    const body = `${code(rule)}: ${code(says, 500)}\n\n\`\`\`suggestion\n${replacement}\n\`\`\``;
    byLine.set(at, { path: file, line, body });
  }
  return [...byLine.values()].slice(0, most);
}

/**
 * What a suggestion holds is put into the file as it is, so that nothing in it can be written out. A line that would need
 * it is left to its author.
 */
function isPlain(line: string): boolean {
  return line.length <= 2000 && inert(line) === line && !line.includes("```") && !line.includes("~~~");
}
