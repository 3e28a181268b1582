/**
 * What a reader asks for, and its form in the address: `#q=radar&platform=HALO&from=2024-08`. An address can be shared, and Back
 * undoes a step.
 *
 * Addresses are by strangers: what is no question is left out.
 */
import type { Box } from "../../pipeline/core/dataset/extent.ts";
import { type Field, fields } from "../../pipeline/core/search/index/document.ts";

export const sorts = ["best", "newest", "time", "title", "size"] as const;
export type Sort = (typeof sorts)[number];

export const views = ["list", "tree", "releases"] as const;
export type ViewName = (typeof views)[number];

export interface Ask {
  /** As it is typed. */
  readonly q: string;
  /** Chosen values of fields; of one field any of them. */
  readonly values: Readonly<Partial<Record<Field, readonly string[]>>>;
  readonly box?: Box | undefined;
  /** Days, `2024-08-18`. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly sort: Sort;
  /** Only what changed after this release. */
  readonly since?: number | undefined;
  readonly view: ViewName;
}

export const nothingAsked: Ask = { q: "", values: {}, sort: "best", view: "list" };

export const fieldNames = Object.keys(fields) as Field[];

/** Characters of an address that are read. */
const longest = 4000;

export function askIn(hash: string): Ask {
  const parameters = new URLSearchParams(hash.replace(/^#/, "").slice(0, longest));
  const values: Partial<Record<Field, readonly string[]>> = {};
  for (const field of fieldNames) {
    const chosen = parameters.getAll(field).filter((value) => /[\p{L}\p{N}]/u.test(value));
    if (chosen.length > 0) values[field] = [...new Set(chosen)].slice(0, 20);
  }
  const since = Number(parameters.get("since") ?? Number.NaN);
  return {
    q: parameters.get("q") ?? "",
    values,
    box: boxIn(parameters.get("box")),
    from: dayIn(parameters.get("from")),
    until: dayIn(parameters.get("until")),
    sort: oneOf(sorts, parameters.get("sort")) ?? nothingAsked.sort,
    since: Number.isInteger(since) && since >= 0 ? since : undefined,
    view: oneOf(views, parameters.get("view")) ?? nothingAsked.view,
  };
}

/** Blank where nothing is asked for. */
export function hashOf(ask: Ask): string {
  const parameters = new URLSearchParams();
  if (ask.q.trim() !== "") parameters.set("q", ask.q.trim());
  for (const field of fieldNames) for (const value of ask.values[field] ?? []) parameters.append(field, value);
  if (ask.box) parameters.set("box", ask.box.map((edge) => Math.round(edge * 1e4) / 1e4).join(","));
  if (ask.from !== undefined) parameters.set("from", ask.from);
  if (ask.until !== undefined) parameters.set("until", ask.until);
  if (ask.since !== undefined) parameters.set("since", String(ask.since));
  if (ask.sort !== nothingAsked.sort) parameters.set("sort", ask.sort);
  if (ask.view !== nothingAsked.view) parameters.set("view", ask.view);
  const text = parameters.toString();
  return text === "" ? "" : `#${text}`;
}

/** With a value of a field chosen, or no longer. */
export function withValue(ask: Ask, field: Field, value: string, isChosen: boolean): Ask {
  const others = (ask.values[field] ?? []).filter((each) => each !== value);
  const chosen = isChosen ? [...others, value] : others;
  const { [field]: _, ...rest } = ask.values;
  return { ...ask, values: chosen.length > 0 ? { ...rest, [field]: chosen } : rest };
}

/** Whether anything narrows what is shown. */
export function isNarrow({ q, values, box, from, until, since }: Ask): boolean {
  return (
    q.trim() !== "" || Object.keys(values).length > 0 || [box, from, until, since].some((part) => part !== undefined)
  );
}

function oneOf<T extends string>(list: readonly T[], value: string | null): T | undefined {
  return list.find((each) => each === value);
}

function dayIn(text: string | null): string | undefined {
  const isDay = text !== null && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
  return isDay ? text : undefined;
}

function boxIn(text: string | null): Box | undefined {
  const edges = (text ?? "").split(",").map((edge) => (edge.trim() === "" ? Number.NaN : Number(edge)));
  const [west, south, east, north] = edges;
  if (edges.length !== 4 || west === undefined || south === undefined || east === undefined || north === undefined)
    return undefined;
  const isBox = [west, east].every((edge) => Math.abs(edge) <= 180) && south >= -90 && north <= 90 && south <= north;
  return isBox ? [west, south, east, north] : undefined;
}
