/**
 * What the page shows, as signals: what is asked for, and what was found. The address follows what is asked for, and Back sets it.
 */
import { effect, signal } from "@preact/signals";
import type { Question } from "../../pipeline/core/search/question/condition.ts";
import { grouped } from "../../pipeline/core/text/plural.ts";
import { texts } from "../texts/texts.ts";
import { type Ask, askIn, hashOf, isNarrow, nothingAsked } from "./ask.ts";
import { type Answer, type Engine, type Facets, noFacets } from "./engine.ts";
import { droppableParts, type Part } from "./parts.ts";

/** Rows that are shown at first, and that each "more" adds. */
export const rowsAtOnce = 40;

export const ask = signal<Ask>(nothingAsked);
export const answer = signal<Answer | undefined>(undefined);
/** What the map and the times show: the answer, once its rows are painted. A key waits for neither. */
export const drawn = signal<Answer | undefined>(undefined);
export const facets = signal<Facets>(noFacets);
/** Rows that are shown. */
export const shown = signal(rowsAtOnce);
/** Path of the dataset that is pointed at, in the list or on the map. */
export const pointed = signal<string | undefined>(undefined);
/** What would be found without one of the parts, where nothing was. */
export const suggestions = signal<readonly (Part & { readonly count: string })[]>([]);
export const failure = signal<string | undefined>(undefined);

/** Typing within this many milliseconds is one step back. */
const oneStepMs = 1500;

/** Milliseconds without a key until the map, the times and the numbers of facets follow: more would hinder the next key. */
const restMs = 200;

let engine: Engine | undefined;
let lastTyped = 0;
let running = 0;

/** Whether all of the campaign is in memory: what was found can then be sorted, drawn and summed up. */
export const isLocal = () => engine?.isLocal ?? false;
export const historyOfReleases = () => engine?.history();

/** Reads the address, and follows it from now on. Resolves when there is an answer, or a failure. */
export function start(opened: Engine): Promise<void> {
  engine = opened;
  ask.value = askIn(location.hash);
  addEventListener("popstate", () => {
    ask.value = askIn(location.hash);
    shown.value = rowsAtOnce;
    void run();
  });
  // Sizes and tracks come later: the list is there without them.
  void run()
    .then(() => opened.readDetails())
    .then((hasMore) => (hasMore ? run() : undefined));
  return new Promise((resume) => {
    effect(() => {
      if (answer.value || failure.value !== undefined) resume();
    });
  });
}

/** Asks something else. What is typed replaces what was typed just before; all else is a step that Back undoes. */
export function setAsk(next: Ask, isTyped = false): void {
  const hash = hashOf(next);
  const now = performance.now();
  const url = `${location.pathname}${location.search}${hash}`;
  if (isTyped && now - lastTyped < oneStepMs) history.replaceState(null, "", url);
  else if (hash !== hashOf(ask.value)) history.pushState(null, "", url);
  lastTyped = isTyped ? now : 0;
  ask.value = next;
  shown.value = rowsAtOnce;
  void run(isTyped ? restMs : 0);
}

export function showMore(): void {
  shown.value += rowsAtOnce;
  if (!isLocal()) void run();
}

/**
 * Finds what is asked for. What comes later than the answer to a newer question is dropped.
 *
 * @param rest milliseconds until all but the rows follows
 */
export async function run(rest = 0): Promise<void> {
  if (!engine) return;
  const number = ++running;
  const asked = ask.value;
  const isStale = () => number !== running;
  try {
    const found = await engine.find(asked, shown.value);
    if (isStale()) return;
    [failure.value, answer.value] = [undefined, found];
    suggestions.value = [];
    await nextPaint();
    if (rest > 0) await new Promise((resume) => setTimeout(resume, rest));
    if (isStale()) return;
    drawn.value = found;
    await nextPaint();
    if (isStale()) return;
    const counted = await engine.facets(asked);
    if (isStale()) return;
    facets.value = counted;
    if (found.rows.length === 0) suggestions.value = await suggestionsFor(asked, found, engine);
  } catch (error) {
    if (isStale()) return;
    failure.value = error instanceof Error ? error.message : String(error);
  }
}

/** Resolves after the next frame is painted, or soon where the page is not shown: it has no frames then. */
function nextPaint(): Promise<void> {
  return new Promise((resume) => {
    if (document.hidden) return void setTimeout(resume);
    // A task that is queued in a frame runs after it.
    requestAnimationFrame(() => setTimeout(resume));
  });
}

/** Parts that are tried without; of their pairs, those of the first ones. */
const [mostTried, mostPaired] = [8, 4];

type Suggestion = Part & { readonly total: number; readonly more: boolean };

/** What to leave out, what leaves the most first: one part, or two where no single one helps. */
async function suggestionsFor(asked: Ask, { question }: Answer, from: Engine): Promise<(Part & { count: string })[]> {
  const one: (Suggestion & { readonly question: Question })[] = [];
  for (const part of droppableParts(asked, question, texts).slice(0, mostTried))
    one.push({ ...part, ...(await from.count(part.without)) });
  const helping = one.some(({ total }) => total > 0) ? one : await pairsOf(one.slice(0, mostPaired), from);
  return helping
    .filter(({ total, without }) => total > 0 && isNarrow(without))
    .sort((a, b) => b.total - a.total)
    .map(({ total, more, ...part }) => ({ ...part, count: countText(total, more) }));
}

async function pairsOf(
  parts: readonly (Suggestion & { readonly question: Question })[],
  from: Engine,
): Promise<readonly Suggestion[]> {
  const pairs = new Map<string, Suggestion>();
  for (const { text, without, question } of parts) {
    for (const other of droppableParts(without, question, texts).slice(0, mostPaired)) {
      const key = hashOf(other.without);
      if (pairs.has(key)) continue;
      const both = { key, text: texts.find.also(text, other.text), without: other.without };
      pairs.set(key, { ...both, ...(await from.count(other.without)) });
    }
  }
  return [...pairs.values()];
}

export function countText(total: number, more = false): string {
  const text = grouped(total);
  return more ? texts.find.moreThan(text) : text;
}
