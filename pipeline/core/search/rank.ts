/**
 * The order of what a search found: datasets before what is none; what has the words in its title first, then in its path, its platform, its format; of these,
 * what is about the place and time that was asked for, before what only includes them.
 *
 * The index gives the newest first, without weights, so that it stays small. The first rows are ordered here, by what they show.
 */
import { widthOf } from "../dataset/extent.ts";
import type { Row } from "./index/rows.ts";
import { daysOf } from "./index/time-cells.ts";
import { partsOf, runsOf } from "./index/words.ts";
import type { Query } from "./query.ts";

type Rankable = Pick<Row, "title" | "path" | "platform" | "format" | "kind" | "time" | "bbox">;

/** Rows with the best matches first; those that match alike stay in their order. */
export function ranked<R extends Rankable>(rows: readonly R[], query: Query): readonly R[] {
  const asked = wordsOf(query.words ?? "");
  const scored = rows.map((row, i) => ({ row, i, score: wordScore(row, asked) + fitOf(row, query) }));
  return scored.sort((a, b) => b.score - a.score || a.i - b.i).map(({ row }) => row);
}

function wordScore(row: Rankable, asked: readonly string[]): number {
  let score = row.kind === "dataset" ? 2 : 0;
  if (asked.length === 0) return score;
  const { inTitle, inName, inPath, inOthers } = wordsOfRow(row);
  for (const word of asked) {
    if (inTitle.has(word)) score += 8;
    if (inName.has(word)) score += 6;
    else if (inPath.has(word)) score += 4;
    if (inOthers.has(word)) score += 2;
  }
  return score;
}

interface RowWords {
  readonly inTitle: ReadonlySet<string>;
  /** In the last name of the path. */
  readonly inName: ReadonlySet<string>;
  readonly inPath: ReadonlySet<string>;
  readonly inOthers: ReadonlySet<string>;
}

/** Every key that is typed ranks the same rows again: their words are found one time. */
const remembered = new WeakMap<Rankable, RowWords>();

function wordsOfRow(row: Rankable): RowWords {
  const known = remembered.get(row);
  if (known) return known;
  const { title, path, platform = "", format = "" } = row;
  const words = {
    inTitle: new Set(wordsOf(title)),
    inName: new Set(wordsOf(path.slice(path.lastIndexOf("/") + 1))),
    inPath: new Set(wordsOf(path)),
    inOthers: new Set(wordsOf(`${platform} ${format}`)),
  };
  remembered.set(row, words);
  return words;
}

/** From 0 to 2: how much of its time and of its box is what was asked for. */
function fitOf({ time, bbox }: Rankable, { bbox: box, periods, ...range }: Query): number {
  const { from, until } = periods?.[0] ?? range;
  const asked = from !== undefined || until !== undefined ? daysOf(from ?? "0001", until ?? "9999") : undefined;
  const days = asked && time && daysOf(...time);
  const inTime = days && asked ? Math.min(1, (asked.last - asked.first + 1) / (days.last - days.first + 1)) : 0;
  return inTime + (bbox && box ? ratio(widthOf(box), widthOf(bbox)) * ratio(box[3] - box[1], bbox[3] - bbox[1]) : 0);
}

const ratio = (asked: number, has: number) => (has <= asked ? 1 : asked / has);

/** Whole words and their parts: `air_temperature` and `air`, `temperature`. */
const wordsOf = (text: string) => runsOf(text.slice(0, 1000)).flatMap((run) => [run, ...partsOf(run)]);
