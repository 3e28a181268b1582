/**
 * The documents that every part of a query finds, the newest first, with as few windows read as that takes.
 *
 * Documents with the greatest numbers come first. So windows are read from the end: as many as the counts in the leaves
 * let expect enough hits in, all at once, and the rest if that was too few.
 */
import type { IndexReader } from "./index-reader.ts";
import type { Postings, Window } from "./postings.ts";
import { detailLength, type Terms } from "./words.ts";

/** The lists of one part of a query. A document in any of them is found by it. */
export type Alternatives = readonly {
  readonly postings: Postings;
  readonly certain: boolean;
  readonly compare?: Terms["compare"];
}[];

export interface Candidate {
  readonly number: number;
  /** False where its time or box has to be compared. */
  readonly certain: boolean;
}

export interface Candidates {
  /** Descending by number. */
  readonly found: readonly Candidate[];
  /** Whether these are all. */
  readonly isAll: boolean;
}

/** Bounds that are tried for what to read. */
const mostBounds = 64;

/** @param enough number of hits after which the rest need not be read. */
export async function candidatesOf(
  parts: readonly Alternatives[],
  enough: number,
  index: IndexReader,
): Promise<Candidates> {
  for (let bound = likelyBound(parts, enough); ; bound = 0) {
    await index.windows(neededFrom(bound, parts));
    const found = intersection(parts, bound);
    if (bound === 0 || found.length >= enough) return { found, isAll: bound === 0 };
  }
}

const startOf = ({ bits }: Postings, { number }: Window) => number * 2 ** bits;
const endOf = ({ bits }: Postings, { number }: Window) => (number + 1) * 2 ** bits;

/** The number from which on enough hits are to be expected, were the parts independent. */
function likelyBound(parts: readonly Alternatives[], enough: number): number {
  const starts = new Set<number>();
  for (const { postings } of parts.flat()) {
    for (const window of postings.windows)
      if (!window.documents) starts.add(endOf(postings, window)).add(startOf(postings, window));
  }
  if (starts.size === 0) return 0;
  const all = [...starts].sort((a, b) => b - a);
  const step = Math.max(1, Math.ceil(all.length / mostBounds));
  const end = Math.max(
    ...parts
      .flat()
      .flatMap(({ postings }) =>
        postings.windows.slice(-1).map((window) => (window.documents?.at(-1) ?? endOf(postings, window)) + 1),
      ),
  );
  let expected = 0;
  let before = end;
  for (let i = 0; i < all.length; i += step) {
    const bound = all[i]!;
    if (bound >= before) continue;
    const length = before - bound;
    expected += parts.reduce((hits, part) => (hits * Math.min(length, countIn(part, bound, before))) / length, length);
    if (expected >= 2 * enough) return bound;
    before = bound;
  }
  return 0;
}

/** About how many documents of a part have numbers from `from` to `to`. */
function countIn(part: Alternatives, from: number, to: number): number {
  let count = 0;
  for (const { postings } of part) {
    for (const window of postings.windows) {
      const [start, end] = [Math.max(from, startOf(postings, window)), Math.min(to, endOf(postings, window))];
      if (start >= end) continue;
      if (window.documents) count += window.documents.filter((number) => number >= from && number < to).length;
      else count += (window.count * (end - start)) / 2 ** postings.bits;
    }
  }
  return count;
}

/** The windows to be read for what has numbers from `bound` on: those in which every part may have a document. */
function neededFrom(bound: number, parts: readonly Alternatives[]): [Postings, Window][] {
  const needed: [Postings, Window][] = [];
  for (const part of parts) {
    for (const { postings } of part) {
      for (const window of postings.windows) {
        const [start, end] = [Math.max(bound, startOf(postings, window)), endOf(postings, window)];
        if (window.documents || end <= bound) continue;
        if (parts.every((other) => other === part || mayHave(other, start, end))) needed.push([postings, window]);
      }
    }
  }
  return needed;
}

function mayHave(part: Alternatives, from: number, to: number): boolean {
  return part.some(({ postings }) =>
    postings.windows.some((window) => {
      if (startOf(postings, window) >= to || endOf(postings, window) <= from) return false;
      return window.documents === undefined || window.documents.some((number) => number >= from && number < to);
    }),
  );
}

function intersection(parts: readonly Alternatives[], bound: number): Candidate[] {
  let found: ReadonlyMap<number, boolean> | undefined;
  for (const part of parts) {
    const here = new Map<number, boolean>();
    for (const { postings, certain, compare } of part) {
      const { term } = postings;
      const length = detailLength(term);
      for (const { documents = [], details } of postings.windows) {
        for (const [i, number] of documents.entries()) {
          if (number < bound || (found && !found.has(number))) continue;
          const matches =
            certain || (compare && details && compare(term, details.subarray(i * length, (i + 1) * length)));
          if (matches === false && !certain && compare) continue;
          here.set(number, (matches === true && (found?.get(number) ?? true)) || here.get(number) === true);
        }
      }
    }
    found = here;
  }
  return [...(found ?? [])].sort(([a], [b]) => b - a).map(([number, certain]) => ({ number, certain }));
}
