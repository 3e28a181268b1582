/**
 * Text from strangers in Markdown: paths, titles, CIDs, messages of servers.
 *
 * All of it goes into code spans. In there GitHub finds no markup, no HTML, no link, no `@somebody` and no `#1`.
 */
import { inert } from "./inert.ts";

/** A code span that shows `text` and nothing else, at most `most` characters of it; a blank where there is none. */
export function code(text: string, most = 120): string {
  const safe = inert(text, most);
  // An empty span would change the meaning of the text before it: a list's `-` alone makes a heading.
  if (safe === "") return "` `";
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  // Markdown removes one space at each end: these separate backticks, and preserve spaces of the text.
  const pad = /^[` ]|[` ]$/.test(safe) ? " " : "";
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** The same for a cell of a table, where even in code a `|` would end it: written out, as a `\\` before it may itself be text. */
export const cell = (text: string, most?: number): string => code(text, most).replaceAll("|", "\\u{7c}");
