/**
 * References: where a dataset was described, and where a reader is safe to follow a link.
 *
 * Citations contain commas and semicolons, so a list is split only at what is certain to be a link: an http(s) address or
 * a DOI. The words before a link are its citation. Anything else that calls itself an address (`javascript:`, `data:`,
 * `file:`) stays what it is here: words.
 *
 * @see https://www.doi.org/doi-handbook/HTML/doi-name-syntax.html
 */
import { doiUrl } from "../datacite/doi.ts";
import type { Json } from "../json.ts";
import { oneLine, textsOf } from "./text.ts";

export interface Reference {
  /** http or https, in the form `URL` writes it. */
  readonly href?: string;
  /** `10.5194/essd-16-1-2024`. */
  readonly doi?: string;
  /** Its citation. */
  readonly text?: string;
}

const most = 50;
const longest = 20_000;

/** The links of `value` in their order, each with the words before it; words without a link last of their text. */
export function referencesIn(value: Json | undefined): Reference[] {
  const found = textsOf(value).flatMap((text) => referencesOf(text.slice(0, longest)));
  const byKey = new Map(found.map((reference) => [reference.href ?? reference.text, reference]));
  return [...byKey.values()].slice(0, most);
}

/** An address, or a DOI with or without its prefix. A comma or semicolon ends it where a blank or another link follows. */
const link = /https?:\/\/[^\s"<>\\^`{|}]+|(?:\bdoi:\s*|(?<![\w./-]))10\.\d{4,9}\/[^\s"\\^`{|}]+/gi;

function referencesOf(text: string): Reference[] {
  const references: Reference[] = [];
  const links = new RegExp(link);
  let from = 0;
  for (let found = links.exec(text); found; found = links.exec(text)) {
    const target = withoutTail(found[0]);
    const reference = linkOf(target);
    if (!reference) continue;
    const words = wordsOf(text.slice(from, found.index));
    references.push({ ...reference, ...(words && { text: words }) });
    from = links.lastIndex = found.index + target.length;
  }
  const rest = text
    .slice(from)
    .split(/[\r\n]+/)
    .map(wordsOf);
  return [...references, ...rest.flatMap((words) => (words ? [{ text: words }] : []))];
}

/** A single DOI or address, as in an attribute that contains nothing else. */
export function linkIn(value: Json | undefined): Reference | undefined {
  return referencesIn(value).find(({ href }) => href !== undefined);
}

function linkOf(target: string): Reference | undefined {
  const doi = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:\s*)?(10\.\d{4,9}\/.+)$/i.exec(target)?.[1];
  if (doi) return { doi: decoded(doi), href: doiUrl(decoded(doi)) };
  const url = URL.canParse(target) ? new URL(target) : undefined;
  // A name before the host makes one address look like another: https://zenodo.org@evil.example/.
  if (!url || url.username || url.password || !url.hostname) return undefined;
  return { href: url.href };
}

function withoutTail(target: string): string {
  let end = target.search(/[,;](?=https?:|doi:|10\.\d{4,9}\/)/i);
  if (end < 0) end = target.length;
  for (;;) {
    const last = target[end - 1] ?? "";
    const unbalanced = last === ")" && !target.slice(0, end).includes("(");
    if (!(unbalanced || /[.,;:!?'\]>]/.test(last))) return target.slice(0, end);
    end--;
  }
}

/** Words around links, without the punctuation and labels that joined them. */
function wordsOf(text: string): string {
  return oneLine(text, 2000)
    .replace(/^[\s,;.:)\]>]+|[\s,;:([<]+$/g, "")
    .replace(/[\s,;:([<]*\b(?:doi|url|available at|see|and)$/i, "")
    .trim();
}

function decoded(doi: string): string {
  try {
    return decodeURIComponent(doi).replace(/\s/g, "");
  } catch (error) {
    if (error instanceof URIError) return doi;
    throw error;
  }
}
