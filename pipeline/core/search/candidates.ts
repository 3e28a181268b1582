/**
 * The documents that every part of a query finds, the newest first, with as few windows read as that takes.
 *
 * Documents with the greatest numbers come first. So windows are read from the end: as many as the counts in the leaves
 * let expect enough hits in, all at once, and the rest if that was too few. A window is read only where the lists that are
 * known as a whole have a document in common.
 */
import { boxBytes, type Compare } from "./index/extent-detail.ts";
import type { IndexReader } from "./index/index-reader.ts";
import type { Postings, Window } from "./index/postings.ts";
import { detailLength, hasBoxesApart } from "./index/words.ts";

export interface List {
  readonly postings: Postings;
  /** Of a list of a cell: whether a document matches. */
  readonly compare?: Compare;
  /** Whether the boxes of its documents are compared. */
  readonly needsBoxes?: boolean;
}

/** The lists of one part of a query. A document in any of them is found by it. */
export type Alternatives = readonly List[];

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
  for (let bound = likelyBound(parts, enough, endOfAll(parts)); ; bound = 0) {
    const withBoxes = parts.flat().some(({ needsBoxes }) => needsBoxes);
    await index.windows(neededFrom(bound, parts), withBoxes);
    const found = intersection(parts, bound);
    if (bound === 0 || found.length >= enough) {
      return { found: found.sort((a, b) => b.number - a.number), isAll: bound === 0 };
    }
  }
}

/** What it will take to find `enough` hits, were the parts independent. */
export function expectedOf(
  parts: readonly Alternatives[],
  enough: number,
): { readonly bytes: number; readonly span: number } {
  const end = endOfAll(parts);
  const bound = likelyBound(parts, enough, end);
  const withBoxes = parts.flat().some(({ needsBoxes }) => needsBoxes);
  const bytes = neededFrom(bound, parts).reduce(
    (sum, [postings, window]) => sum + bytesOf(postings, window, withBoxes),
    0,
  );
  return { bytes, span: end - bound };
}

/** About how many documents of these lists match. */
export function matchingIn(part: Alternatives): number {
  return part.reduce((sum, list) => sum + list.postings.count * shareOf(list), 0);
}

const startOf = ({ bits }: Postings, { number }: Window) => number * 2 ** bits;
const endOf = ({ bits }: Postings, { number }: Window) => (number + 1) * 2 ** bits;

/** The number after the greatest one. */
function endOfAll(parts: readonly Alternatives[]): number {
  return Math.max(0, ...parts.flat().map(({ postings }) => lastOf(postings) + 1));
}

function lastOf(postings: Postings): number {
  const last = postings.windows.at(-1);
  return last ? (last.documents?.at(-1) ?? endOf(postings, last) - 1) : 0;
}

/** About the size of a window's file: gaps in a Rice code, and details. */
function bytesOf({ term, bits }: Postings, { count }: Window, withBoxes: boolean): number {
  const details = detailLength(term) - (!withBoxes && hasBoxesApart(term) ? boxBytes : 0);
  return count * ((Math.log2(2 ** bits / Math.max(1, count)) + 1.5) / 8 + details) + 4;
}

function isUnread({ needsBoxes = false }: List, { documents, lacksBoxes = false }: Window): boolean {
  return documents === undefined || (needsBoxes && lacksBoxes);
}

/** The documents of a window that may match; `undefined` where it was not read. */
function matchesIn({ postings, compare }: List, { documents, details }: Window): readonly Candidate[] | undefined {
  if (!documents) return undefined;
  if (!compare || !details) return documents.map((number) => ({ number, certain: !compare }));
  const length = detailLength(postings.term);
  return documents.flatMap((number, i) => {
    const matches = compare(details.subarray(i * length, (i + 1) * length));
    return matches === false ? [] : [{ number, certain: matches === true }];
  });
}

/** Which part of a list matches, by the windows that were read. */
function shareOf(list: List): number {
  if (!list.compare) return 1;
  let [read, matching] = [1, 0.5];
  for (const window of list.postings.windows) {
    read += window.documents?.length ?? 0;
    matching += matchesIn(list, window)?.length ?? 0;
  }
  return matching / read;
}

