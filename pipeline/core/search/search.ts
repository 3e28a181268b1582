/**
 * Search of a campaign of any size in static files, by few requests and without a server.
 *
 * ```ts
 * const index = await openIndex((path) => bytesOf(`search/${path}`));
 * const { hits, total, more } = await search(index, { words: "dropsondes halo", from: "2024-08" });
 * ```
 *
 * A query reads the leaves of its words, then windows of long lists where the leaves are not enough, then rows: three round
 * trips, a fourth where a misspelt word is corrected. `index/index-reader.ts` reads the files, whose form is in `index/layout.ts`.
 */
import { type Alternatives, type Candidates, candidatesOf, expectedOf, matchingIn } from "./candidates.ts";
import { correctionOf, editsOf, shortestCorrected } from "./corrections.ts";
import { type Cell, dividedFrom } from "./index/cells.ts";
import { type Field, fields } from "./index/document.ts";
import type { IndexReader, Range } from "./index/index-reader.ts";
import { rowsPerFile } from "./index/layout.ts";
import { exactCount, type Postings } from "./index/postings.ts";
import type { Row } from "./index/rows.ts";
import { everything, valueTerm } from "./index/words.ts";
import { type ExtentPart, type Part, type Plan, planOf, type Query } from "./query.ts";

export interface Found {
  /** The newest first. */
  readonly hits: readonly Row[];
  /** Number of documents found. */
  readonly total: number;
  /** Whether there are more than `total`: not everything was read. */
  readonly more: boolean;
  /** Words that no document has, and the words that were searched instead. */
  readonly corrected: readonly { readonly typed: string; readonly searched: string }[];
}

export interface SearchOptions {
  /** Rows that are returned. */
  readonly limit: number;
  /** Whether windows and rows are read only to count. {@link mostCounted} are counted; without it, what the rows took is. */
  readonly count?: boolean;
}

/** Hits that are counted exactly. */
export const mostCounted = 2000;

/** Leaves of a dictionary with terms that begin with a word: where nothing else was found, and where that was asked for. */
const leavesOfPrefix = { implicit: 2, asked: 3 } as const;

/** Leaves that are read for a correction. All, where they are in memory. */
const leavesOfCorrection = 8;

/** @throws Failure `input` for an invalid query, `corrupt` for damaged files, and what reading a file throws. */
export async function search(
  index: IndexReader,
  query: Query,
  { limit, count = false }: SearchOptions,
): Promise<Found> {
  const plan = planOf(query);
  const { parts: words, extent, isWhole, corrected } = await resolved(plan, index);
  const all = extent ? [...words, extent] : words;
  if (all.some((part) => part.length === 0)) return { hits: [], total: 0, more: false, corrected };
  // Of what the words find, the rows have place and time.
  const share = count ? undefined : shareLeftToRows(words, extent, limit, index);
  const parts = share === undefined ? all : words;
  let enough = count ? Math.max(limit, mostCounted) + 1 : share === undefined ? limit : Math.ceil(limit / share);
  let candidates = await candidatesOf(parts, enough, index);
  if (share !== undefined) candidates = uncertain(candidates);
  let { rows, checked } = await rowsOf(candidates, { limit, count, share }, plan, index);
  // Some that had to be compared did not match.
  while (rows.length < limit && !candidates.isAll) {
    enough = 2 * candidates.found.length + limit;
    candidates = await candidatesOf(all, enough, index);
    ({ rows, checked } = await rowsOf(candidates, { limit, count }, plan, index));
  }
  const hits = rows.slice(0, limit);
  // A single list is counted in its leaf.
  const [only] = all.length === 1 && all[0]?.length === 1 ? all[0] : [];
  const total = only && !only.compare && isWhole ? countOf(only.postings, index) : undefined;
  if (total !== undefined) return { hits, total, more: false, corrected };
  return { hits, total: checked.total, more: checked.more || !candidates.isAll || !isWhole, corrected };
}

function countOf(postings: Postings, index: IndexReader): number | undefined {
  return postings.term === everything ? index.documents : exactCount(postings);
}

const uncertain = ({ found, isAll }: Candidates): Candidates => ({
  found: found.map(({ number }) => ({ number, certain: false })),
  isAll,
});

/** Bytes of a file of rows, about. */
const bytesOfRows = 600;

/**
 * Where a box or an interval has so much of the campaign that it costs less to read rows in vain than its lists: which part
 * of the documents is in it.
 */
function shareLeftToRows(
  words: readonly Alternatives[],
  extent: Alternatives | undefined,
  limit: number,
  index: IndexReader,
): number | undefined {
  if (!extent || words.length === 0) return undefined;
  const share = Math.min(1, matchingIn(extent) / Math.max(1, index.documents));
  const rows = Math.ceil(limit / share);
  const withLists = expectedOf([...words, extent], limit);
  const withRows = expectedOf(words, rows);
  const files = (hits: number, span: number) => Math.min(hits, Math.ceil(span / rowsPerFile)) * bytesOfRows;
  const cost = {
    lists: withLists.bytes + files(limit, withLists.span),
    rows: withRows.bytes + files(rows, withRows.span),
  };
  return cost.rows < cost.lists ? share : undefined;
}

