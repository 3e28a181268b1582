/**
 * An item in a few words, and the differences between two of them: what a reviewer needs to know of a dataset without opening it.
 *
 * Names, titles and units are the dataset's own text. The renderer must escape them.
 */
import type { Json } from "../json.ts";
import type { Item } from "../stac/item.ts";
import { byBytes } from "../text/order.ts";
import { plural } from "../text/plural.ts";
import { firstLines } from "../text/shown.ts";
import type { DatasetLine } from "./report.ts";

type Variable = Readonly<Record<string, Json>>;

/** `before`: the dataset that this one takes the place of. */
export function previewOf(path: string, item: Item, before?: Item): DatasetLine {
  const time = timeOf(item);
  return {
    path,
    title: String(item.properties.title),
    variables: [...variablesOf(item)].flatMap(([name, { type }]) => (type === "data" ? [name] : [])).sort(byBytes),
    ...time,
    ...(item.bbox && { bbox: item.bbox }),
    ...countOf(item),
    differs: before ? differencesBetween(before, item) : [],
  };
}

/** A sentence for each difference of `after` from `before`. Empty where their metadata are the same. */
export function differencesBetween(before: Item, after: Item): string[] {
  const summary = (item: Item) => ({ title: String(item.properties.title), time: inWords(item), place: placeOf(item) });
  const [was, is] = [summary(before), summary(after)];
  const others = (["title", "time", "place"] as const).flatMap((what) =>
    was[what] === is[what] ? [] : [`${what} is ${is[what]}, was ${was[what]}`],
  );
  return firstLines([
    ...variableDifferences(variablesOf(before), variablesOf(after)),
    ...memberDifferences(membersOf(before), membersOf(after)),
    ...others,
  ]);
}

/** A sentence for the files that are new, gone or different, where both are folders of like files. */
function memberDifferences(before: ReadonlyMap<string, Json>, after: ReadonlyMap<string, Json>): string[] {
  if (before.size === 0 || after.size === 0) return [];
  const fresh = [...after.keys()].filter((path) => !before.has(path));
  const gone = [...before.keys()].filter((path) => !after.has(path));
  const other = [...after.keys()].filter((path) => before.has(path) && before.get(path) !== after.get(path));
  const says = (paths: readonly string[], what: string) =>
    paths.length === 0 ? [] : [`${plural(paths.length, "file")} ${what}: ${firstLines(paths, 3).join(", ")}`];
  return [...says(fresh, "more"), ...says(gone, "fewer"), ...says(other, "changed")];
}

function variableDifferences(before: ReadonlyMap<string, Variable>, after: ReadonlyMap<string, Variable>): string[] {
  const gone = new Set([...before.keys()].filter((name) => !after.has(name)));
  const fresh = new Set([...after.keys()].filter((name) => !before.has(name)));
  const differences: { readonly name: string; readonly says: string }[] = [];
  const renamed = (old: string, name: string) => {
    gone.delete(old);
    fresh.delete(name);
    differences.push({ name: old, says: `variable ${old} is called ${name} now` });
    compare(old, name);
  };
  const compare = (old: string, name: string) => {
    for (const [what, key] of comparedProperties) {
      const [was, is] = [before.get(old)![key], after.get(name)![key]].map(inText);
      if (was !== is) differences.push({ name: old, says: `${what} of variable ${name} now ${is}, before ${was}` });
    }
  };
  for (const name of after.keys()) if (before.has(name)) compare(name, name);
  // The surest first: the same name but for its case, then what is the same in all but the name, then what means the same.
  for (const sameness of [inLowerCase, exactly, byMeaning]) {
    for (const [old, name] of pairs(gone, fresh, before, after, sameness)) renamed(old, name);
  }
  for (const name of gone) differences.push({ name, says: `variable ${name} is gone` });
  for (const name of fresh) differences.push({ name, says: `variable ${name} is new` });
  return differences.sort((a, b) => byBytes(a.name, b.name)).map(({ says }) => says);
}

const comparedProperties = [
  ["unit", "unit"],
  ["type", "data_type"],
  ["dimensions", "dimensions"],
] as const;

type Sameness = (name: string, variable: Variable) => string | undefined;

const inLowerCase: Sameness = (name) => name.toLowerCase();
const exactly: Sameness = (_, variable) => JSON.stringify(Object.entries(variable).sort());
const byMeaning: Sameness = (_, variable) => {
  const meaning = variable["cf:standard_name"];
  return meaning === undefined ? undefined : `${inText(meaning)} ${inText(variable.dimensions)}`;
};

/** Names that left and names that came, where exactly one of each is the same in that sense. */
function pairs(
  gone: ReadonlySet<string>,
  fresh: ReadonlySet<string>,
  before: ReadonlyMap<string, Variable>,
  after: ReadonlyMap<string, Variable>,
  sameness: Sameness,
): [string, string][] {
  const left = Map.groupBy(gone, (name) => sameness(name, before.get(name)!));
  const came = Map.groupBy(fresh, (name) => sameness(name, after.get(name)!));
  left.delete(undefined);
  return [...left].flatMap(([same, [old, ...others]]) => {
    const [name, ...more] = came.get(same) ?? [];
    return name === undefined || others.length > 0 || more.length > 0 ? [] : [[old!, name] as [string, string]];
  });
}

function variablesOf({ properties }: Item): ReadonlyMap<string, Variable> {
  return new Map(Object.entries((properties["cube:variables"] ?? {}) as Readonly<Record<string, Variable>>));
}

/** The files of a folder of like files: path → CID. */
function membersOf({ properties }: Item): ReadonlyMap<string, Json> {
  const members = (properties["fieldtree:members"] ?? []) as readonly { readonly path: string; readonly cid: Json }[];
  return new Map(members.map(({ path, cid }) => [path, cid]));
}

function countOf({ properties }: Item): { readonly files?: number } {
  const count = properties["fieldtree:member_count"];
  return typeof count === "number" ? { files: count } : {};
}

function timeOf({ properties }: Item): { start?: string; end?: string } {
  if (properties["fieldtree:time_source"] === "unknown") return {};
  const { datetime, start_datetime, end_datetime } = properties;
  const [start, end] = [start_datetime ?? datetime, end_datetime ?? datetime];
  return typeof start === "string" && typeof end === "string" ? { start, end } : {};
}

function inWords(item: Item): string {
  const { start, end } = timeOf(item);
  return start === undefined ? "unknown" : `${start} to ${end}`;
}

function placeOf({ bbox }: Item): string {
  return bbox ? `[${bbox.join(", ")}]` : "unknown";
}

function inText(value: Json | undefined): string {
  if (value === undefined) return "unknown";
  return Array.isArray(value) ? `(${value.join(", ")})` : String(value);
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
