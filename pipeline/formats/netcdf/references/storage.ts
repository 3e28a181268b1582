/** Where the bytes of a variable are, whichever format it is in: as chunks of one shape, as Zarr has them. */
import { chunksPer, coordinatesOf, product } from "../../codecs/block.ts";
import type { Hdf5Dataset, Hdf5Filter } from "../../hdf5/model.ts";
import type { ClassicVariable } from "../classic/header.ts";
import type { NetcdfVariable } from "../file.ts";
import { splitShape } from "./split.ts";

export interface Storage {
  /** numpy's spelling with byte order. */
  readonly dtype: string;
  readonly itemSize: number;
  readonly chunkShape: readonly number[];
  /** Those that were written. */
  readonly pieces: readonly Piece[];
  /** As HDF5 applied them. */
  readonly filters: readonly Hdf5Filter[];
  /** Why the chunks can't be decoded by these filters alone. */
  readonly uneven?: string;
  /** What a value has that was never written, where there is any. */
  readonly missing?: { readonly value: Fill } | { readonly why: string };
  /** In the header: there are no pieces then. */
  readonly bytes?: Uint8Array;
}

/** Text for `S1`: a character, "" for NUL. */
export type Fill = number | bigint | string;

export interface Piece {
  readonly index: readonly number[];
  /** Byte of the file, and bytes. */
  readonly offset: number;
  readonly size: number;
}

/**
 * Or why Zarr has no such array.
 *
 * @param unit divides the length of the first dimension. What lies in the file as a whole is cut into parts that divide it.
 * @throws Failure `input` where an index of chunks is damaged; as the source does.
 */
export async function storageOf(variable: NetcdfVariable, unit = variable.shape[0]): Promise<Storage | string> {
  const { stored, shape } = variable;
  const cut = splitShape(unit === undefined ? shape : [unit, ...shape.slice(1)], variable.itemSize);
  return "layout" in stored ? hdf5Storage(variable, stored, cut) : classicStorage(variable, stored, cut);
}

function classicStorage(
  { shape, stride }: NetcdfVariable,
  { type, begin }: ClassicVariable,
  cut: readonly number[],
): Storage {
  const dtype = type.size === 1 ? `|${letterOf(type.name)}1` : `>${letterOf(type.name)}${type.size}`;
  const common = { dtype, itemSize: type.size, filters: [] };
  const record = product(shape.slice(1)) * type.size;
  if (stride === undefined || stride === record) return { ...common, ...consecutive(shape, cut, begin, type.size) };
  // Between two records of a variable are those of the others.
  const rest = shape.slice(1);
  const records = record === 0 ? 0 : shape[0]!;
  const pieces = Array.from({ length: records }, (_, i) => ({
    index: [i, ...rest.map(() => 0)],
    offset: begin + i * stride,
    size: record,
  }));
  return { ...common, chunkShape: [1, ...rest], pieces };
}

/** `i` of `int16`. */
const letterOf = (name: string) => (name === "S1" ? "S" : name[0]!);

async function hdf5Storage(
  variable: NetcdfVariable,
  dataset: Hdf5Dataset,
  cut: readonly number[],
): Promise<Storage | string> {
  const { shape } = variable;
  const { layout, filters, type } = dataset;
  const dtype = dtypeOf(dataset);
  if (dtype === undefined) return `Zarr version 2 has no arrays of values of type ${variable.type}`;
  const common = { dtype, itemSize: type.size, filters: layout.kind === "chunked" ? filters : [] };
  switch (layout.kind) {
    case "compact":
      return { ...common, chunkShape: shape, pieces: [], bytes: layout.bytes.subarray(0, product(shape) * type.size) };
    case "contiguous": {
      const { offset } = layout;
      if (offset === undefined)
        return { ...common, chunkShape: cut, pieces: [], missing: { value: unwritten(variable, dataset) } };
      return { ...common, ...consecutive(shape, cut, offset, type.size) };
    }
    case "chunked": {
      const { chunkShape } = layout;
      const stored = dataset.shape ?? [];
      const pieces = await dataset.chunks();
      const isPartial = stored.some((length, i) => length % chunkShape[i]! !== 0);
      const uneven = pieces.some(({ filterMask }) => filterMask !== 0)
        ? "filters were left out for some of its chunks, which Zarr has no form for"
        : layout.partialAreUnfiltered && isPartial && filters.length > 0
          ? "filters were left out for its chunks at the edges, which Zarr has no form for"
          : undefined;
      const missing = missingIn(variable, dataset, chunkShape, pieces.length);
      return { ...common, chunkShape, pieces, ...(uneven && { uneven }), ...(missing && { missing }) };
    }
    default:
      return "its values are not in this file";
  }
}

function dtypeOf({ type }: Hdf5Dataset): string | undefined {
  const order = (bigEndian: boolean) => (type.size === 1 ? "|" : bigEndian ? ">" : "<");
  switch (type.class) {
    case "integer":
      return `${order(type.bigEndian)}${type.signed ? "i" : "u"}${type.size}`;
    case "enum":
      return `${order(type.base.bigEndian)}${type.base.signed ? "i" : "u"}${type.size}`;
    case "bitfield":
      return `${order(type.bigEndian)}u${type.size}`;
    case "float":
      return `${order(type.bigEndian)}f${type.size}`;
    case "string":
      return type.size === 1 && !type.variable ? "|S1" : undefined;
    default:
      return undefined;
  }
}

/** What lies in the file as it lies in memory. Zarr reads whole chunks, so a large array is cut into equal parts. */
function consecutive(shape: readonly number[], chunkShape: readonly number[], begin: number, itemSize: number) {
  const counts = chunksPer(
    shape,
    chunkShape.map((length) => Math.max(1, length)),
  );
  const size = product(chunkShape) * itemSize;
  const pieces = Array.from({ length: size === 0 ? 0 : product(counts) }, (_, i) => ({
    index: coordinatesOf(i, counts),
    offset: begin + i * size,
    size,
  }));
  return { chunkShape, pieces };
}

/** HDF5 reads zeros where no fill value is defined. */
const unwritten = ({ type }: NetcdfVariable, { fill }: Hdf5Dataset): Fill =>
  typeof fill === "number" || typeof fill === "bigint" || typeof fill === "string" ? fill : type === "S1" ? "" : 0;

/**
 * Of chunks that were never written, HDF5 reads the dataset's fill value. Of what a variable lacks of its unlimited
 * dimension, netCDF reads the same, and its own where there is none; a chunk at the edge has HDF5's beyond it.
 */
function missingIn(
  variable: NetcdfVariable,
  dataset: Hdf5Dataset,
  chunkShape: readonly number[],
  written: number,
): Storage["missing"] {
  const { shape } = variable;
  const stored = dataset.shape ?? [];
  const isShort = stored.some((length, i) => length < shape[i]!);
  if (isShort && dataset.fill === undefined)
    return { why: "it is shorter than its dimension, and the file defines no fill value for the rest" };
  return written < product(chunksPer(shape, chunkShape)) || isShort
    ? { value: unwritten(variable, dataset) }
    : undefined;
}
