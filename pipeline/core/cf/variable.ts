/**
 * An array in the terms of CF, whatever file it came from.
 *
 * A reader makes these from its format's metadata; everything else in this folder works on them and has never heard of
 * Zarr. Values are read only when asked for.
 */
import type { Json } from "../json.ts";

export type Attributes = Readonly<Record<string, Json>>;

export interface CfVariable {
  /** Path of the group, then the name: `group/lat`. */
  readonly name: string;
  /** Full names, slowest first, and lengths. */
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly chunks?: readonly number[];
  /** numpy's spelling without byte order: `float32`, `int64`, `datetime64[ns]`, `U9`, `object`. */
  readonly type: string;
  readonly attributes: Attributes;
  /** Values that stand for "missing" by the format's own rules, in addition to those that the attributes name. */
  readonly missing: readonly Json[];
}

/**
 * Packed values as they are stored; a list for texts. Single characters (`S1`) are bytes, or texts of one byte each
 * (U+0000 to U+00FF), see `characters.ts`.
 */
export type Raw =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/** Some values of one chunk of a variable, few enough to be worked through in one go. */
export interface Piece {
  /** As they are stored, flat, slowest dimension first. */
  readonly values: Raw;
  /** Index of the chunk's first value along each dimension. */
  readonly from: readonly number[];
  /** The chunk's length along each dimension. */
  readonly size: readonly number[];
  /** Which of the chunk's values, counted flat, is the first here. */
  readonly start: number;
}

/** `all` of a variable, or `some`: a few pieces spread evenly over it, its first and its last among them. */
export type Which = "all" | "some";

/**
 * Hands a variable's values to `visit`, piece by piece, in the order of their chunks: those of a 1-D variable follow one
 * another. What has been visited is released, so that only a few chunks are in memory at a time.
 *
 * Resolves to false where they can't be had: too many or too large chunks, or stored in a way we can't decode. `visit` may
 * then have got a part of them.
 */
export type ReadValues = (variable: CfVariable, which: Which, visit: (piece: Piece) => void) => Promise<boolean>;

/** The last part of a variable's or dimension's path. */
export const baseName = (name: string) => name.slice(name.lastIndexOf("/") + 1);

/** The group a variable is in; "" for the root. */
export const groupOf = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf("/")));

/** An attribute's text, trimmed; "" where it is absent or no text. */
export function text(attributes: Attributes, name: string): string {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return typeof value === "string" ? value.trim() : "";
}
