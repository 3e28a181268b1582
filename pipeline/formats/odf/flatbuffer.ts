/**
 * Decodes FlatBuffers by a {@link Schema}, with every offset checked before it is followed.
 *
 * The `flatbuffers` package reads numbers at any alignment, as blocks of versions 1 and 2 need it; but it follows whatever offset is
 * written, and reads zeros past the end. Here an offset out of the buffer, or a table that refers to one above it, is a
 * failure, and what is decoded is bounded: many fields may refer to the same text.
 *
 * @see https://flatbuffers.dev/internals/
 */
import { ByteBuffer } from "flatbuffers";
import { base16 } from "multiformats/bases/base16";
import { Failure } from "../../core/failure.ts";
import type { Schema } from "./schema.ts";

/** Per buffer: bytes of it, tables and vector entries that are decoded, bytes of texts and vectors, tables in one another. */
const most = { buffer: 16 * 2 ** 20, values: 100_000, bytes: 32 * 2 ** 20, depth: 64 } as const;

export type Decoded =
  | string
  | number
  | boolean
  | Uint8Array
  | readonly Decoded[]
  | { readonly [field: string]: Decoded | undefined };
export type DecodedTable = { readonly [field: string]: Decoded | undefined };

/** The root of `bytes`, which is a `table`. Absent fields are absent, numbers without `?` 0. @throws Failure `input` */
export function decodeFlatbuffer(bytes: Uint8Array, table: string, schema: Schema): DecodedTable {
  if (bytes.length > most.buffer) throw bad(`has ${bytes.length} bytes; at most ${most.buffer} are read`);
  const buffer = new ByteBuffer(bytes);
  let values = 0;
  let payload = 0;

  const within = (at: number, length: number): number => {
    if (at < 0 || length < 0 || at + length > bytes.length) throw bad("refers to bytes past its end");
    return at;
  };
  /** An offset is relative to its own place, and never 0. */
  const followed = (at: number): number => {
    const offset = buffer.readUint32(within(at, 4));
    if (offset === 0) throw bad("has an offset that leads nowhere");
    return within(at + offset, 4);
  };
  const counted = () => {
    if (++values > most.values) throw bad(`has more than ${most.values} values`);
  };
  /** The bytes of a vector whose entries are `width` long. */
  const vector = (at: number, width: number): { readonly start: number; readonly length: number } => {
    const length = buffer.readUint32(at);
    within(at + 4, length * width);
    payload += length * width;
    if (payload > most.bytes) throw bad(`has more than ${most.bytes} bytes of texts and lists`);
    return { start: at + 4, length };
  };
  const bytesAt = (at: number): Uint8Array => {
    const { start, length } = vector(at, 1);
    return bytes.slice(start, start + length);
  };
  const textAt = (at: number): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesAt(at));
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw bad("has a text that is no UTF-8");
    }
  };

  const tableAt = (at: number, name: string, depth: number): DecodedTable => {
    counted();
    if (depth > most.depth) throw bad(`is nested more than ${most.depth} deep`);
    const fields = schema.tables[name];
    if (!fields) throw new Error(`the schema has no table ${name}`);
    const vtable = within(at - buffer.readInt32(within(at, 4)), 4);
    const vtableLength = buffer.readUint16(vtable);
    const tableLength = buffer.readUint16(vtable + 2);
    within(vtable, vtableLength);
    within(at, tableLength);
    /** Where the field of that slot is, `undefined` where it is absent. */
    const slot = (index: number, width: number): number | undefined => {
      const entry = 4 + 2 * index;
      const offset = entry + 2 > vtableLength ? 0 : buffer.readUint16(vtable + entry);
      if (offset === 0) return undefined;
      if (offset < 4 || offset + width > tableLength) throw bad("has a field outside of its table");
      return at + offset;
    };
    const decoded: Record<string, Decoded | undefined> = {};
    let index = 0;
    for (const [field, type] of Object.entries(fields)) {
      const value = fieldAt(type, index, slot, depth);
      if (value !== undefined) decoded[field] = value;
      index += type in schema.unions ? 2 : 1;
    }
    return decoded;
  };

  const fieldAt = (
    type: string,
    index: number,
    slot: (index: number, width: number) => number | undefined,
    depth: number,
  ): Decoded | undefined => {
    const union = schema.unions[type];
    if (union) {
      const kindAt = slot(index, 1);
      const kind = kindAt === undefined ? 0 : buffer.readUint8(kindAt);
      const at = slot(index + 1, 4);
      if (kind === 0 || at === undefined) return undefined;
      const member = union[kind - 1];
      // A kind that was added to the specification later: shown, not read.
      if (member === undefined) return { kind: "unknown", number: kind };
      return { kind: shortName(member, type), ...tableAt(followed(at), member, depth + 1) };
    }
    const optional = type.endsWith("?");
    const plain = optional ? type.slice(0, -1) : type;
    const named = schema.enums[plain];
    const scalar = named?.as ?? plain;
    if (isScalar(scalar)) {
      const at = slot(index, scalars[scalar].width);
      if (at === undefined && optional) return undefined;
      const value = at === undefined ? scalars[scalar].zero : scalars[scalar].read(buffer, at);
      return named && typeof value === "number" ? (named.values[value] ?? `unknown (${value})`) : value;
    }
    if (plain === "timestamp") {
      const at = slot(index, 16);
      return at === undefined ? undefined : timestamp(buffer, at);
    }
    const at = slot(index, 4);
    if (at === undefined) return undefined;
    const target = followed(at);
    if (plain === "string") return textAt(target);
    if (plain === "bytes") return bytesAt(target);
    if (plain === "hash") return multibase(bytesAt(target));
    if (plain === "did") return `did:odf:${multibase(bytesAt(target))}`;
    if (!plain.startsWith("[")) return tableAt(target, plain, depth + 1);
    const { start, length } = vector(target, 4);
    return Array.from({ length }, (_, i) => {
      counted();
      const entry = followed(start + 4 * i);
      return plain === "[string]" ? textAt(entry) : tableAt(entry, plain.slice(1, -1), depth + 1);
    });
  };

  return tableAt(followed(0), table, 0);
}

