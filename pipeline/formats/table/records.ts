/**
 * Records of delimited text (RFC 4180): cells, some of them in quotation marks, in which lines may end.
 *
 * A reader of our own, of forty lines, because the maintained ones (papaparse, csv-parse, d3-dsv) either read a whole text at
 * once or are streams of Node, and none of them gives the position where a record ends, which windows into a large file need.
 * Time is in proportion to the text: a quotation mark that is never closed makes one cell of all that follows, once.
 */

export interface TextRecord {
  readonly cells: readonly string[];
  /** Offset of the next record in the text; the text's length after the last one. */
  readonly end: number;
}

/** The record that begins at `from`, which is before the end of `text`. */
export function recordAt(text: string, delimiter: string, from: number): TextRecord {
  const newline = text.indexOf("\n", from);
  const line = newline < 0 ? text.slice(from) : text.slice(from, newline);
  const end = newline < 0 ? text.length : newline + 1;
  if (line.includes('"')) return quotedRecordAt(text, delimiter, from);
  return { cells: withoutReturn(line).split(delimiter), end };
}

function quotedRecordAt(text: string, delimiter: string, from: number): TextRecord {
  const cells: string[] = [];
  for (let at = from; ; ) {
    const quoted = text[at] === '"' ? quotedText(text, at + 1) : undefined;
    const rest = endOfCell(text, delimiter, quoted?.end ?? at);
    const after = text.slice(quoted?.end ?? at, rest);
    const isLast = text[rest] !== delimiter;
    cells.push((quoted?.text ?? "") + (isLast ? withoutReturn(after) : after));
    if (isLast) return { cells, end: Math.min(rest + 1, text.length) };
    at = rest + 1;
  }
}

/** Text up to the quotation mark that closes it, two of which in a row stand for one. `end`: behind that mark. */
function quotedText(text: string, from: number): { readonly text: string; readonly end: number } {
  const parts: string[] = [];
  for (let at = from; ; ) {
    const mark = text.indexOf('"', at);
    if (mark < 0) return { text: parts.join("") + text.slice(at), end: text.length };
    parts.push(text.slice(at, mark));
    if (text[mark + 1] !== '"') return { text: parts.join(""), end: mark + 1 };
    parts.push('"');
    at = mark + 2;
  }
}

/** Offset of the delimiter or line feed that ends a cell, or the text's length. */
function endOfCell(text: string, delimiter: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== delimiter && text[at] !== "\n") at++;
  return at;
}

const withoutReturn = (line: string) => (line.endsWith("\r") ? line.slice(0, -1) : line);

export const isBlank = (cells: readonly string[]) => cells.length === 1 && cells[0]!.trim() === "";
