/**
 * The arrays of an opened dataset, any part of which can be read.
 *
 * A description reads coordinates alone, and whole. Code that draws a variable asks for a box of it, and needs to know before
 * what that will cost. Both read through the same code of a format.
 *
 * ```ts
 * const arrays = await openZarr(folder, decompressors, world);
 * const [first] = arrays.variables;
 * await arrays.read(first, { start: [0, 0], count: [1, 360] }, 4e6);
 * ```
 */
import type { Attributes, CfVariable, Raw } from "../core/cf/variable.ts";
import { chunksPer, product } from "./codecs/block.ts";

/** A part of an array: the first index and how many, along each dimension. */
export interface Box {
  readonly start: readonly number[];
  readonly count: readonly number[];
}

export interface OpenArrays {
  /** Of the root group. */
  readonly attributes: Attributes;
  readonly variables: readonly CfVariable[];
  /**
   * The values in `box` as they are stored, last dimension fastest.
   *
   * @param budget bytes of memory that they may take
   * @throws Failure `input` where they are damaged, need more than `budget`, or can't be decoded; what the source of the
   * bytes throws, as it is.
   */
  read(variable: CfVariable, box: Box, budget: number): Promise<Raw>;
  /** How a variable is stored. */
  stored(variable: CfVariable): StoredVariable;
}

export interface StoredVariable {
  /** Values along each dimension of what is fetched and decoded at once; absent where any value can be fetched alone. */
  readonly chunks?: readonly number[];
  /** Bytes of a value in memory; of texts a guess. */
  readonly itemSize: number;
  /** Bytes that a value takes where it is stored, on average: an estimate from the sizes that are known without reading. */
  readonly bytesPerValue: number;
}

/** Chunks that reading a box touches. */
export interface Touched {
  /** Chunks along each dimension of the whole variable. */
  readonly grid: readonly number[];
  /** The first chunk touched, and how many, along each dimension. */
  readonly first: readonly number[];
  readonly count: readonly number[];
  readonly chunks: number;
  /** Stored bytes of them, estimated. */
  readonly bytes: number;
}

/** Which chunks of a variable reading `box` fetches; of one without chunks, the values themselves. */
export function touchedBy(shape: readonly number[], { chunks, bytesPerValue }: StoredVariable, box: Box): Touched {
  const size = chunks ?? shape.map((length) => Math.max(1, length));
  const grid = chunksPer(shape, size);
  const first = box.start.map((start, i) => Math.floor(start / size[i]!));
  const count = box.count.map((length, i) =>
    length === 0 ? 0 : Math.floor((box.start[i]! + length - 1) / size[i]!) - first[i]! + 1,
  );
  const values = chunks
    ? product(count.map((number, i) => Math.min(number * size[i]!, shape[i]! - first[i]! * size[i]!)))
    : product(box.count);
  return { grid, first, count, chunks: product(count), bytes: Math.ceil(Math.max(0, values) * bytesPerValue) };
}
