/**
 * What a plot reads: boxes of a variable and of its coordinates, and what that costs, before any of it is read.
 *
 * Up to 4 MB are read without being asked for. Of more, the first part is, as long as one chunk allows; all of it waits for a
 * click that knows the size.
 */
import type { CfVariable } from "../../pipeline/core/cf/variable.ts";
import { type Box, type Touched, touchedBy } from "../../pipeline/formats/arrays.ts";
import { product } from "../../pipeline/formats/codecs/block.ts";
import { axisOf, type Catalog, type Drawable, freeDimensions, type PlotKind, placesOf, verticalOf } from "./catalog.ts";

export interface Choice {
  readonly drawable: Drawable;
  readonly kind: PlotKind;
  /** Of dimensions that the plot does not run along; 0 where it does not matter. */
  readonly index: ReadonlyMap<string, number>;
  /** Whether all may be read, whatever its size. */
  readonly whole: boolean;
}

/** What each variable is in the plot. */
export type Part = "value" | "x" | "y" | "vertical" | "latitude" | "longitude";

export interface Read {
  readonly variable: CfVariable;
  readonly box: Box;
  readonly touched: Touched;
}

export interface Plan {
  readonly kind: PlotKind;
  readonly reads: ReadonlyMap<Part, Read>;
  /** Dimensions that the plot runs along: of a field y, then x. */
  readonly along: readonly string[];
  /** The others, of which one index is drawn. */
  readonly fixed: readonly { readonly dimension: string; readonly size: number; readonly index: number }[];
  /** Present where only the first values along `along` are read. */
  readonly part?: { readonly dimension: string; readonly count: number; readonly size: number };
  /** Stored bytes, estimated: of this plan, and of all that could be drawn. */
  readonly bytes: number;
  readonly wholeBytes: number;
  /** Whether this is more than is read without a click. */
  readonly needsClick: boolean;
}

export const freeBytes = 4e6;
/** Values of one plot: 128 MB as float64. */
const mostValues = 16e6;

export function planOf(catalog: Catalog, choice: Choice): Plan {
  const { variable } = choice.drawable;
  const along = dimensionsOf(catalog, choice);
  const fixed = variable.dimensions.flatMap((dimension, i) => {
    const size = variable.shape[i]!;
    if (along.includes(dimension)) return [];
    return [{ dimension, size, index: Math.min(size - 1, Math.max(0, choice.index.get(dimension) ?? 0)) }];
  });
  const sizes = new Map(along.map((dimension) => [dimension, variable.shape[variable.dimensions.indexOf(dimension)]!]));
  const readsOf = (counts: ReadonlyMap<string, number>) => {
    const reads = new Map<Part, Read>();
    for (const [part, each] of partsOf(catalog, choice, along)) {
      const box = boxOf(each, counts, fixed);
      reads.set(part, { variable: each, box, touched: touchedBy(each.shape, catalog.arrays.stored(each), box) });
    }
    return reads;
  };
  const whole = readsOf(sizes);
  const most = choice.whole ? Number.POSITIVE_INFINITY : freeBytes;
  let counts: ReadonlyMap<string, number> = sizes;
  let reads = whole;
  // Halving ends: at one value along each dimension nothing is left to be halved.
  while (bytesOf(reads) > most || valuesOf(reads) > mostValues) {
    const [longest, length] = [...counts].reduce((a, b) => (costly(a, b, variable, catalog) ? b : a), ["", 1] as const);
    if (length <= 1) break;
    counts = new Map(counts).set(longest, Math.ceil(length / 2));
    const smaller = readsOf(counts);
    // Within one chunk fewer values cost as much: what is left of it is for free.
    if (bytesOf(smaller) === bytesOf(reads) && valuesOf(reads) <= mostValues && isOneChunk(reads)) break;
    reads = smaller;
  }
  if (bytesOf(reads) > most && !choice.whole) reads = whole;
  const drawn = reads.get("value")!.box;
  const cut = along.find((dimension) => drawn.count[variable.dimensions.indexOf(dimension)]! < sizes.get(dimension)!);
  const bytes = bytesOf(reads);
  return {
    kind: choice.kind,
    reads,
    along,
    fixed,
    ...(cut !== undefined && {
      part: { dimension: cut, count: drawn.count[variable.dimensions.indexOf(cut)]!, size: sizes.get(cut)! },
    }),
    bytes,
    wholeBytes: bytesOf(whole),
    needsClick: bytes > most,
  };
}

