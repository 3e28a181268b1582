/**
 * How a table begins: comments, delimiter, names, units. And whether a text is a table at all.
 *
 * Every text file of a campaign is asked about: prose, source code, logs and configuration must not become tables. A table is
 * taken for one only where almost every record at its start has as many cells as its header, every name could be one, and
 * at least one column is numbers or dates throughout. What that leaves out (tables of words alone, of one column, without
 * names) is published and listed as the file it is.
 */
import { isAmbiguousDate, isMissing, momentOf, numberOf, timeOfDayOf } from "./cells.ts";
import { isBlank, recordAt } from "./records.ts";

export type Delimiter = "," | ";" | "\t";

export interface Head {
  readonly delimiter: Delimiter;
  /** As they are written, without units in brackets; not yet distinct. */
  readonly names: readonly string[];
  /** By column; "" where there is none. */
  readonly units: readonly string[];
  /** Comments of the form `# name: value` before the header. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What begins a comment line; also between records. */
  readonly comment: string | undefined;
  /** Offset of the first record of data in the text. */
  readonly end: number;
}

/** Bounds of what is examined, and of what a header may be. */
const most = { records: 200, columns: 5000, name: 200, words: 8, unit: 40, comments: 2000 } as const;
/** Of the records at the start, those that have as many cells as the header. */
const leastAlike = 0.95;

/**
 * @param start of the file's text
 * @param isCut whether the file goes on behind it, so that its last line may be incomplete
 */
export function headOf(start: string, isCut: boolean): Head | undefined {
  const comments = commentsIn(start);
  // Excel writes the delimiter it used in a line of its own.
  const [declared] = /^sep=[,;\t]\r?\n/.exec(start.slice(comments.end, comments.end + 10)) ?? [];
  const from = comments.end + (declared?.length ?? 0);
  const delimiters = declared ? [declared[4] as Delimiter] : delimitersIn(start, from);
  for (const delimiter of delimiters) {
    const head = headUsing(delimiter, start, { ...comments, end: from }, isCut);
    if (head) return head;
  }
  return undefined;
}

/** Most frequent in the first line first: a comma may stand in names between semicolons. */
function delimitersIn(text: string, from: number): readonly Delimiter[] {
  const end = text.indexOf("\n", from);
  const line = text.slice(from, end < 0 ? undefined : end);
  return ([",", ";", "\t"] as const)
    .map((delimiter) => ({ delimiter, count: line.split(delimiter).length }))
    .sort((a, b) => b.count - a.count)
    .map(({ delimiter }) => delimiter);
}

interface Comments {
  readonly lines: readonly string[];
  readonly mark: string | undefined;
  /** Offset of what follows them. */
  readonly end: number;
}

