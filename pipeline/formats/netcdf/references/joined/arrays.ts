/**
 * The arrays of several files, one after another, as one array each.
 *
 * Chunks stay where they are in the files; their indices along the dimension go on from file to file. What is small, and
 * coordinates, are put into the reference, because opening it would otherwise fetch a chunk of each file.
 */
import type { Numbers } from "../../../../core/cf/mask-and-scale.ts";
import { isFailure } from "../../../../core/failure.ts";
import { shown } from "../../../../core/text/shown.ts";
import { copyBlock, product, strideOf } from "../../../codecs/block.ts";
import type { NetcdfVariable } from "../../file.ts";
import { chunkKey, type Reference, type ZarrArray, zarrayOf } from "../array.ts";
import { fillOf } from "../fill.ts";
import { allOf, isWorthInlining, numbersArray, textsArray } from "../inline.ts";
import { pointersTo } from "../pointers.ts";
import { type Storage, storageOf } from "../storage.ts";
import type { Stretch } from "./axis.ts";
import type { OpenPart } from "./part.ts";

/** Bytes of a variable that are put into the reference: of coordinates, and of what has no other form. */
const most = { coordinate: 262_144, other: 2 ** 20 } as const;

export interface Along {
  readonly axis: string;
  /** In order. */
  readonly stretches: readonly Stretch[];
}

/** By variable: the array, or why it is left out. */
export type JoinedArrays = { readonly of: ReadonlyMap<string, ZarrArray | string> } | { readonly why: string };

/** The shape of a variable of all files together. */
export function totalShape(variable: NetcdfVariable, axis: string, lengths: readonly number[]): readonly number[] {
  const at = axisOf(variable, axis);
  const total = lengths.reduce((all, each) => all + each, 0);
  return variable.shape.map((length, i) => (i === at ? total : length));
}

const axisOf = ({ dimensions }: NetcdfVariable, axis: string) => dimensions.findIndex(({ name }) => name === axis);

/**
 * @param parts in order.
 * @throws Failure `input` where a file is damaged; as the sources do.
 */
export async function joinedArrays(
  first: OpenPart,
  variables: readonly NetcdfVariable[],
  { axis, stretches }: Along,
  parts: AsyncIterable<OpenPart>,
): Promise<JoinedArrays> {
  const lengths = stretches.map(({ length }) => length);
  const unit = lengths.reduce(divisorOf);
  const joins = new Map<string, Join | string>();
  for (const variable of variables) {
    const join = await joinOf(variable, first, { axis, stretches, unit });
    if (typeof join === "object" && "why" in join) return join;
    joins.set(variable.name, join);
  }
  for await (const part of parts) {
    const theirs = new Map(part.file.groups.flatMap((group) => group.variables).map((one) => [one.name, one]));
    for (const [name, join] of joins) {
      if (typeof join === "string") continue;
      const problem = await join.add(theirs.get(name)!, part).catch(badContent);
      if (problem !== undefined) joins.set(name, `${shown(part.name)}: ${problem}`);
    }
  }
  return { of: new Map([...joins].map(([name, join]) => [name, typeof join === "string" ? join : join.array()])) };
}

function badContent(error: unknown): string {
  if (!isFailure(error, "input")) throw error;
  return error.message;
}

/** What is put together of one variable, file by file. */
interface Join {
  /** Returns why the variable is left out, if it has to be. */
  add(variable: NetcdfVariable, part: OpenPart): Promise<string | undefined>;
  array(): ZarrArray | string;
}

