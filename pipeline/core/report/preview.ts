/**
 * An item in a few words: what a reviewer needs to know of a dataset without opening it.
 *
 * Names, titles and units are the dataset's own text. The renderer must escape them.
 */
import type { Item } from "../stac/item.ts";
import { byBytes } from "../text/order.ts";
import { type ArrayDifference, differencesBetween, timeOf } from "../versions/difference.ts";
import { variablesOf } from "../versions/variables.ts";
import type { DatasetLine } from "./report.ts";

/** @param before the dataset that this one takes the place of. @param arrays what its blocks have in common with that one's. */
export function previewOf(path: string, item: Item, before?: Item, arrays?: readonly ArrayDifference[]): DatasetLine {
  const [start, end] = timeOf(item) ?? [];
  return {
    path,
    title: String(item.properties.title),
    variables: [...variablesOf(item)].flatMap(([name, { type }]) => (type === "data" ? [name] : [])).sort(byBytes),
    ...(start !== undefined && end !== undefined && { start, end }),
    ...(item.bbox && { bbox: item.bbox }),
    ...countOf(item),
    differs: before ? differencesBetween(before, item, arrays) : [],
  };
}

function countOf({ properties }: Item): { readonly files?: number } {
  const count = properties["fieldtree:member_count"];
  return typeof count === "number" ? { files: count } : {};
}

/** Degrees: `10.5° S to 20° N, 60° W to 40° E`. */
export function placeWords([west = 0, south = 0, east = 0, north = 0]: readonly number[]): string {
  const latitude = (degrees: number) => `${rounded(degrees)}° ${degrees < 0 ? "S" : "N"}`;
  const longitude = (degrees: number) => `${rounded(degrees)}° ${degrees < 0 ? "W" : "E"}`;
  const span = (from: string, to: string) => (from === to ? from : `${from} to ${to}`);
  return `${span(latitude(south), latitude(north))}, ${span(longitude(west), longitude(east))}`;
}

const rounded = (degrees: number) => Math.round(Math.abs(degrees) * 100) / 100;

/** A time range in the shortest form: days, or the times where both are on one day. */
export function timeWords(start: string, end: string): string {
  const [from, to] = [start.slice(0, 10), end.slice(0, 10)];
  if (from !== to) return `${from} to ${to}`;
  return start === end ? start : `${start} to ${end}`;
}
