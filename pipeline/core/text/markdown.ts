/**
 * Other people's words in Markdown: paths, titles, CIDs, what a server said.
 *
 * All of it goes into code spans. In there GitHub finds no markup, no HTML, no link, no `@somebody` and no `#1`.
 */
import { inert } from "./inert.ts";

/** A code span that shows `text` and nothing else, at most `most` characters of it; a blank where there is none. */
export function code(text: string, most = 120): string {
  const safe = inert(text, most);
  // Nothing at all would let what stands before it mean something else: a list's `-` alone makes a heading.
  if (safe === "") return "` `";
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  // Spaces at both ends are taken away, one each: they keep backticks apart, and spaces that are meant.
  const pad = /^[` ]|[` ]$/.test(safe) ? " " : "";
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** The same for a cell of a table, where even in code a `|` would end it: written out, as a `\\` before it may itself be text. */
export const cell = (text: string, most?: number): string => code(text, most).replaceAll("|", "\\u{7c}");