/** The comment lines that a text begins with, without their marks. */
function commentsIn(text: string): Comments {
  const mark = ["#", "%", "!"].find((each) => text.startsWith(each));
  const lines: string[] = [];
  let at = 0;
  while (mark && text.startsWith(mark, at) && lines.length < most.comments) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    lines.push(
      text
        .slice(at, end)
        .replace(/^[#%!]+/, "")
        .trim(),
    );
    at = Math.min(end + 1, text.length);
  }
  return { lines, mark, end: at };
}

function headUsing(delimiter: Delimiter, start: string, comments: Comments, isCut: boolean): Head | undefined {
  const records = recordsIn(start, delimiter, comments, isCut);
  const [first, second] = records;
  if (!first) return undefined;
  const isNamed = isHeader(first.cells);
  // Columns of numbers below a comment that names them, as numpy's savetxt writes them.
  const commented = isNamed ? undefined : comments.lines.findLast((line) => line !== "")?.split(delimiter);
  const written = isNamed ? withoutEmptyEnd(first.cells) : commented;
  if (!written || written.length < 2 || written.length > most.columns || !isHeader(written)) return undefined;
  const comma = delimiter === ";";
  const hasUnits = isNamed && second !== undefined && isUnits(second.cells, records[2]?.cells, written.length, comma);
  const data = records.slice(isNamed ? (hasUnits ? 2 : 1) : 0);
  if (!isData(data, written.length, comma)) return undefined;
  const columns = written.map((cell) => nameAndUnit(cell));
  const end = hasUnits ? second.end : isNamed ? first.end : comments.end;
  const unitCells = hasUnits ? second.cells : [];
  return {
    delimiter,
    names: columns.map(({ name }) => name),
    units: columns.map(({ unit }, i) => unit || withoutBrackets((unitCells[i] ?? "").trim())),
    attributes: attributesIn(isNamed ? comments.lines : comments.lines.slice(0, -1)),
    comment: comments.mark,
    end,
  };
}

interface RecordInText {
  readonly cells: readonly string[];
  readonly end: number;
}

/** The first records behind the comments, without blank lines and a last one that is incomplete. */
function recordsIn(start: string, delimiter: Delimiter, { end, mark }: Comments, isCut: boolean): RecordInText[] {
  const records: RecordInText[] = [];
  for (let at = end; at < start.length && records.length < most.records; ) {
    const record = recordAt(start, delimiter, at);
    if (isCut && record.end >= start.length) break;
    at = record.end;
    if (!isBlank(record.cells) && !(mark && record.cells[0]!.startsWith(mark))) records.push(record);
  }
  return records;
}

/** A delimiter at the end of each line makes an empty cell there. */
const withoutEmptyEnd = (cells: readonly string[]) => (cells.at(-1)?.trim() === "" ? cells.slice(0, -1) : cells);

/** pandas writes the index of a table without a name, so that the first name may be empty. */
function isHeader(written: readonly string[]): boolean {
  const cells = withoutEmptyEnd(written).map((cell) => cell.trim());
  if (cells.length < 2) return false;
  const names = cells[0] === "" ? cells.slice(1) : cells;
  return names.every(isName) && new Set(names).size > names.length / 2;
}

/** Words, perhaps with a unit in brackets: no number, no date, no sentence, no code. */
function isName(cell: string): boolean {
  if (cell.length === 0 || cell.length > most.name || !/\p{L}/u.test(cell)) return false;
  if (/[{}<>;=|\\`]|:\/\/|[.:!?]$|^[-*"'([@#$]/.test(cell)) return false;
  if (numberOf(cell, true) !== undefined || momentOf(cell) || timeOfDayOf(cell) !== undefined) return false;
  return cell.split(/\s+/).length <= most.words;
}

/** Whether the record below the header has units: no numbers or dates, where the record that follows has some. */
function isUnits(
  cells: readonly string[],
  next: readonly string[] | undefined,
  columns: number,
  comma: boolean,
): boolean {
  if (!next || Math.abs(cells.length - columns) > 1) return false;
  const written = cells.map((cell) => cell.trim());
  if (written.some((cell) => cell.length > most.unit || (cell !== "1" && isMeasured(cell)))) return false;
  return written.some(
    (cell, i) => /[^\d\s.,+-]/.test(cell) && !isMissing(cell) && isMeasured((next[i] ?? "").trim(), comma),
  );
}

function isData(records: readonly RecordInText[], columns: number, comma: boolean): boolean {
  const alike = records.filter(({ cells }) => cells.length === columns || withoutEmptyEnd(cells).length === columns);
  if (alike.length === 0 || alike.length < leastAlike * records.length) return false;
  const measured = Array.from({ length: columns }, (_, i) => {
    const cells = alike.map(({ cells }) => cells[i]!.trim()).filter((cell) => !isMissing(cell));
    return cells.length > 0 && cells.every((cell) => isMeasured(cell, comma));
  }).filter(Boolean).length;
  // Two lines of prose may well have a number behind a comma.
  return alike.length < 3 ? measured > columns / 2 : measured > 0;
}

const isMeasured = (cell: string, comma = false) =>
  numberOf(cell, comma) !== undefined ||
  momentOf(cell) !== undefined ||
  timeOfDayOf(cell) !== undefined ||
  isAmbiguousDate(cell);

/** `temperature [K]`, `temp (degC)`: what is in brackets at the end is the unit. */
function nameAndUnit(cell: string): { readonly name: string; readonly unit: string } {
  const text = cell.trim();
  const [open, close] = text.endsWith("]") ? ["[", "]"] : text.endsWith(")") ? ["(", ")"] : [];
  const at = open && close ? text.lastIndexOf(open) : -1;
  const name = text.slice(0, at).trim();
  if (at < 1 || name === "" || text.length - at > most.unit) return { name: text, unit: "" };
  return { name, unit: text.slice(at + 1, -1).trim() };
}

/** `(degC)`, `[K]` → `degC`, `K`; nothing for a dash. */
function withoutBrackets(unit: string): string {
  const inner = /^\[.*\]$|^\(.*\)$/.test(unit) ? unit.slice(1, -1).trim() : unit;
  return isMissing(inner) ? "" : inner;
}

/** `name: value` and `name = value`, the first of a name. */
function attributesIn(lines: readonly string[]): Readonly<Record<string, string>> {
  const attributes = new Map<string, string>();
  for (const line of lines) {
    const at = line.search(/[:=]/);
    const name = line.slice(0, at).trim();
    const value = line.slice(at + 1).trim();
    if (at > 0 && value !== "" && /^[\p{L}_][\p{L}\d_ .-]{0,60}$/u.test(name) && !attributes.has(name))
      attributes.set(name, value);
  }
  return Object.fromEntries(attributes);
}
