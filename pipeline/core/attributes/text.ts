/**
 * Untrusted text, cleaned for display: on a page, in a terminal, in a pull request.
 *
 * Markup stays text; the code that makes HTML escapes it. Removed is what no reader can see and may
 * deceive: control characters, and the bidirectional ones that show a name in another order than it is stored.
 */
import type { Json } from "../json.ts";

const blank = /[\s\p{Zs}\u2028\u2029\u0085]+/gu;
const unseen =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]/gu;

/** What nearly every text is: ASCII words with single blanks between them. Nothing is to be done about it. */
const plain = /^[!-~]+(?: [!-~]+)*$/;

/** `text` on one line, trimmed, at most `limit` UTF-16 code units long; an ellipsis ends what was cut. */
export function oneLine(text: string, limit: number): string {
  if (text.length <= limit && plain.test(text)) return text;
  return cut(shown(text.replace(blank, " ")).trim(), limit);
}

/** Like {@link oneLine} but lines stay lines: for a history, where each line is an entry. */
export function lines(text: string, limit: number): string {
  const clean = text
    .split(/\r\n|[\n\r\u2028\u2029\u0085]/)
    .map((line) => shown(line.replace(blank, " ")).trim())
    .filter((line) => line !== "");
  return cut(clean.join("\n"), limit);
}

/**
 * The texts in a value: one for a scalar, one an element for a list. Nothing for null, and nothing for nested
 * values, which attributes of CF and ACDD never are.
 */
export function textsOf(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  const scalars = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return scalars.flatMap((scalar) => (isScalar(scalar) ? [String(scalar)] : []));
}

/** Parts of `text` between `separators`, each on one line, none empty, none twice. Lists are taken element by element. */
export function listOf(value: Json | undefined, separators: RegExp, { most = 100, limit = 200 } = {}): string[] {
  if (value === undefined) return [];
  const whole = Array.isArray(value);
  const parts = textsOf(value).flatMap((text) => (whole ? [text] : text.slice(0, most * limit).split(separators)));
  const clean = parts.map((part) => oneLine(unquoted(part), limit)).filter((part) => part !== "");
  return [...new Set(clean)].slice(0, most);
}

const quotes: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "„": "“", "«": "»" };

/** `text` without the pair of quotation marks around the whole of it. */
export function unquoted(text: string): string {
  const trimmed = text.trim();
  const closing = Object.hasOwn(quotes, trimmed[0] ?? "") ? quotes[trimmed[0]!] : undefined;
  const inner = trimmed.slice(1, -1);
  return closing && trimmed.length > 1 && trimmed.endsWith(closing) && !inner.includes(closing) ? inner : trimmed;
}

/** The mark that closes a quotation opened by `mark`. */
export function closingOf(mark: string): string | undefined {
  return Object.hasOwn(quotes, mark) ? quotes[mark] : undefined;
}

function shown(text: string): string {
  return text.replace(unseen, "").toWellFormed();
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Not between the two halves of a character.
  const end = /[\ud800-\udbff]/.test(text[limit - 2]!) ? limit - 2 : limit - 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

function isScalar(value: Json | undefined): value is string | number | boolean {
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}
