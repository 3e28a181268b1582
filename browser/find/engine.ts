/**
 * Answers what is asked, from `search/` of the portal.
 *
 * A campaign of up to 2 000 entries is in memory as a whole: what is found is sorted, drawn and counted exactly, with what
 * `index.json` has of it. Of a larger one, files of the index are read as they are needed, and the first rows are shown.
 */

import type { ListRow } from "../../pipeline/core/page/row.ts";
import type { Field } from "../../pipeline/core/search/index/document.ts";
import { type IndexReader, openIndex } from "../../pipeline/core/search/index/index-reader.ts";
import type { Query } from "../../pipeline/core/search/query.ts";
import type { Question } from "../../pipeline/core/search/question/condition.ts";
import { ranked } from "../../pipeline/core/search/rank.ts";
import { type FacetCount, type Found, facetCounts, search } from "../../pipeline/core/search/search.ts";
import { type Ask, fieldNames, type Sort } from "./ask.ts";
import { type DetailsByPath, detailsIn, type History, historyIn, isNewSince } from "./details.ts";
import { type Campaign, readPortal, readPortalJson } from "./portal.ts";

export interface Answer {
  /** Where all of the campaign is in memory, all that was found; else the first ones. */
  readonly rows: readonly ListRow[];
  readonly total: number;
  /** Whether there are more than `total`. */
  readonly more: boolean;
  readonly corrected: Found["corrected"];
  /** How the text was understood. */
  readonly question: Question;
}

export interface Facets {
  readonly counts: ReadonlyMap<Field, readonly FacetCount[]>;
  /** Whether only the first of very many were counted. */
  readonly more: boolean;
}

export const noFacets: Facets = { counts: new Map(), more: false };

export interface Engine {
  /** Whether all of the campaign is in memory. */
  readonly isLocal: boolean;
  /** @param limit rows that are read, where not all are in memory. */
  find(ask: Ask, limit: number): Promise<Answer>;
  /** Numbers for each value of a field, without what is chosen of that field itself. */
  facets(ask: Ask): Promise<Facets>;
  /** How much is found at least. */
  count(ask: Ask): Promise<Pick<Answer, "total" | "more" | "question">>;
  history(): Promise<History>;
  /** Reads what rows have beyond the index. Returns whether they have more now: not of a large campaign, nor where it can't be read. */
  readDetails(): Promise<boolean>;
}

export async function openEngine(campaign: Campaign): Promise<Engine> {
  return new IndexEngine(await openIndex((path) => readPortal(`search/${path}`)), campaign);
}

/** What understands a question comes when one is asked: no first view needs it. */
export const loadQuestions = () => import("../../pipeline/core/search/question/question.ts");

async function understood(typed: string, { time }: Campaign): Promise<Question> {
  if (typed.trim() === "") return { query: {}, conditions: [] };
  const { questionOf } = await loadQuestions();
  return questionOf(typed, { time });
}

class IndexEngine implements Engine {
  readonly isLocal: boolean;
  readonly #index: IndexReader;
  #details: DetailsByPath = new Map();
  readonly #campaign: Campaign;
  #history: Promise<History> | undefined;

  constructor(index: IndexReader, campaign: Campaign) {
    this.isLocal = index.isLocal;
    this.#index = index;
    this.#campaign = campaign;
  }

  async readDetails(): Promise<boolean> {
    if (!this.isLocal) return false;
    this.#details = await readPortalJson("index.json").then(detailsIn, () => new Map());
    return this.#details.size > 0;
  }