/** Numbers of documents by value, the commonest first. */
export interface FacetCount {
  readonly field: Field;
  readonly value: string;
  readonly count: number;
}

/** How many of the documents found have each of the campaign's common values. `more`: counted among the first {@link mostCounted}. */
export async function facetCounts(
  index: IndexReader,
  query: Query,
): Promise<{ readonly counts: readonly FacetCount[]; readonly more: boolean }> {
  const plan = planOf(query);
  const { parts, extent, isWhole } = await resolved(plan, index);
  const candidates = await candidatesOf(extent ? [...parts, extent] : parts, mostCounted + 1, index);
  const first = {
    found: candidates.found.slice(0, mostCounted),
    isAll: candidates.isAll && candidates.found.length <= mostCounted,
  };
  const { numbers } = await certainOf(first, plan, index);
  const values = facetsIn(await index.facets());
  const lookups = values.flatMap(({ field, value }) => {
    const term = valueTerm(field, value);
    return term === undefined ? [] : [{ field, value, from: term, to: term }];
  });
  await index.leaves(lookups);
  const lists = lookups.map((lookup) => index.postings(lookup).found);
  const isIn = windowsWith(numbers);
  await index.windows(
    lists
      .flat()
      .flatMap((postings) =>
        postings.windows
          .filter(({ number, documents }) => !documents && isIn(number, postings.bits))
          .map((window) => [postings, window] as const),
      ),
  );
  const isFound = new Set(numbers);
  const counts = lookups.map(({ field, value }, i) => {
    const some = lists[i]!.flatMap(({ windows, bits }) => windows.filter(({ number }) => isIn(number, bits)));
    const documents = some.flatMap((window) => (window.documents ?? []).filter((number) => isFound.has(number)));
    return { field, value, count: new Set(documents).size };
  });
  return { counts: counts.filter(({ count }) => count > 0), more: !first.isAll || !isWhole };
}

/** Whether a window of 2^`bits` documents has any of these. */
function windowsWith(numbers: readonly number[]): (window: number, bits: number) => boolean {
  const byBits = new Map<number, ReadonlySet<number>>();
  return (window, bits) => {
    const known = byBits.get(bits) ?? new Set(numbers.map((number) => Math.floor(number / 2 ** bits)));
    byBits.set(bits, known);
    return known.has(window);
  };
}

/** The values of `facets.json`. */
function facetsIn(bytes: Uint8Array): { field: Field; value: string }[] {
  const facets = JSON.parse(new TextDecoder().decode(bytes)) as Partial<
    Record<Field, readonly (readonly [string, number])[]>
  >;
  return (Object.keys(fields) as Field[]).flatMap((field) =>
    (facets[field] ?? []).map(([value]) => ({ field, value })),
  );
}

interface Resolved {
  /** Without the box and the days. */
  readonly parts: readonly Alternatives[];
  readonly extent?: Alternatives;
  /** False where a word begins more terms than were read. */
  readonly isWhole: boolean;
  readonly corrected: Found["corrected"];
}

/** Reads the leaves of a query, and returns the lists of each of its parts. */
async function resolved({ parts, extent }: Plan, index: IndexReader): Promise<Resolved> {
  const cells = (extent?.choices ?? []).flat().flatMap((cell) => [cell, ...(cell.parts ?? [])]);
  await index.leaves([...parts.flatMap((part) => rangesOf(part, index)), ...cells]);
  let isWhole = true;
  const corrected: { typed: string; searched: string }[] = [];
  const alternatives: Alternatives[] = [];
  const words = parts.flatMap((part) => {
    if (part.kind === "word") return [part];
    alternatives.push(part.terms.flatMap((terms) => listed(index.postings(terms).found)));
    return [];
  });
  for (const part of words) {
    const also = part.also.flatMap((terms) => listed(index.postings(terms).found));
    const lists = await listsOf(part, index);
    if (lists.found.length > 0 || also.length > 0) {
      alternatives.push([...listed(lists.found), ...also]);
      isWhole &&= lists.isWhole;
      continue;
    }
    const pieces = await Promise.all(part.parts.map((word) => listsOf({ word, isPrefix: false }, index)));
    if (pieces.length > 0 && pieces.every(({ found }) => found.length > 0)) {
      alternatives.push(...pieces.map(({ found }) => listed(found)));
      isWhole &&= pieces.every((piece) => piece.isWhole);
      continue;
    }
    const searched = part.word.length < shortestCorrected ? undefined : await correctionFor(part.word, index);
    if (searched !== undefined) corrected.push({ typed: part.word, searched });
    alternatives.push(
      searched === undefined ? [] : listed((await listsOf({ word: searched, isPrefix: false }, index)).found),
    );
  }
  return { parts: alternatives, ...(extent && { extent: fewestOf(extent, index) }), isWhole, corrected };
}

