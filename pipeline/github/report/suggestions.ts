/** One-line fixes as review suggestions, which the author can accept with a click. */

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

/** For more fixes, `fieldtree fmt` is quicker. */
const most = 10;

/** Returns at most one for each line, and only for lines that the proposal changed: GitHub accepts no others. */
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
 * GitHub writes the text of a suggestion into the file unchanged, so it can't be escaped. Lines that would need escapes get
 * no suggestion.
 */
function isPlain(line: string): boolean {
  return line.length <= 2000 && inert(line) === line && !line.includes("```") && !line.includes("~~~");
}
