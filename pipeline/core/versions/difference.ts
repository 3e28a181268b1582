/**
 * What differs between two versions of a dataset, in the words of those who use its data.
 *
 * From two STAC items, and from what `stages/scan/stored-arrays.ts` returns for the blocks of their arrays: whether values changed
 * follows from the CIDs of chunks, without reading them. Data for machines, sentences for people.
 *
 * Names, titles and units are the dataset's own text. The renderer must escape them.
 */
import { type Box, boxAround } from "../dataset/extent.ts";
import { compareInstants } from "../dataset/instant.ts";
import type { Json } from "../json.ts";
import type { Item } from "../stac/item.ts";
import { byBytes } from "../text/order.ts";
import { plural } from "../text/plural.ts";
import { firstLines, formatBytes } from "../text/shown.ts";
import { type VariableChange, variableChanges, variablesOf } from "./variables.ts";

export interface DatasetDifference {
  readonly variables: readonly VariableChange[];
  /** Lengths of dimensions. */
  readonly dimensions: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  /** Of a folder of like files: their paths in it. */
  readonly files?: Readonly<Record<"added" | "removed" | "changed", readonly string[]>>;
  readonly title?: Pair<string>;
  readonly time?: Pair<Interval | null> & { readonly extent?: Extent };
  /** [west, south, east, north], degrees. */
  readonly place?: Pair<readonly number[] | null> & { readonly extent?: Extent };
  /** Names of other properties of the STAC item that differ, such as `license`. */
  readonly attributes: readonly string[];
  /** Bytes of all blocks below, as UnixFS counts them. */
  readonly size?: Pair<number>;
  /** Of a Zarr store. Absent where blocks were not compared. */
  readonly arrays?: readonly ArrayDifference[];
}

export interface Pair<Value> {
  readonly from: Value;
  readonly to: Value;
}

type Interval = readonly [start: string, end: string];
type Extent = "extended" | "shrunk" | "moved";

/** An array that both versions have; of a renamed one, under its present name. */
export interface ArrayDifference {
  readonly name: string;
  /** By the CIDs of its chunks. */
  readonly values: "same" | "changed" | "unknown";
  /** Whether its attributes, or how it is encoded, changed. */
  readonly metadata: "same" | "changed" | "unknown";
  /** Absent where values are the same, or there are too many to count. */
  readonly chunks?: Readonly<Record<"changed" | "added" | "removed", number>>;
}

/** @param arrays what is known of the arrays of both, where their blocks were compared. */
export function differenceOf(before: Item, after: Item, arrays?: readonly ArrayDifference[]): DatasetDifference {
  const [was, is] = [variablesOf(before), variablesOf(after)];
  const files = fileChanges(membersOf(before), membersOf(after));
  const title = pairOf(String(before.properties.title), String(after.properties.title));
  const time = pairOf(timeOf(before), timeOf(after));
  const place = pairOf(before.bbox ?? null, after.bbox ?? null);
  const size = pairOf(sizeOf(before), sizeOf(after));
  return {
    variables: variableChanges(was, is),
    dimensions: lengthChanges(lengthsIn(was), lengthsIn(is)),
    ...(files && { files }),
    ...(title && { title }),
    ...(time && { time: { ...time, ...extentOf(time, comparedTimes) } }),
    ...(place && { place: { ...place, ...extentOf(place, comparedBoxes) } }),
    attributes: attributeChanges(before, after),
    ...(size && size.from !== null && size.to !== null && { size: { from: size.from, to: size.to } }),
    ...(arrays && { arrays }),
  };
}

/** A sentence for each difference of `after` from `before`. Empty where their metadata are the same. */
export function differencesBetween(before: Item, after: Item, arrays?: readonly ArrayDifference[]): string[] {
  return firstLines(differenceLines(differenceOf(before, after, arrays)));
}

export function differenceLines(difference: DatasetDifference): string[] {
  const { variables, dimensions, files, title, time, place, attributes, size, arrays } = difference;
  const fileLine = (paths: readonly string[], what: string) =>
    paths.length === 0 ? [] : [`${plural(paths.length, "file")} ${what}: ${listed(paths)}`];
  const how = (extent?: Extent) => (extent === undefined ? "" : `, ${extent}`);
  return [
    ...variables.map(variableLine),
    ...dimensions.map(({ name, from, to }) => `dimension ${name} now ${to} long, before ${from}`),
    ...(files
      ? [...fileLine(files.added, "more"), ...fileLine(files.removed, "fewer"), ...fileLine(files.changed, "changed")]
      : []),
    ...(title ? [`title is ${title.to}, was ${title.from}`] : []),
    ...(time ? [`time is ${timeText(time.to)}, was ${timeText(time.from)}${how(time.extent)}`] : []),
    ...(place ? [`place is ${placeText(place.to)}, was ${placeText(place.from)}${how(place.extent)}`] : []),
    ...(attributes.length > 0 ? [`other metadata changed: ${listed(attributes, 10)}`] : []),
    ...(size && formatBytes(size.from) !== formatBytes(size.to)
      ? [`size is ${formatBytes(size.to)}, was ${formatBytes(size.from)}`]
      : []),
    ...(arrays ? arrayLines(arrays) : []),
  ];
}

function variableLine(change: VariableChange): string {
  switch (change.op) {
    case "added":
      return `variable ${change.name} is new`;
    case "removed":
      return `variable ${change.name} is gone`;
    case "renamed":
      return `variable ${change.from} is called ${change.name} now`;
    case "changed":
      return `${change.what} of variable ${change.name} now ${change.to}, before ${change.from}`;
  }
}

