/** Sections IV.A.2.e and IV.A.2.f, "The Data Storage - Fill Value (Old) Message" and "… - Fill Value Message". */
import type { Cursor } from "../structure/cursor.ts";

/** One element as stored; `undefined` where none is defined. @throws Failure `input` where it contradicts itself. */
export function readFillValue(cursor: Cursor, elementSize: number): Uint8Array | undefined {
  const version = cursor.version("a fill value", 1, 2, 3);
  if (version === 3) {
    const isDefined = (cursor.uint(1) & 0x20) !== 0;
    return isDefined ? element(cursor, elementSize) : undefined;
  }
  // When space is allocated and the fill value written.
  cursor.skip(2);
  const isDefined = cursor.uint(1) !== 0;
  return isDefined || version === 1 ? element(cursor, elementSize) : undefined;
}

/** The older message; the newer one may exist as well. */
export function readOldFillValue(cursor: Cursor, elementSize: number): Uint8Array | undefined {
  return element(cursor, elementSize);
}

function element(cursor: Cursor, elementSize: number): Uint8Array | undefined {
  // A size below 0 means that there is none, as 0 does.
  const size = cursor.uint(4) | 0;
  if (size <= 0) return undefined;
  if (size !== elementSize) throw cursor.damage(`a fill value has ${size} bytes, an element ${elementSize}`);
  return cursor.take(size);
}
