/** Blocks of decoded values, and putting one into another. */
import type { Numbers } from "../../core/cf/mask-and-scale.ts";

export interface Block {
  /** Of at least one value for each place that `stride` can lead to. */
  readonly data: Numbers | readonly string[];
  /** Elements from one to the next, along each dimension. */
  readonly stride: readonly number[];
}

/** Where values go: into `out`, the first one at `from`. */
export interface Target {
  readonly out: Numbers | string[];
  readonly from: number;
  readonly stride: readonly number[];
}

/** Copies the first `size` values along each dimension. Both sides are of one kind. */
export function copyBlock({ data, stride }: Block, target: Target, size: readonly number[]): void {
  const { out } = target;
  const last = size.length - 1;
  const step = last < 0 ? 0 : stride[last]!;
  const outStep = last < 0 ? 0 : target.stride[last]!;
  const length = last < 0 ? 1 : size[last]!;
  const isPlain = step === 1 && outStep === 1 && ArrayBuffer.isView(data) && ArrayBuffer.isView(out);
  const row = (at: number, to: number) => {
    if (isPlain) (out as Float64Array).set((data as Float64Array).subarray(at, at + length), to);
    else for (let i = 0; i < length; i++) out[to + i * outStep] = data[at + i * step] as never;
  };
  const walk = (dimension: number, at: number, to: number) => {
    if (dimension >= last) {
      row(at, to);
      return;
    }
    for (let i = 0; i < size[dimension]!; i++) {
      walk(dimension + 1, at + i * stride[dimension]!, to + i * target.stride[dimension]!);
    }
  };
  walk(0, 0, target.from);
}

/** Of values that lie slowest dimension first. */
export function strideOf(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape[i]!;
  }
  return stride;
}

export const product = (factors: readonly number[]) => factors.reduce((all, each) => all * each, 1);

/** Chunks along each dimension. */
export const chunksPer = (shape: readonly number[], chunks: readonly number[]) =>
  shape.map((length, i) => Math.ceil(length / chunks[i]!));

/** Coordinates of the `number`th cell of a grid, slowest dimension first. */
export function coordinatesOf(number: number, counts: readonly number[]): readonly number[] {
  const at = new Array<number>(counts.length);
  let left = number;
  for (let i = counts.length - 1; i >= 0; i--) {
    at[i] = left % counts[i]!;
    left = Math.floor(left / counts[i]!);
  }
  return at;
}