const scalars = {
  bool: { width: 1, zero: false, read: (from: ByteBuffer, at: number) => from.readInt8(at) !== 0 },
  int16: { width: 2, zero: 0, read: (from: ByteBuffer, at: number) => from.readInt16(at) },
  int32: { width: 4, zero: 0, read: (from: ByteBuffer, at: number) => from.readInt32(at) },
  uint32: { width: 4, zero: 0, read: (from: ByteBuffer, at: number) => from.readUint32(at) },
  int64: { width: 8, zero: 0, read: (from: ByteBuffer, at: number) => exact(from.readInt64(at)) },
  uint64: { width: 8, zero: 0, read: (from: ByteBuffer, at: number) => exact(from.readUint64(at)) },
} as const;

const isScalar = (type: string): type is keyof typeof scalars => type in scalars;

function exact(value: bigint): number {
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)
    throw bad(`has the number ${value}, which is beyond what can be counted`);
  return Number(value);
}

/** A struct of year, day of the year, seconds since midnight and nanoseconds. Returns ISO 8601 in UTC. */
function timestamp(buffer: ByteBuffer, at: number): string {
  const year = buffer.readInt32(at);
  const day = buffer.readUint16(at + 4);
  const seconds = buffer.readUint32(at + 8);
  const nanoseconds = buffer.readUint32(at + 12);
  const date = new Date(0);
  date.setUTCFullYear(year, 0, day);
  date.setUTCHours(0, 0, seconds, Math.floor(nanoseconds / 1e6));
  const isReal = year >= 0 && year <= 9999 && day >= 1 && seconds < 86_400 && nanoseconds < 1e9;
  if (!isReal || date.getUTCFullYear() !== year) throw bad("has a time that no calendar has");
  const finer = nanoseconds % 1e6;
  const digits = finer === 0 ? "" : String(finer).padStart(6, "0").replace(/0+$/, "");
  return `${date.toISOString().slice(0, -1)}${digits}Z`;
}

/** `Url` for `FetchStepUrl`. */
const shortName = (member: string, union: string) => (member.startsWith(union) ? member.slice(union.length) : member);

/** Base 16, as the specification recommends. */
const multibase = (bytes: Uint8Array): string => base16.encode(bytes);

const bad = (says: string) => new Failure("input", `the metadata ${says}`);
