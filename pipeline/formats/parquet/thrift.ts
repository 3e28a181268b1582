/**
 * Whether bytes are Thrift in the compact protocol, within bounds, before a library reads them.
 *
 * `hyparquet` trusts every length in the file: a list that claims 30 million elements is allocated before the first
 * one is read, and a number may have a million bytes. What passes here has no list longer than the bytes that are left, no number
 * of more than ten bytes, and few enough values for memory.
 *
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
import { Failure } from "../../core/failure.ts";

/** A value takes some 50 bytes of memory. Parquet's own structures are 8 deep. */
const most = { values: 1_000_000, depth: 24 } as const;

const kinds = {
  true: 1,
  false: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

/** @throws Failure `input` where `bytes` don't begin with a struct, or it exceeds a bound */
export function checkThrift(bytes: Uint8Array): void {
  let at = 0;
  let values = 0;

  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw bad("ends within a value");
    return value;
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * i);
      if (next < 0x80) return value;
    }
    throw bad("has a number of more than ten bytes");
  };
  const length = (): number => {
    const value = varint();
    if (value > bytes.length - at)
      throw bad(`claims ${value} bytes or values where ${bytes.length - at} bytes are left`);
    return value;
  };
  const list = (depth: number): void => {
    const head = byte();
    const kind = head & 0x0f;
    const size = head >> 4 === 15 ? length() : head >> 4;
    for (let i = 0; i < size; i++) value(kind === kinds.true || kind === kinds.false ? kinds.byte : kind, depth);
  };
  const struct = (depth: number): void => {
    if (depth > most.depth) throw bad(`is nested more than ${most.depth} deep`);
    for (;;) {
      const head = byte();
      const kind = head & 0x0f;
      if (kind === 0) return;
      if (head >> 4 === 0) varint();
      value(kind, depth);
    }
  };
  const value = (kind: number, depth: number): void => {
    if (++values > most.values) throw bad(`has more than ${most.values} values`);
    switch (kind) {
      case kinds.true:
      case kinds.false:
        return;
      case kinds.byte:
        byte();
        return;
      case kinds.int16:
      case kinds.int32:
      case kinds.int64:
        varint();
        return;
      case kinds.double:
        at += 8;
        return;
      case kinds.binary: {
        const size = length();
        at += size;
        return;
      }
      case kinds.list:
        list(depth + 1);
        return;
      case kinds.struct:
        struct(depth + 1);
        return;
      default:
        throw bad(`has a value of the unknown kind ${kind}`);
    }
  };
  struct(0);
}

const bad = (says: string) => new Failure("input", `the footer ${says}`);