function arrayLines(arrays: readonly ArrayDifference[]): string[] {
  const named = (some: readonly ArrayDifference[]) =>
    listed(
      some.map(({ name }) => name),
      10,
    );
  const changed = arrays.filter(({ values }) => values === "changed");
  const same = arrays.filter(({ values }) => values === "same");
  const encoded = same.filter(({ metadata }) => metadata === "changed");
  const unknown = arrays.filter(({ values }) => values === "unknown");
  const counted = changed.map(({ name, chunks }) => (chunks ? `${name} (${chunksText(chunks)})` : name));
  const allSame = arrays.length > 0 && same.length === arrays.length;
  return [
    ...(counted.length > 0 ? [`stored values changed: ${listed(counted, 10)}`] : []),
    ...(allSame ? ["all stored values are the same"] : []),
    ...(!allSame && same.length > 0 ? [`stored values are the same: ${named(same)}`] : []),
    ...(encoded.length > 0 ? [`attributes or encoding changed around the same values: ${named(encoded)}`] : []),
    ...(unknown.length > 0 ? [`stored values were not compared: ${named(unknown)}`] : []),
  ];
}

function chunksText({ changed, added, removed }: NonNullable<ArrayDifference["chunks"]>): string {
  const parts = [
    ...(changed > 0 ? [`${plural(changed, "chunk")} changed`] : []),
    ...(added > 0 ? [`${plural(added, "chunk")} new`] : []),
    ...(removed > 0 ? [`${plural(removed, "chunk")} gone`] : []),
  ];
  return parts.join(", ");
}

const listed = (names: readonly string[], most = 3) => firstLines(names, most).join(", ");

/** `undefined` where both are the same. */
function pairOf<Value>(from: Value, to: Value): Pair<Value> | undefined {
  return JSON.stringify(from) === JSON.stringify(to) ? undefined : { from, to };
}

type Members = ReadonlyMap<string, Json>;

function fileChanges(before: Members, after: Members): DatasetDifference["files"] {
  if (before.size === 0 || after.size === 0) return undefined;
  const added = [...after.keys()].filter((path) => !before.has(path));
  const removed = [...before.keys()].filter((path) => !after.has(path));
  const changed = [...after.keys()].filter((path) => before.has(path) && before.get(path) !== after.get(path));
  return added.length + removed.length + changed.length > 0 ? { added, removed, changed } : undefined;
}

/** The files of a folder of like files: path → CID. */
function membersOf({ properties }: Item): Members {
  const members = (properties["fieldtree:members"] ?? []) as readonly { readonly path: string; readonly cid: Json }[];
  return new Map(members.map(({ path, cid }) => [path, cid]));
}

type Lengths = ReadonlyMap<string, number>;

/** Lengths of dimensions, from the shapes of variables that have them. */
function lengthsIn(variables: ReturnType<typeof variablesOf>): Lengths {
  const lengths = new Map<string, number>();
  for (const { dimensions, shape } of variables.values()) {
    if (!Array.isArray(dimensions) || !Array.isArray(shape)) continue;
    for (const [i, name] of dimensions.entries()) {
      if (typeof name === "string" && typeof shape[i] === "number") lengths.set(name, shape[i]);
    }
  }
  return lengths;
}

function lengthChanges(before: Lengths, after: Lengths): DatasetDifference["dimensions"] {
  return [...after]
    .flatMap(([name, to]) => {
      const from = before.get(name);
      return from === undefined || from === to ? [] : [{ name, from, to }];
    })
    .sort((a, b) => byBytes(a.name, b.name));
}

/** What is compared in ways of its own, differs with every version, or states how something is known. */
const comparedElsewhere =
  /^(?:title|version|deprecated|datetime|start_datetime|end_datetime|cube:.*|fieldtree:(?:path|reader|members|member_count|differences|.*_source))$/;

function attributeChanges({ properties: was }: Item, { properties: is }: Item): string[] {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  const differs = (name: string) => pairOf(was[name] ?? null, is[name] ?? null) !== undefined;
  return [...names].filter((name) => !comparedElsewhere.test(name) && differs(name)).sort(byBytes);
}

function sizeOf({ assets }: Item): number | null {
  const size = assets.data?.["file:size"];
  return typeof size === "number" ? size : null;
}

/** `null` where it is not known. */
export function timeOf({ properties }: Item): Interval | null {
  if (properties["fieldtree:time_source"] === "unknown") return null;
  const { datetime, start_datetime, end_datetime } = properties;
  const [start, end] = [start_datetime ?? datetime, end_datetime ?? datetime];
  return typeof start === "string" && typeof end === "string" ? [start, end] : null;
}

function extentOf<Value>(
  { from, to }: Pair<Value | null>,
  contains: (outer: Value, inner: Value) => boolean,
): { readonly extent?: Extent } {
  if (from === null || to === null) return {};
  if (contains(to, from)) return { extent: "extended" };
  return { extent: contains(from, to) ? "shrunk" : "moved" };
}

const comparedTimes = (outer: Interval, inner: Interval) =>
  compareInstants(outer[0], inner[0]) <= 0 && compareInstants(outer[1], inner[1]) >= 0;

const comparedBoxes = (outer: readonly number[], inner: readonly number[]) =>
  String(boxAround([outer as unknown as Box, inner as unknown as Box])) === String(outer);

const timeText = (time: Interval | null) => (time === null ? "unknown" : `${time[0]} to ${time[1]}`);
const placeText = (box: readonly number[] | null) => (box === null ? "unknown" : `[${box.join(", ")}]`);