/** Whether it is better to halve b than a: the longer one, but no dimension below the length of its chunks. */
function costly(
  [, a]: readonly [string, number],
  [dimension, b]: readonly [string, number],
  variable: CfVariable,
  catalog: Catalog,
): boolean {
  const chunk = catalog.arrays.stored(variable).chunks?.[variable.dimensions.indexOf(dimension)] ?? 1;
  return b > a && b > chunk;
}

const isOneChunk = (reads: ReadonlyMap<Part, Read>) => reads.get("value")?.touched.chunks === 1;

function bytesOf(reads: ReadonlyMap<Part, Read>): number {
  return [...reads.values()].reduce((sum, { touched }) => sum + touched.bytes, 0);
}

const valuesOf = (reads: ReadonlyMap<Part, Read>) =>
  [...reads.values()].reduce((most, { box }) => Math.max(most, product(box.count)), 0);

/** The dimensions that a plot of this kind runs along. */
function dimensionsOf({ coordinates }: Catalog, { drawable: { variable }, kind }: Choice): readonly string[] {
  const free = freeDimensions(variable);
  const kindOf = (dimension: string) => coordinates.along(dimension).kind;
  switch (kind) {
    case "value":
      return [];
    case "histogram":
      return free;
    case "track":
      return freeDimensions(placesOf(variable, coordinates)!.latitude).slice(-1);
    case "profile": {
      const vertical = freeDimensions(verticalOf(variable, coordinates)!);
      return vertical.slice(-1);
    }
    case "series": {
      const worth = (dimension: string) => {
        const size = variable.shape[variable.dimensions.indexOf(dimension)]!;
        return (
          size * (kindOf(dimension) === "time" ? 100 : axisOf(dimension, variable, coordinates) !== undefined ? 10 : 1)
        );
      };
      return [free.reduce((a, b) => (worth(b) >= worth(a) ? b : a))];
    }
    case "field": {
      const [x, y, z] = (["x", "y", "z"] as const).map((axis) => free.find((each) => kindOf(each) === axis));
      if (x !== undefined && y !== undefined) return [y, x];
      const time = free.find(
        (dimension) => axisOf(dimension, variable, coordinates) === coordinates.time && coordinates.time,
      );
      if (time !== undefined && z !== undefined) return [z, time];
      const [first, second] = free.slice(-2) as [string, string];
      // Time runs to the right, as everywhere.
      return second !== time && first === time ? [second, first] : [first, second];
    }
  }
}

function partsOf(
  { coordinates }: Catalog,
  { drawable: { variable }, kind }: Choice,
  along: readonly string[],
): ReadonlyMap<Part, CfVariable> {
  const parts = new Map<Part, CfVariable>([["value", variable]]);
  const add = (part: Part, each: CfVariable | undefined) => each && each !== variable && parts.set(part, each);
  const axis = (dimension: string) => axisOf(dimension, variable, coordinates);
  switch (kind) {
    case "series":
      add("x", axis(along[0]!));
      break;
    case "profile":
      parts.set("vertical", verticalOf(variable, coordinates)!);
      break;
    case "field":
      add("y", axis(along[0]!));
      add("x", axis(along[1]!));
      break;
    case "track": {
      const places = placesOf(variable, coordinates)!;
      parts.set("latitude", places.latitude).set("longitude", places.longitude);
      break;
    }
  }
  return parts;
}

function boxOf({ dimensions, shape }: CfVariable, counts: ReadonlyMap<string, number>, fixed: Plan["fixed"]): Box {
  const indexOf = new Map(fixed.map(({ dimension, index }) => [dimension, index]));
  return {
    start: dimensions.map((dimension) => indexOf.get(dimension) ?? 0),
    count: dimensions.map((dimension, i) => Math.min(shape[i]!, counts.get(dimension) ?? 1)),
  };
}
