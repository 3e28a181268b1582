/**
 * What one pass over a coordinate's values leaves of them: enough for a box and a shape, however many there were.
 *
 * The range and the span of longitudes are those of every value. For a shape, places are collected: all of them while they
 * are few enough, else every so many of a track, and of a 2-D grid its edge.
 *
 * ```ts
 * const surveyor = surveyorOf({ along: "latitude", degrees: 1, shape: [3], keep: "places" });
 * surveyor.add(Float64Array.of(10, 95, 12), { from: [0], size: [3], start: 0 });
 * surveyor.survey(); // { count: 3, impossible: 1, range: [10, 12], kept: [10, NaN, 12] }
 * ```
 */

import type { Piece } from "../variable.ts";
import { type Span, type Spanning, spanningGrid, spanningPoints } from "./bounds.ts";

/** Values of one coordinate that are collected, at most. */
const maxSamples = 2 ** 20;

export interface Survey {
  readonly count: number;
  /** Of which as many are beyond ±90° or ±360°, and left out of all that follows. */
  readonly impossible: number;
  readonly range?: readonly [least: number, greatest: number];
  /** Of longitudes: of places, and of the axis of a grid. */
  readonly spans?: { readonly points?: Span | undefined; readonly grid?: Span | undefined };
  /** float64[n], NaN where missing or impossible: slowest dimension first, every so many where the variable is 1-D. */
  readonly samples?: Float64Array;
  /** float64[n], of a 2-D variable clockwise along its edge, its first place again at the end. */
  readonly edge?: Float64Array;
}

export interface SurveyOptions {
  readonly along: "latitude" | "longitude" | "time";
  /** Degrees, or for times seconds, of one unit of the values. */
  readonly unit: number;
  /** Of the whole variable. */
  readonly shape: readonly number[];
  readonly record: "nothing" | "places" | "edge";
}

/** Where values come from: see {@link Piece}. */
export type Where = Pick<Piece, "from" | "size" | "start">;

export interface Surveyor {
  /** @param values float64[n], NaN where missing; converted where they are */
  add(values: Float64Array, where: Where): void;
  survey(): Survey;
}

const limits = { latitude: 90, longitude: 360, time: Number.POSITIVE_INFINITY } as const;

export function surveyorOf({ along, unit, shape, record }: SurveyOptions): Surveyor {
  const limit = limits[along];
  const spans: Readonly<Record<"points" | "grid", Spanning>> | undefined =
    along === "longitude" ? { points: spanningPoints(), grid: spanningGrid() } : undefined;
  const recorder = record === "places" ? placeRecorder(shape) : record === "edge" ? edgeRecorder(shape) : undefined;
  let [count, impossible] = [0, 0];
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return {
    add(values, where) {
      // In variables of its own: numbers that outlive the call are allocated anew at each change.
      let [low, high, beyond] = [least, greatest, 0];
      for (let i = 0; i < values.length; i++) {
        let value = values[i]! * unit;
        if (value > limit || value < -limit) {
          beyond++;
          value = Number.NaN;
        }
        values[i] = value;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      [least, greatest] = [low, high];
      impossible += beyond;
      count += values.length;
      spans?.points.add(values);
      spans?.grid.add(values);
      recorder?.add(values, where);
    },
    survey() {
      const samples = recorder?.samples();
      return {
        count,
        impossible,
        ...(least <= greatest && { range: [least, greatest] }),
        ...(spans && { spans: { points: spans.points.span(), grid: spans.grid.span() } }),
        ...(samples && (record === "edge" ? { edge: samples } : { samples })),
      };
    },
  };
}

interface Recorder {
  add: Surveyor["add"];
  samples(): Float64Array;
}

function placeRecorder(shape: readonly number[]): Recorder | undefined {
  const total = shape.reduce((product, length) => product * length, 1);
  const stride = Math.ceil(total / maxSamples);
  if (stride > 1 && shape.length > 1) return undefined;
  const samples = new Float64Array(stride > 1 ? Math.ceil(total / stride) : total).fill(Number.NaN);
  return {
    add(values, where) {
      if (stride > 1) {
        const first = where.from[0]! + where.start;
        for (let i = (stride - (first % stride)) % stride; i < values.length; i += stride)
          samples[(first + i) / stride] = values[i]!;
        return;
      }
      eachRun(values.length, where, (at, place, length) =>
        samples.set(values.subarray(at, at + length), indexOf(place, shape)),
      );
    },
    samples: () => samples,
  };
}

function edgeRecorder(shape: readonly number[]): Recorder | undefined {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || rows < 2 || columns < 2 || rows + columns > maxSamples / 2) return undefined;
  const [right, bottom] = [columns - 1, rows - 1];
  const samples = new Float64Array(2 * (right + bottom) + 1).fill(Number.NaN);
  return {
    add(values, where) {
      eachRun(values.length, where, (at, [row = 0, column = 0], length) => {
        for (let i = 0; i < length; i++) {
          const x = column + i;
          // Nothing is collected between the sides.
          if (row > 0 && row < bottom && x > 0 && x < right) i += right - x - 1;
          else {
            const value = values[at + i]!;
            if (row === 0) samples[x] = value;
            if (x === right) samples[right + row] = value;
            if (row === bottom) samples[right + bottom + (right - x)] = value;
            if (x === 0) samples[2 * right + bottom + (bottom - row)] = value;
          }
        }
      });
    },
    samples: () => samples,
  };
}

/** Calls `visit` with each stretch of values that lie in one row: where it begins, in the values and in the variable, and how long it is. */
function eachRun(
  count: number,
  { from, size, start }: Where,
  visit: (at: number, place: readonly number[], length: number) => void,
): void {
  const last = size.length - 1;
  const rowLength = last < 0 ? 1 : size[last]!;
  for (let at = 0; at < count; ) {
    let left = start + at;
    const place = [...from];
    for (let i = last; i >= 0; i--) {
      place[i] = from[i]! + (left % size[i]!);
      left = Math.floor(left / size[i]!);
    }
    const length = Math.min(count - at, rowLength - ((start + at) % rowLength));
    visit(at, place, length);
    at += length;
  }
}

const indexOf = (place: readonly number[], shape: readonly number[]) =>
  place.reduce((index, at, i) => index * shape[i]! + at, 0);