/** Parts of which all windows were read, as numbers of documents that all of them find; and the others. */
function divided(parts: readonly Alternatives[]): {
  readonly known: ReadonlySet<number> | undefined;
  readonly others: readonly Alternatives[];
} {
  const isRead = (part: Alternatives) =>
    part.every((list) => list.postings.windows.every((window) => !isUnread(list, window)));
  const whole = parts.filter(isRead);
  return {
    known: whole.length > 0 ? new Set(intersection(whole, 0).map(({ number }) => number)) : undefined,
    others: parts.filter((part) => !isRead(part)),
  };
}

/** The number from which on enough hits are to be expected. */
function likelyBound(parts: readonly Alternatives[], enough: number, end: number): number {
  const { known, others } = divided(parts);
  const starts = new Set<number>();
  for (const { postings } of others.flat()) {
    for (const window of postings.windows) starts.add(endOf(postings, window)).add(startOf(postings, window));
  }
  for (const number of [...(known ?? [])].slice(0, 4 * mostBounds)) starts.add(number);
  const all = [...starts].sort((a, b) => b - a);
  const step = Math.max(1, Math.ceil(all.length / mostBounds));
  const weighted = others.map((part) => part.map((list) => ({ ...list, share: shareOf(list) })));
  // Hits are spread at random: so many more that it is seldom too few.
  const target = enough + 2 * Math.sqrt(enough) + 1;
  let [expected, before] = [0, end];
  for (let i = 0; i < all.length; i += step) {
    const bound = all[i] ?? 0;
    if (bound >= before) continue;
    const length = before - bound;
    const first = known ? [...known].filter((number) => number >= bound && number < before).length : length;
    expected += weighted.reduce(
      (hits, part) => (hits * Math.min(length, countIn(part, bound, before))) / length,
      first,
    );
    if (expected >= target) return bound;
    before = bound;
  }
  return 0;
}

/** About how many documents of a part have numbers from `from` to `to`. */
function countIn(part: readonly (List & { readonly share: number })[], from: number, to: number): number {
  let count = 0;
  for (const { postings, share } of part) {
    for (const window of postings.windows) {
      const [start, end] = [Math.max(from, startOf(postings, window)), Math.min(to, endOf(postings, window))];
      if (start >= end) continue;
      if (window.documents) count += window.documents.filter((number) => number >= from && number < to).length * share;
      else count += (window.count * share * (end - start)) / 2 ** postings.bits;
    }
  }
  return count;
}

/** The windows to be read for what has numbers from `bound` on: those in which every part may have a document. */
function neededFrom(bound: number, parts: readonly Alternatives[]): [Postings, Window][] {
  const { known, others } = divided(parts);
  const needed: [Postings, Window][] = [];
  for (const part of others) {
    for (const list of part) {
      const { postings } = list;
      for (const window of postings.windows) {
        const [start, end] = [Math.max(bound, startOf(postings, window)), endOf(postings, window)];
        if (!isUnread(list, window) || end <= bound) continue;
        if (known && !known.values().some((number) => number >= start && number < end)) continue;
        if (others.every((other) => other === part || mayHave(other, start, end))) needed.push([postings, window]);
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

/** The rarest part comes first, so that the others are compared for few documents. */
function intersection(parts: readonly Alternatives[], bound: number): Candidate[] {
  const size = (part: Alternatives) => part.reduce((sum, { postings }) => sum + postings.count, 0);
  let found: ReadonlyMap<number, boolean> | undefined;
  for (const part of [...parts].sort((a, b) => size(a) - size(b))) {
    const here = new Map<number, boolean>();
    for (const list of part) {
      for (const window of list.postings.windows) {
        if (endOf(list.postings, window) <= bound) continue;
        for (const { number, certain } of matchesIn(list, window) ?? []) {
          if (number < bound || (found && !found.has(number))) continue;
          here.set(number, (certain && (found?.get(number) ?? true)) || here.get(number) === true);
        }
      }
    }
    found = here;
  }
  return [...(found ?? [])].map(([number, certain]) => ({ number, certain }));
}
