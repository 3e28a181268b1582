/**
 * The prerendered pages in the reader's language. They are in English, as search engines and readers without a script have them; what
 * stays the same on every page is replaced word for word.
 *
 * Only in elements that the templates of `core/page` fill with texts of their own: a variable that is called "Time" stays "Time".
 */
import type { Texts } from "./en.ts";

/** Elements in whose own text nothing is by the authors of data. */
const ours =
  "h2, dt, th[scope=col], caption, summary, small.role, .way small, dd > em, .button, header .aside, .machine a, .findings strong, .versions strong, main > h1.ours, .lead.ours, #drop p, p.quiet, li";

export function translatePage(
  page: ParentNode,
  { prerendered, patterns }: Pick<Texts, "prerendered" | "patterns">,
): void {
  if (patterns.length === 0) return;
  const translated = (text: string): string => {
    const known = Object.hasOwn(prerendered, text) ? prerendered[text] : undefined;
    if (known !== undefined) return known;
    const [pattern, by] = patterns.find(([each]) => each.test(text)) ?? [];
    return pattern && by !== undefined ? text.replace(pattern, by) : text;
  };
  for (const element of page.querySelectorAll(ours)) {
    // A list of names is by authors: of its lines, only how many more there are is ours.
    const isLine = element.matches("li");
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      const text = node.nodeValue ?? "";
      const trimmed = text.trim();
      if (trimmed === "" || (isLine && !/^and [\d,]+ (more|earlier)$/.test(trimmed))) continue;
      const other = translated(trimmed);
      if (other !== trimmed) node.nodeValue = text.replace(trimmed, () => other);
    }
  }
  for (const element of page.querySelectorAll("aside[aria-label], .scroll[aria-label], ul.keywords[aria-label]"))
    element.setAttribute("aria-label", translated(element.getAttribute("aria-label") ?? ""));
}
