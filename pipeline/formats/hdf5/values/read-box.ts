/**
 * A dataset's elements in a box, as bytes, from wherever its layout has them.
 *
 * Everything is spent from the budget before it is allocated: the box, and the chunks that are decoded at once.
 */
import { inOrder } from "../../../core/concurrency.ts";
import { product, strideOf } from "../../codecs/block.ts";
import type { Decompressors } from "../../decompressors.ts";
import { chunksOf } from "../chunks/chunk-index.ts";
import { mostChunks } from "../chunks/grid.ts";
import type { StoredChunks, StoredLayout } from "../messages/layout.ts";
import type { Hdf5Box, Hdf5Chunk, Hdf5Filter, Hdf5Type } from "../model.ts";
import { damaged } from "../structure/failures.ts";
import type { Storage } from "../structure/storage.ts";
import type { Budget } from "./budget.ts";
import { unfiltered } from "./unfilter.ts";

export interface StoredDataset {
  readonly storage: Storage;
  readonly using: Decompressors;
  /** Byte of the file where its header is, for messages. */
  readonly at: number;
  readonly type: Hdf5Type;
  readonly shape: readonly number[];
  readonly maxShape: readonly (number | undefined)[];
  readonly layout: StoredLayout;
  readonly filters: readonly Hdf5Filter[];
  /** One element as stored. */
  readonly fill: Uint8Array | undefined;
}

/** Chunks, or runs of a contiguous dataset, that are read at once. */
const atOnce = 8;

/** Last dimension fastest. @throws Failure `input` where they are damaged or need more than `budget`; as the source does. */
export async function readBox(dataset: StoredDataset, box: Hdf5Box, budget: Budget): Promise<Uint8Array> {
  const { layout, type } = dataset;
  const size = product(box.count) * type.size;
  budget.spend(size);
  if (size === 0) return new Uint8Array(0);
  switch (layout.kind) {
    case "compact": {
      const whole = product(dataset.shape) * type.size;
      if (layout.bytes.length < whole)
        throw damaged(`a dataset has ${layout.bytes.length} bytes of ${whole}`, dataset.at);
      return copied(dataset, box, size, async (from, length) => layout.bytes.subarray(from, from + length));
    }
    case "contiguous": {
      const { address } = layout;
      if (address === undefined) return filled(dataset, size);
      const { storage } = dataset;
      const offset = storage.offsetOf(address, product(dataset.shape) * type.size, "a dataset's values");
      return copied(dataset, box, size, (from, length) => storage.source.read(offset + from, length));
    }
    case "chunked":
      return fromChunks(dataset, layout, box, filled(dataset, size), budget);
    case "virtual":
      throw damaged("a virtual dataset has no values of its own", dataset.at);
  }
}

function filled({ fill, type }: StoredDataset, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (fill?.some((byte) => byte !== 0)) {
    bytes.set(fill);
    // Twice as many each time.
    for (let done = type.size; done < size; done *= 2) bytes.copyWithin(done, 0, Math.min(done, size - done));
  }
  return bytes;
}

/** @param read of all elements, one after another, `length` bytes from byte `from`. */
async function copied(
  { shape, type, at }: StoredDataset,
  box: Hdf5Box,
  size: number,
  read: (from: number, length: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const out = new Uint8Array(size);
  const one = async ({ from, to, length }: Run) => {
    const bytes = await read(from, length);
    if (bytes.length !== length) throw damaged(`a dataset has ${bytes.length} bytes of ${length}`, at);
    out.set(bytes, to);
  };
  const whole = { start: shape.map(() => 0), shape };
  const target = { start: box.start, shape: box.count };
  for await (const _ of inOrder(runs(whole, target, type.size), atOnce, one));
  return out;
}

/** A part of an array: where it begins in the dataset, and how long it is along each dimension. */
interface Part {
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** Bytes that follow one another in both of two parts. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** What two parts of a dataset have in common, as long runs as there are. */
function* runs(source: Part, target: Part, elementSize: number): Generator<Run> {
  const rank = source.shape.length;
  const first = source.start.map((start, i) => Math.max(start, target.start[i]!));
  const count = first.map(
    (start, i) => Math.min(source.start[i]! + source.shape[i]!, target.start[i]! + target.shape[i]!) - start,
  );
  if (count.some((length) => length <= 0)) return;
  const [sourceStride, targetStride] = [strideOf(source.shape), strideOf(target.shape)];
  // A run goes over the dimensions that are whole in both, and a part of the one before.
  let inner = rank;
  while (inner > 0 && count[inner - 1] === source.shape[inner - 1] && count[inner - 1] === target.shape[inner - 1])
    inner--;
  const along = Math.max(0, inner - 1);
  const length = count.slice(along).reduce((all, each) => all * each, elementSize);
  const at = new Array<number>(along).fill(0);
  const placeIn = (part: Part, stride: readonly number[]) =>
    first.reduce((place, start, i) => place + (start - part.start[i]! + (at[i] ?? 0)) * stride[i]!, 0) * elementSize;
  for (;;) {
    yield { from: placeIn(source, sourceStride), to: placeIn(target, targetStride), length };
    let dimension = along - 1;
    for (; dimension >= 0 && at[dimension] === count[dimension]! - 1; dimension--) at[dimension] = 0;
    if (dimension < 0) return;
    at[dimension]!++;
  }
}

async function fromChunks(
  dataset: StoredDataset,
  layout: StoredChunks,
  box: Hdf5Box,
  out: Uint8Array,
  budget: Budget,
): Promise<Uint8Array> {
  const { storage, shape, maxShape, type, filters, using } = dataset;
  const { chunkShape } = layout;
  const size = product(chunkShape) * type.size;
  const chunks = await chunksOf(storage, layout, { shape, maxShape, elementSize: type.size }, box, mostChunks.read);
  const target = { start: box.start, shape: box.count };

  const one = async (chunk: Hdf5Chunk) => {
    const start = chunk.index.map((index, i) => index * chunkShape[i]!);
    const isPartial = start.some((from, i) => from + chunkShape[i]! > shape[i]!);
    const applied = layout.partialAreUnfiltered && isPartial ? [] : filters;
    const bytes = await unfiltered(
      { ...chunk, bytes: await storage.source.read(chunk.offset, chunk.size) },
      size,
      applied,
      type,
      using,
    );
    for (const { from, to, length } of runs({ start, shape: chunkShape }, target, type.size))
      out.set(bytes.subarray(from, from + length), to);
  };

  const largest = chunks.reduce((most, chunk) => Math.max(most, chunk.size), 0);
  // As stored, and before and after the filter being undone.
  const each = largest + 2 * size;
  const together = Math.max(1, Math.min(atOnce, chunks.length, Math.floor(budget.left / each)));
  if (chunks.length > 0) budget.spend(together * each);
  for await (const _ of inOrder(chunks, together, one));
  if (chunks.length > 0) budget.release(together * each);
  return out;
}
