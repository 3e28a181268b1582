/**
 * Datasets that users of one may also want: of the same flight or station name, of the same platform or place on the same day.
 *
 * Of each thing that two may share, a dataset lists its neighbours in the order of paths and no more. So it costs the same however
 * many datasets a campaign has, and one more changes the pages of its neighbours alone.
 */
import { boxAround, widthOf } from "../dataset/extent.ts";
import type { DatasetEntry } from "../stac/catalog-entry.ts";
import { byBytes } from "../text/order.ts";
import { type Related, textIn, timeOf } from "./about.ts";

/** Related datasets of one, and neighbours on each side that are considered. */
const most = { related: 6, neighbours: 4 } as const;

/** Longer than that, a dataset is of no day in particular. Days. */
const longest = 3;

interface Shared {
  readonly key: string;
  /** More weighs more. */
  readonly weight: number;
  readonly why: string;
}

/** For each dataset, by its path, those related to it, the closest first. */
export function relatedTo(entries: readonly DatasetEntry[]): (path: string) => readonly Related[] {
  const ordered = [...entries].sort((a, b) => byBytes(a.path, b.path));
  // All that is read of an item, so that entries which are read from somewhere are read in their order.
  const sharedBy: Shared[][] = [];
  const titles: string[] = [];
  for (const entry of ordered) {
    sharedBy.push(sharedOf(entry));
    titles.push(textIn(entry.item.properties, "title") ?? entry.path);
  }
  const byKey = new Map<string, number[]>();
  for (const [at, shared] of sharedBy.entries()) {
    for (const { key } of shared) {
      const known = byKey.get(key);
      if (known) known.push(at);
      else byKey.set(key, [at]);
    }
  }
  const indices = new Map(ordered.map(({ path }, at) => [path, at]));

  return (path) => {
    const own = indices.get(path);
    if (own === undefined) return [];
    const found = new Map<number, { weight: number; readonly why: string[] }>();
    for (const { key, weight, why } of sharedBy[own] ?? []) {
      for (const at of neighbours(byKey.get(key) ?? [], own)) {
        const known = found.get(at) ?? { weight: 0, why: [] };
        known.weight += weight;
        if (!known.why.includes(why)) known.why.push(why);
        found.set(at, known);
      }
    }
    return [...found]
      .sort(([a, one], [b, other]) => other.weight - one.weight || Math.abs(a - own) - Math.abs(b - own) || a - b)
      .slice(0, most.related)
      .flatMap(([at, { why }]) => {
        const entry = ordered[at];
        return entry ? [{ path: entry.path, title: titles[at] ?? entry.path, why: why.join(", ") }] : [];
      });
  };
}

/** The nearest in an ascending list, on both sides, without `own` itself. */
function neighbours(list: readonly number[], own: number): number[] {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < own) low = middle + 1;
    else high = middle;
  }
  return [...list.slice(Math.max(0, low - most.neighbours), low), ...list.slice(low + 1, low + 1 + most.neighbours)];
}

function sharedOf({ path, item }: DatasetEntry): Shared[] {
  const days = daysOf(item);
  const platform = textIn(item.properties, "platform");
  const cell = cellOf(item);
  return [
    ...namesIn(path).map((name) => ({ key: `name ${name}`, weight: 4, why: "same flight or event" })),
    ...days.flatMap((day) => [
      ...(platform === undefined
        ? []
        : [{ key: `platform ${day} ${platform}`, weight: 3, why: "same platform and day" }]),
      ...(cell === undefined ? [] : [{ key: `place ${day} ${cell}`, weight: 2, why: "same place and day" }]),
    ]),
  ];
}

/** Names in a path that are those of a flight, a cruise or a launch: with a date or a longer number in them. */
function namesIn(path: string): string[] {
  const names = path.split("/").map((name) => name.replace(/\.[A-Za-z]\w*$/, ""));
  return [...new Set(names.filter((name) => /\d{4}/.test(name) && name.length <= 100))];
}

function daysOf(item: DatasetEntry["item"]): string[] {
  const time = timeOf(item);
  if (!time) return [];
  const [from, to] = [Date.parse(time.start), Date.parse(time.end)];
  const day = 86_400_000;
  if (!(to - from <= longest * day)) return [];
  const first = Math.floor(from / day);
  return Array.from({ length: Math.floor(to / day) - first + 1 }, (_, i) => String(first + i));
}

/** A cell of five degrees, by the middle of its box; `undefined` for what has none, or is much larger. */
function cellOf({ bbox }: DatasetEntry["item"]): string | undefined {
  const box = bbox && boxAround([bbox]);
  if (!box) return undefined;
  const [west, south, , north] = box;
  const across = widthOf(box);
  if (across > 10 || north - south > 10) return undefined;
  const middle = ((west + across / 2 + 540) % 360) - 180;
  return `${Math.floor(middle / 5)} ${Math.floor((south + north) / 10)}`;
}