/** How a variable is joined, why it is left out, or why the files have no reference together. */
async function joinOf(
  variable: NetcdfVariable,
  { url }: OpenPart,
  { axis, stretches, unit }: Along & { readonly unit: number },
): Promise<Join | string | { readonly why: string }> {
  const { name, shape, type, problem } = variable;
  if (problem !== undefined) return problem;
  const at = axisOf(variable, axis);
  const lengths = stretches.map(({ length }) => length);
  const total = totalShape(variable, axis, lengths);
  if (type === "string") return valuesJoin(variable, at, total);
  const own = at === 0 ? unit : undefined;
  const storage = await storageOf(variable, own).catch(badContent);
  if (typeof storage === "string") return storage;

  const bytes = product(total) * storage.itemSize;
  const isNumeric = /^(u?int|float)(8|16|32|64)$/.test(type) && type !== "float16";
  const isSmall = isNumeric && bytes <= most.coordinate;
  if (isSmall && (shape.length === 1 || isWorthInlining(variable, storage, url)))
    return valuesJoin(variable, at, total);
  const chunk = Math.max(1, storage.chunkShape[at]!);
  const uneven = stretches.slice(0, -1).find(({ length }) => length % chunk !== 0);
  const isWhole = variable.chunks !== undefined || stretches.every(({ length }) => length % chunk === 0);
  if (!uneven && isWhole) return chunksJoin(variable, at, total, chunk, own);
  if (isNumeric && bytes <= most.other) return valuesJoin(variable, at, total);
  const { name: file, length } = uneven ?? stretches.at(-1)!;
  return {
    why: `${shown(name)} is in chunks of ${chunk} along ${shown(axis)}, and ${shown(file)} has ${length}, so that its last chunk is not whole`,
  };
}

const divisorOf = (a: number, b: number): number => (b === 0 ? a : divisorOf(b, a % b));

/** Of an array whose chunks are pointed to. */
function chunksJoin(
  variable: NetcdfVariable,
  at: number,
  shape: readonly number[],
  chunk: number,
  unit: number | undefined,
): Join {
  const chunks = new Map<string, Reference>();
  let first: ZarrArray | undefined;
  let missing: Storage["missing"];
  let before = 0;
  return {
    async add(part, { source, url }) {
      const { missing: theirs, ...storage } = withMissing(await storageOf(part, unit));
      if ("why" in storage) return storage.why;
      if (missing && theirs && JSON.stringify(texts(missing)) !== JSON.stringify(texts(theirs)))
        return "what was never written has another value than in other files";
      missing ??= theirs;
      const array = await pointersTo(part, storage, source, url);
      if (typeof array === "string") return array;
      first ??= array;
      if (form(array) !== form(first)) return "it is stored in another way than in the first file";
      for (const [key, reference] of array.chunks) {
        const index = key.split(".").map(Number);
        chunks.set(chunkKey(index.map((number, i) => (i === at ? number + before : number))), reference);
      }
      before += Math.ceil(part.shape[at]! / chunk);
      return undefined;
    },
    array() {
      const fill = fillOf(variable, missing ? { missing } : {});
      return typeof fill === "string" ? fill : { ...first!, ...fill, shape, chunks };
    },
  };
}

type Stored = Omit<Storage, "missing"> | { readonly why: string };

/** What was never written is the business of all files together. */
function withMissing(storage: Storage | string): Stored & Pick<Storage, "missing"> {
  return typeof storage === "string" ? { why: storage } : storage;
}

const texts = (missing: object) => Object.values(missing).map(String);

/** Everything of an array but its length and its chunks. */
const form = (array: ZarrArray) => zarrayOf({ ...array, shape: [], fillValue: null });

/** Of an array whose values are put into the reference. */
function valuesJoin(variable: NetcdfVariable, at: number, shape: readonly number[]): Join {
  let out: Numbers | string[] | undefined;
  let before = 0;
  const stride = strideOf(shape);
  return {
    async add(part) {
      const values = (await allOf(part)) as Numbers | readonly string[];
      out ??= emptyLike(values, product(shape));
      const target = { out, from: before * stride[at]!, stride };
      copyBlock({ data: values, stride: strideOf(part.shape) }, target, part.shape);
      before += part.shape[at]!;
      return undefined;
    },
    array() {
      const values = out ?? [];
      return ArrayBuffer.isView(values) ? numbersArray(variable, shape, values) : textsArray(shape, values);
    },
  };
}

function emptyLike(values: Numbers | readonly string[], length: number): Numbers | string[] {
  if (!ArrayBuffer.isView(values)) return new Array<string>(length).fill("");
  return new (values.constructor as new (length: number) => Numbers)(length);
}
