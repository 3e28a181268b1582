/**
 * Values of a NetCDF-3 variable: one piece of the file, or a piece of each record.
 *
 * What lies beyond the end of a file that was cut are zeros, as in netCDF-C; `open.ts` reports it.
 */
import { inOrder } from "../../../core/concurrency.ts";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { formatBytes, shown } from "../../../core/text/shown.ts";
import type { Box } from "../../arrays.ts";
import { coordinatesOf, product, strideOf } from "../../codecs/block.ts";
import type { Hdf5Values } from "../../hdf5/model.ts";
import { bad, type ClassicVariable } from "./header.ts";
import { numbersOf } from "./types.ts";

const atOnce = 16;

/** @throws Failure `input` where the box needs more than `budget` bytes; `unavailable` as the source does. */
export async function readBox(
  source: RangeSource,
  variable: ClassicVariable,
  recordSize: number,
  { start, count }: Box,
  budget: number,
): Promise<Hdf5Values> {
  const { name, type, begin } = variable;
  const length = product(count) * type.size;
  if (length > budget) throw bad(`${shown(name)} needs ${formatBytes(length)}; ${formatBytes(budget)} are left`);
  const bytes = new Uint8Array(length);
  if (length > 0) {
    const strides = stridesOf(variable, recordSize);
    const { run, outer } = runOf(strides, count, type.size);
    const runs = Array.from({ length: length / run }, (_, i) => i);
    const read = async (number: number) => {
      const at = coordinatesOf(number, count.slice(0, outer));
      const offset = strides.reduce((sum, stride, i) => sum + (start[i]! + (at[i] ?? 0)) * stride, begin);
      bytes.set(await source.read(offset, run), number * run);
    };
    for await (const _ of inOrder(runs, atOnce, read));
  }
  return type.name === "S1" ? charactersOf(bytes) : numbersOf(bytes, type);
}

/** Bytes from one value to the next, along each dimension. */
function stridesOf({ dimensions, type }: ClassicVariable, recordSize: number): number[] {
  const strides = strideOf(dimensions.map(({ size }) => size)).map((stride) => stride * type.size);
  if (dimensions[0]?.unlimited) strides[0] = recordSize;
  return strides;
}

/** Bytes of the box that lie together, and how many of its dimensions lie outside of them. */
function runOf(strides: readonly number[], count: readonly number[], itemSize: number) {
  let [run, outer] = [itemSize, count.length];
  while (outer > 0 && (strides[outer - 1] === run || count[outer - 1] === 1)) {
    outer--;
    run *= count[outer]!;
  }
  return { run, outer };
}

/** One character a byte, none for NUL: what they are encoded in is known where they are put together. */
function charactersOf(bytes: Uint8Array): readonly string[] {
  return Array.from(bytes, (byte) => (byte === 0 ? "" : String.fromCharCode(byte)));
}