const listed = (lists: readonly Postings[]): Alternatives => lists.map((postings) => ({ postings }));

/** The lists of the choice that has the fewest documents. Details decide the rest, so that no other is read. */
function fewestOf({ choices, compareOf, hasBox }: ExtentPart, index: IndexReader): Alternatives {
  const lists = ({ parts, ...whole }: Cell): readonly Postings[] => {
    const { found } = index.postings(whole);
    const isDivided = parts !== undefined && found.some(({ count }) => count >= dividedFrom);
    return isDivided ? parts.flatMap((part) => index.postings(part).found) : found;
  };
  const [fewest = []] = choices.map((cells) => cells.flatMap(lists)).sort((a, b) => documentsIn(a) - documentsIn(b));
  return fewest.map((postings) => ({ postings, compare: compareOf(postings.term), needsBoxes: hasBox }));
}

const documentsIn = (lists: readonly Postings[]) => lists.reduce((sum, { count }) => sum + count, 0);

/** What is read for a part before anything is known of it. */
function rangesOf(part: Part, { frequent }: IndexReader): Range[] {
  if (part.kind === "terms") return [...part.terms];
  const words = frequent.has(part.word) ? [part.word] : [part.word, ...part.parts];
  const mostLeaves = part.isPrefix ? leavesOfPrefix.asked : 1;
  const also = (word: string) => (frequent.has(word) && !part.isPrefix ? [] : [{ ...beginning(word), mostLeaves }]);
  return [...words.flatMap((word) => [exactly(word), ...also(word)]), ...part.also];
}

/** The word, and the values of fields that are the word. */
const exactly = (word: string): Range => ({ from: word, to: `${word}\t\uffff` });
const beginning = (word: string): Range => ({ from: word, to: `${word}\uffff` });

async function listsOf(
  { word, isPrefix }: { readonly word: string; readonly isPrefix: boolean },
  index: IndexReader,
): Promise<ReturnType<IndexReader["postings"]>> {
  const exact = index.postings(exactly(word));
  if (exact.found.length > 0 && !isPrefix) return exact;
  if (!isPrefix) await index.leaves([{ ...beginning(word), mostLeaves: leavesOfPrefix.implicit }]);
  return index.postings(beginning(word));
}

async function correctionFor(word: string, index: IndexReader): Promise<string | undefined> {
  const near = await index.nearby(editsOf(word), index.isLocal ? Number.POSITIVE_INFINITY : leavesOfCorrection);
  const searched = correctionOf(word, near);
  if (searched !== undefined) await index.leaves([exactly(searched)]);
  return searched;
}

/** Rows of the first candidates that match, and how many match. `share`: of those that are not certain. */
async function rowsOf(
  { found }: Candidates,
  { limit, count = false, share = 0.5 }: SearchOptions & { readonly share?: number | undefined },
  plan: Plan,
  index: IndexReader,
): Promise<{ rows: Row[]; checked: { total: number; more: boolean } }> {
  const rows: Row[] = [];
  let at = 0;
  while (rows.length < limit && at < found.length) {
    const some = firstOf(found.slice(at), limit - rows.length, share);
    const read = await index.rows(some.map(({ number }) => number));
    rows.push(...read.filter((row, i) => some[i]?.certain === true || plan.matches(row)));
    at += some.length;
  }
  const rest = found.slice(at);
  const { numbers, more } =
    count && found.length <= mostCounted
      ? await certainOf({ found: rest, isAll: true }, plan, index)
      : certainAlready(rest);
  const total = rows.length + numbers.length;
  return {
    rows,
    checked: { total: Math.min(total, count ? mostCounted : total), more: more || (count && total > mostCounted) },
  };
}

/** As many as `target` are expected to match of, with some more where that is not certain. */
function firstOf(found: Candidates["found"], target: number, share: number): Candidates["found"] {
  let [expected, variance, length] = [0, 0, 0];
  while (length < found.length && expected - Math.sqrt(variance) < target) {
    const chance = found[length]?.certain ? 1 : share;
    expected += chance;
    variance += chance * (1 - chance);
    length++;
  }
  return found.slice(0, Math.max(length, 4));
}

function certainAlready(found: Candidates["found"]): { numbers: number[]; more: boolean } {
  const numbers = found.filter(({ certain }) => certain).map(({ number }) => number);
  return { numbers, more: numbers.length < found.length };
}

/** The candidates that match. Rows are read of those that are not certain. */
async function certainOf(
  { found }: Candidates,
  plan: Plan,
  index: IndexReader,
): Promise<{ numbers: number[]; more: boolean }> {
  const unknown = found.filter(({ certain }) => !certain).map(({ number }) => number);
  const rows = await index.rows(unknown);
  const matching = new Set(rows.filter((row) => plan.matches(row)).map(({ number }) => number));
  return {
    numbers: found.filter(({ number, certain }) => certain || matching.has(number)).map(({ number }) => number),
    more: false,
  };
}
