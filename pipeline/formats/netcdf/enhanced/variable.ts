/**
 * A dataset of HDF5 as a netCDF variable: as long as its dimensions, though less may be stored.
 *
 * What was never written along an unlimited dimension that another variable extended is its fill value.
 */
import type { Numbers } from "../../../core/cf/mask-and-scale.ts";
import type { Box } from "../../arrays.ts";
import { copyBlock, product, strideOf } from "../../codecs/block.ts";
import type { Hdf5Dataset, Hdf5Value, Hdf5Values } from "../../hdf5/model.ts";
import { defaultFill } from "../classic/types.ts";
import type { NetcdfAttributes, NetcdfDimension, NetcdfVariable } from "../file.ts";
import { itemSizeOf, typeNameOf } from "./types.ts";

export interface VariableOptions {
  /** With its group's path. */
  readonly name: string;
  readonly dataset: Hdf5Dataset;
  readonly dimensions: readonly NetcdfDimension[];
  readonly attributes: NetcdfAttributes;
}

export function variableOf({ name, dataset, dimensions, attributes }: VariableOptions): NetcdfVariable {
  const { type, layout } = dataset;
  const typeName = typeNameOf(type);
  const fill = dataset.fill ?? defaultFill(typeName) ?? "";
  const problem = dataset.shape ? dataset.problem : "it has a null dataspace, which has no values";
  return {
    name,
    dimensions,
    shape: dimensions.map(({ size }) => size),
    ...(layout.kind === "chunked" && { chunks: layout.chunkShape }),
    type: typeName,
    attributes,
    ...(type.class === "enum" && { members: type.members }),
    fill,
    itemSize: itemSizeOf(type),
    ...(problem && { problem }),
    stored: dataset,
    read: (box, budget) => readPadded(dataset, box, fill, budget),
  };
}

async function readPadded(dataset: Hdf5Dataset, box: Box, fill: Hdf5Value, budget: number): Promise<Hdf5Values> {
  const { start, count } = box;
  const stored = dataset.shape ?? [];
  const there = count.map((length, i) => Math.max(0, Math.min(length, stored[i]! - start[i]!)));
  if (there.every((length, i) => length === count[i])) return dataset.read(box, budget);
  const isNothing = product(there) === 0;
  const values = isNothing ? [] : await dataset.read({ start, count: there }, budget);
  const out = roomLike(values, typeNameOf(dataset.type), product(count));
  (out as Hdf5Value[]).fill(fill);
  if (!isNothing) {
    const target = { out: out as Numbers, from: 0, stride: strideOf(count) };
    copyBlock({ data: values as Numbers, stride: strideOf(there) }, target, there);
  }
  return out;
}

const arrays = new Map<string, new (length: number) => Numbers>([
  ["int8", Int8Array],
  ["uint8", Uint8Array],
  ["int16", Int16Array],
  ["uint16", Uint16Array],
  ["int32", Int32Array],
  ["uint32", Uint32Array],
  ["int64", BigInt64Array],
  ["uint64", BigUint64Array],
  ["float16", Float32Array],
  ["float32", Float32Array],
  ["float64", Float64Array],
]);

/** Room for values such as these, of which there may be none. */
function roomLike(values: Hdf5Values, type: string, length: number): Numbers | Hdf5Value[] {
  const Array_ = ArrayBuffer.isView(values)
    ? (values.constructor as new (
        length: number,
      ) => Numbers)
    : arrays.get(type);
  return Array_ ? new Array_(length) : new Array<Hdf5Value>(length);
}
