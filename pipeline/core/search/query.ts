/**
 * A query: words, a box, days and values of fields, as the terms that have to be read for each.
 *
 * A document is found where every part of the query finds it. A word finds documents that have it as a term. Where no document
 * of the campaign has it, it finds those with a term that begins with it, and where there is none, with a term that differs by
 * one letter. `drop*` asks for the terms that begin with `drop`. A date (`2024-08-18`, `2024-08`, `2024`) finds documents with
 * that day, month or year.
 */
import type { Box } from "../dataset/extent.ts";
import { Failure } from "../failure.ts";
import { type Cell, type Cells, exactly } from "./index/cells.ts";
import { type Field, fields, most, type SearchDocument } from "./index/document.ts";
import { type Compare, comparing } from "./index/extent-detail.ts";
import { intersects, placeCells, placeTerms } from "./index/place-cells.ts";
import { type Days, daysOf, timeCells, timeTerms, wholeYear } from "./index/time-cells.ts";
import { baseOf, cut, everything, partsOf, runsOf, type Terms, valueTerm, wordsOf } from "./index/words.ts";

export interface Query {
  /** As a person types them, separated by blanks. */
  readonly words?: string;
  /** Degrees, inclusive; west > east crosses the antimeridian. */
  readonly bbox?: Box;
  /** `2024`, `2024-08` or `2024-08-18`, inclusive. */
  readonly from?: string;
  readonly until?: string;
  /** Days, inclusive, of which a document has to be in some: August of any year. */
  readonly periods?: readonly Period[];
  /** What has the value of a field; of several values, any of them. */
  readonly values?: Readonly<Partial<Record<Field, string | readonly string[]>>>;
}

export interface Period {
  readonly from: string;
  readonly until: string;
}

/** A part of a query. Every part has to find a document. */
export type Part =
  | { readonly kind: "terms"; readonly terms: readonly Terms[] }
  | {
      readonly kind: "word";
      readonly word: string;
      /** Whether terms that begin with it are asked for. */
      readonly isPrefix: boolean;
      /** Of a name with `_`: its parts, which are searched where no document has the whole. */
      readonly parts: readonly string[];
      /** Terms that find documents as well: of a date. */
      readonly also: readonly Terms[];
    };

/** The box and the days of a query. The details of the lists of any one of the choices describe what is in them. */
export interface ExtentPart {
  readonly choices: readonly (readonly Cell[])[];
  compareOf(term: string): Compare;
  readonly hasBox: boolean;
}

export interface Plan {
  readonly parts: readonly Part[];
  readonly extent?: ExtentPart;
  /** Compares what is not certain. */
  matches(document: Pick<SearchDocument, "time" | "bbox">): boolean;
}

/** Words of a query; more are ignored. */
const mostWords = 16;

/** @throws Failure `input` for a date that is none, or a box that is none. */
export function planOf({ words = "", bbox, from, until, periods, values = {} }: Query): Plan {
  // A document has to be in one of each.
  const days: (readonly Days[])[] = [];
  const parts: Part[] = [];
  for (const typed of words.trim().split(/\s+/).slice(0, mostWords)) {
    const found = /^\d{4}-\d\d(-\d\d)?$/.test(typed) ? daysOf(typed, typed) : undefined;
    if (found) days.push([found]);
    else parts.push(...wordParts(typed));
  }
  for (const [field, value] of Object.entries(values)) {
    const terms = [value].flat().map((each) => {
      const term = valueTerm(field as Field, each);
      if (term === undefined) throw new Failure("input", `"${each}" is no ${field}`);
      return exactly(term);
    });
    if (terms.length > 0) parts.push({ kind: "terms", terms });
  }
  if (from !== undefined || until !== undefined) {
    days.push([daysBetween(from, until)]);
  }
  if (periods) days.push(periods.map((period) => daysBetween(period.from, period.until)));
  const all = [...(bbox ? [placeCells(bbox)] : []), ...days.map(cellsOfAny)];
  // Of small cells and large ones, the large ones are not even read.
  const finest = Math.min(...all.map(({ coarseness }) => coarseness));
  const choices = all.filter(({ coarseness }) => coarseness === finest).map(({ cells }) => cells);
  const extent = { choices, compareOf: (term: string) => comparing(term, { bbox, days }), hasBox: bbox !== undefined };
  if (parts.length === 0 && choices.length === 0) parts.push({ kind: "terms", terms: [exactly(everything)] });
  return {
    parts,
    ...(choices.length > 0 && { extent }),
    matches: (document) =>
      days.every((any) => any.some((asked) => isAt(document, asked))) &&
      (!bbox || (document.bbox !== undefined && intersects(document.bbox, bbox))),
  };
}

/** @throws Failure `input` for what are no dates, or not in this order. */
function daysBetween(from: string | undefined, until: string | undefined): Days {
  const found = daysOf(from ?? "0001-01-01", until ?? "9999-12-31");
  if (found) return found;
  throw new Failure(
    "input",
    `${from ?? "…"} to ${until ?? "…"} are no dates such as 2024, 2024-08 or 2024-08-18, in this order`,
  );
}

/** The cells of any of some intervals. All of these have those of very long documents. */
function cellsOfAny(any: readonly Days[]): Cells {
  const all = any.map(timeCells);
  const cells = new Map(all.flatMap(({ cells }) => cells.map((cell) => [`${cell.from} ${cell.to}`, cell] as const)));
  const coarseness = all
    .map((each) => each.coarseness)
    .sort()
    .at(-1);
  return { cells: [...cells.values()], coarseness: coarseness ?? 2 };
}

function isAt({ time }: Pick<SearchDocument, "time">, asked: Days): boolean {
  const days = time && daysOf(...time);
  return days !== undefined && days.first <= asked.last && asked.first <= days.last;
}

function wordParts(typed: string): Part[] {
  const isPrefix = typed.endsWith("*");
  const words = runsOf(typed).flatMap((run) => (partsOf(run).length > 0 ? [{ run, word: cut(run) }] : []));
  return words.map(({ run, word }, i) => {
    const parts = partsOf(run);
    const year = /^\d{4}$/.test(word) ? daysOf(word, word) : undefined;
    return {
      kind: "word",
      word,
      isPrefix: isPrefix && i === words.length - 1,
      parts: parts.length > 1 ? parts : [],
      also: year ? [wholeYear(word)] : [],
    };
  });
}

/** Everything that finds the document. */
export function termsOf(document: SearchDocument): Set<string> {
  const terms = new Set([everything]);
  if (document.bbox) for (const term of placeTerms(document.bbox)) terms.add(term);
  const days = document.time && daysOf(...document.time);
  if (days) for (const term of timeTerms(days)) terms.add(term);

  const valued = new Set<string>();
  for (const [field, values] of Object.entries(document.values)) {
    for (const value of values.slice(0, most.values[field as Field])) {
      const term = valueTerm(field as Field, value);
      if (term === undefined) continue;
      terms.add(term);
      valued.add(baseOf(term));
    }
  }
  // What is a term of a field is found by its word already.
  const add = (texts: readonly string[], limit: number) => {
    let added = 0;
    for (const text of texts) {
      for (const word of wordsOf(text)) {
        if (added >= limit) return;
        if (valued.has(word) || terms.has(word)) continue;
        terms.add(word);
        added++;
      }
    }
  };
  const { path, title, texts, names, values } = document;
  add(
    [
      title,
      path,
      ...Object.keys(fields).flatMap((field) => (values[field as Field] ?? []).slice(0, most.values[field as Field])),
      ...texts,
    ],
    most.words,
  );
  add(names, most.names);
  return terms;
}
