/**
 * A question as a person types it, as a query: "air_temperature near 30 W on 3 September" has a word, a place and a day.
 *
 * ```ts
 * questionOf("humidity near Barbados in August", { time: ["2024-08-01", "2024-09-30"] }).query;
 * // { words: "humidity", bbox: [-62.371, 10.4, -56.729, 16], from: "2024-08-01", until: "2024-08-31" }
 * ```
 *
 * Times and places are taken out where they are unmistakable; all else stays words. Each condition has the part of the text that
 * it was read from, so that a page can name it and drop it.
 */
import type { Box } from "../../dataset/extent.ts";
import { fold } from "../index/words.ts";
import type { Query } from "../query.ts";
import type { Condition, Question } from "./condition.ts";
import { placeIn } from "./place.ts";
import { type TimeContext, timeIn } from "./time.ts";

/** What is no condition where other words are. */
const fillers = new Set(
  (
    "a all am an and any are as at auf aus bei by can contain contained containing contains data dataset datasets datei dateien daten der die das did do does " +
    "during es file files find for from gemessen give gab gibt hat haben have how i im in is it list look me measure measured measurement " +
    "measurements measures messungen mit near observation observations observed of on or over please recorded show taken that the there to und until was " +
    "we were what when where which who with von vom wann was welche welcher wer what's wo"
  ).split(" "),
);

/** @returns the query; never throws: what is not understood is a word. */
export function questionOf(typed: string, context: TimeContext = {}): Question {
  const text = typed.slice(0, 500);
  const conditions: Condition[] = [];
  let rest = text;
  for (const find of [timeIn, placeIn]) {
    for (let found = find(rest, context); found; found = find(rest, context)) {
      const [start, end] = trimmed(rest, found.start, found.end);
      conditions.push({ ...found, start, end, typed: text.slice(start, end) });
      // Blanks of the same length: the positions of what follows stay.
      rest = `${rest.slice(0, found.start)}${" ".repeat(found.end - found.start)}${rest.slice(found.end)}`;
    }
  }
  conditions.push(...wordsIn(rest, conditions.length > 0));
  conditions.sort((a, b) => a.start - b.start);
  return { query: queryOf(conditions), conditions };
}

function trimmed(text: string, start: number, end: number): [number, number] {
  const part = text.slice(start, end);
  return [start + part.length - part.trimStart().length, end - (part.length - part.trimEnd().length)];
}

function wordsIn(rest: string, hasOthers: boolean): Condition[] {
  const all = [...rest.matchAll(/\S+/g)].flatMap(({ 0: run, index }): Condition[] => {
    const typed = run.replace(/^[("'„“,;]+|[)"'”“?!,;.:]+$/g, "");
    const start = index + run.indexOf(typed);
    return /[\p{L}\p{N}]/u.test(typed) ? [{ kind: "word", start, end: start + typed.length, typed }] : [];
  });
  const meant = all.filter(({ typed }) => !fillers.has(fold(typed)));
  return meant.length > 0 || hasOthers ? meant : all;
}

function queryOf(conditions: readonly Condition[]): Query {
  let words = "";
  let bbox: Box | undefined;
  let [from, until]: [string | undefined, string | undefined] = [undefined, undefined];
  let periods: Query["periods"];
  for (const condition of conditions) {
    if (condition.kind === "word") words += ` ${condition.typed}`;
    else if (condition.kind === "place") bbox = bbox ? overlapOf(bbox, condition.bbox) : condition.bbox;
    else if (condition.periods) periods = condition.periods;
    else {
      if (condition.from !== undefined && (from === undefined || condition.from > from)) from = condition.from;
      if (condition.until !== undefined && (until === undefined || condition.until < until)) until = condition.until;
    }
  }
  // "since September until August": the last one counts, since nothing is in both.
  if (from !== undefined && until !== undefined && from > until) from = undefined;
  return {
    ...(words !== "" && { words: words.trim() }),
    ...(bbox && { bbox }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(periods && { periods }),
  };
}

/** What is in both: "10 to 20 N" and "50 to 60 W". The second, where they have nothing in common or cross the antimeridian. */
function overlapOf(a: Box, b: Box): Box {
  const [west, south, east, north] = [
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ];
  if (a[0] <= a[2] && b[0] <= b[2]) return west <= east && south <= north ? [west, south, east, north] : b;
  // One that goes all around leaves the other's longitudes as they are.
  const across = a[0] > a[2] ? a : b;
  const other = across === a ? b : a;
  return other[2] - other[0] >= 360 && south <= north ? [across[0], south, across[2], north] : b;
}
