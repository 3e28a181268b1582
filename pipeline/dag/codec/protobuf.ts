/**
 * The little of Protocol Buffers that dag-pb and UnixFS use: varints and length-delimited fields.
 *
 * Numbers are doubles, exact up to 2⁵³ − 1, and never go through 32-bit operators: sizes beyond 4 GiB must come out as
 * they went in. Input may be hostile: every length is compared with the bytes that are left before memory is allocated.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
import { Failure } from "../../core/failure.ts";

/** Bytes that `value` takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Write `value` at `offset`; returns the offset behind it. */
export function writeVarint(into: Uint8Array, value: number, offset: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128) {
    into[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  into[at++] = rest;
  return at;
}

export interface Field {
  readonly number: number;
  /** A varint's value, or the bytes of a length-delimited field (a view, not a copy). */
  readonly value: number | Uint8Array;
}

/**
 * The fields of one message, in the order they were written.
 *
 * @throws Failure `corrupt` on truncation, on wire types other than varint and length-delimited, and on numbers above 2⁵³ − 1.
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const reader = { bytes, offset: 0 };
  while (reader.offset < bytes.length) {
    const key = readVarint(reader);
    const wireType = key % 8;
    const number = Math.floor(key / 8);
    if (wireType === 0) yield { number, value: readVarint(reader) };
    else if (wireType === 2) yield { number, value: readBytes(reader) };
    else throw new Failure("corrupt", `field ${number} has wire type ${wireType}; only 0 and 2 are used here`);
  }
}

/** All varints in `bytes`, one behind the other: a packed repeated field. */
export function* packedVarints(bytes: Uint8Array): Generator<number> {
  const reader = { bytes, offset: 0 };
  while (reader.offset < bytes.length) yield readVarint(reader);
}

/** Where reading has come to. */
export interface Reader {
  readonly bytes: Uint8Array;
  offset: number;
}

/** The number at the reader's offset, which moves behind it. @throws Failure `corrupt` as {@link fieldsOf} does. */
export function readVarint(reader: Reader): number {
  let value = 0;
  let scale = 1;
  for (let length = 1; length <= 10; length++) {
    const byte = reader.bytes[reader.offset++];
    if (byte === undefined) throw new Failure("corrupt", `ends inside a number, after ${reader.bytes.length} bytes`);
    value += (byte % 128) * scale;
    if (value > Number.MAX_SAFE_INTEGER) throw new Failure("corrupt", "contains a number above 2^53 - 1");
    if (byte < 128) return value;
    scale *= 128;
  }
  throw new Failure("corrupt", "contains a number longer than 10 bytes");
}

function readBytes(reader: Reader): Uint8Array {
  const end = endOfBytes(reader);
  const value = reader.bytes.subarray(reader.offset, end);
  reader.offset = end;
  return value;
}

/** The offset behind a length-delimited field. Reads its length; the reader's offset is then at its first byte. @throws Failure `corrupt` where it ends too early. */
export function endOfBytes(reader: Reader): number {
  const length = readVarint(reader);
  const end = reader.offset + length;
  if (end > reader.bytes.length) {
    throw new Failure(
      "corrupt",
      `a field claims ${length} bytes where ${reader.bytes.length - reader.offset} are left`,
    );
  }
  return end;
}
