/** Section IV.A.2.b, "The Dataspace Message", versions 1 and 2. */
import type { Cursor } from "../structure/cursor.ts";

export interface Dataspace {
  /** `[]` for one value; `undefined` for the null dataspace, which has none. */
  readonly shape: readonly number[] | undefined;
  /** `undefined` where it has no limit. */
  readonly maxShape: readonly (number | undefined)[];
}

const mostDimensions = 32;

/** @throws Failure `input` where it contradicts itself. */
export function readDataspace(cursor: Cursor): Dataspace {
  const version = cursor.version("a dataspace", 1, 2);
  const rank = cursor.uint(1);
  const flags = cursor.uint(1);
  if (rank > mostDimensions) throw cursor.damage(`a dataspace has ${rank} dimensions`);
  const isNull = version === 2 ? cursor.uint(1) === 2 : false;
  if (version === 1) cursor.skip(5);
  if (isNull) return { shape: undefined, maxShape: [] };
  const { lengths } = cursor.widths;
  const shape = Array.from({ length: rank }, () => cursor.length());
  const maxShape = flags & 1 ? Array.from({ length: rank }, () => cursor.uintOrNone(lengths)) : shape;
  if (maxShape.some((most, i) => most !== undefined && most < shape[i]!))
    throw cursor.damage("a dimension is longer than it may become");
  return { shape, maxShape };
}