  async find(ask: Ask, limit: number): Promise<Answer> {
    const question = await understood(ask.q, this.#campaign);
    const query = queryOf(ask, question);
    const options = this.isLocal ? { limit: this.#index.documents + 1 } : { limit, count: isAsked(query) };
    const { hits, total, more, corrected } = await search(this.#index, query, options);
    const searched = corrected.reduce((text, word) => text.replaceAll(word.typed, word.searched), query.words ?? "");
    const rows = ranked(hits, { ...query, words: searched }).map(
      (row): ListRow => ({ ...row, ...this.#details.get(row.path) }),
    );
    if (!this.isLocal)
      return { rows, total: isAsked(query) ? total : this.#index.documents, more, corrected, question };
    const matching = await this.#since(rows, ask.since);
    const newest = hits.map(({ path }) => path);
    return { rows: sorted(matching, ask.sort, newest), total: matching.length, more: false, corrected, question };
  }

  async facets(ask: Ask): Promise<Facets> {
    const whole = queryOf(ask, await understood(ask.q, this.#campaign));
    // Of everything, the index has the counts.
    if (!isAsked(whole)) return { counts: byField(allFacets(await this.#index.facets())), more: false };
    const chosen = fieldNames.filter((field) => ask.values[field]);
    const { counts, more } = await facetCounts(this.#index, whole);
    const facets = byField(counts);
    for (const field of chosen) {
      const { [field]: _, ...values } = whole.values ?? {};
      const others = await facetCounts(this.#index, { ...whole, values });
      facets.set(
        field,
        others.counts.filter((each) => each.field === field),
      );
    }
    return { counts: facets, more };
  }

  count(ask: Ask): ReturnType<Engine["count"]> {
    return this.find(ask, 1);
  }

  history(): Promise<History> {
    this.#history ??= readPortalJson("history.json").then(historyIn);
    return this.#history;
  }

  async #since(rows: readonly ListRow[], number: number | undefined): Promise<readonly ListRow[]> {
    if (number === undefined) return rows;
    const history = await this.history();
    return rows.filter(({ path }) => isNewSince(path, number, history));
  }
}

function byField(counts: readonly FacetCount[]): Map<Field, readonly FacetCount[]> {
  return new Map(fieldNames.map((field) => [field, counts.filter((each) => each.field === field)]));
}

/** What `facets.json` counts. */
function allFacets(bytes: Uint8Array): readonly FacetCount[] {
  const facets = JSON.parse(new TextDecoder().decode(bytes)) as Partial<
    Record<Field, readonly (readonly [string, number])[]>
  >;
  return fieldNames.flatMap((field) => (facets[field] ?? []).map(([value, count]) => ({ field, value, count })));
}

const isAsked = (query: Query) => Object.keys(query).length > 0;

/** The question with the chosen filters. A box that is drawn takes the place of one that is typed. */
function queryOf({ values, box, from, until }: Ask, { query }: Question): Query {
  const [first, last] = from !== undefined && until !== undefined && from > until ? [until, from] : [from, until];
  const after = later(first, query.from);
  const before = earlier(last, query.until);
  const isOverlap = after === undefined || before === undefined || after <= before;
  // Of times that exclude one another, what is chosen counts.
  const [start, end] = isOverlap ? [after, before] : [first, last];
  const bbox = box ?? query.bbox;
  return {
    ...(query.words !== undefined && { words: query.words }),
    ...(bbox && { bbox }),
    ...(start !== undefined && { from: start }),
    ...(end !== undefined && { until: end }),
    ...(query.periods && { periods: query.periods }),
    ...(Object.keys(values).length > 0 && { values }),
  };
}

const later = (a: string | undefined, b: string | undefined) =>
  a === undefined ? b : b === undefined || a > b ? a : b;
const earlier = (a: string | undefined, b: string | undefined) =>
  a === undefined ? b : b === undefined || a < b ? a : b;

/** @param newest paths as the index has them, what was added last first. */
function sorted(rows: readonly ListRow[], sort: Sort, newest: readonly string[]): readonly ListRow[] {
  const by = <T extends string | number>(keyOf: (row: ListRow) => T, sign: 1 | -1) =>
    rows
      .map((row, i) => ({ row, i, key: keyOf(row) }))
      .sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : a.i - b.i))
      .map(({ row }) => row);
  switch (sort) {
    case "title":
      return by(({ title }) => title.toLowerCase(), 1);
    case "time":
      return by(({ time }) => time?.[1] ?? "", -1);
    case "size":
      return by(({ size }) => size ?? -1, -1);
    case "newest": {
      const places = new Map(newest.map((path, i) => [path, i]));
      return by(({ path }) => places.get(path) ?? 0, 1);
    }
    case "best":
      return rows;
  }
}
