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

/** Per buffer: bytes of it, tables and vector entries that are decoded, bytes of texts and vectors, tables in one another. */
const most = { buffer: 16 * 2 ** 20, values: 100_000, bytes: 32 * 2 ** 20, depth: 64 } as const;

/**
 * Tables, field by field in the order of their FlatBuffers schemas. A type is written as in a `.fbs`: `uint64?` is a number whose
 * absence means something, `hash` and `did` are `[ubyte]` of a multihash and the key of a DID, `[T]` is a vector. A union
 * takes two slots of its table, as FlatBuffers stores it.
 */
export interface Schema {
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The members of a union, the first of which is number 1, by the name of their table. `NONE` is a number that none has. */
  readonly unions: Readonly<Record<string, readonly string[]>>;
  readonly enums: Readonly<Record<string, { readonly as: "int16" | "int32"; readonly values: readonly string[] }>>;
}

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
  const buffer = new CheckedBuffer(bytes);
  return tableAt({ buffer, schema, depth: 0 }, buffer.follow(0), table);
}

/** What is decoded, by what, and in how many tables it is. */
interface Decoding {
  readonly buffer: CheckedBuffer;
  readonly schema: Schema;
  readonly depth: number;
}

/** Bytes of a FlatBuffer, none of which is read before it is known to be there, and a count of what was decoded of it. */
class CheckedBuffer {
  readonly numbers: ByteBuffer;
  readonly #bytes: Uint8Array;
  #values = 0;
  #payload = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.numbers = new ByteBuffer(bytes);
  }

  /** Returns `at` where `length` bytes are there. */
  within(at: number, length: number): number {
    if (at < 0 || length < 0 || at + length > this.#bytes.length) throw bad("refers to bytes past its end");
    return at;
  }

  /** Where the offset at `at` leads. It is relative to its own place, and never 0. */
  follow(at: number): number {
    const offset = this.numbers.readUint32(this.within(at, 4));
    if (offset === 0) throw bad("has an offset that leads nowhere");
    return this.within(at + offset, 4);
  }

  /** Counts a table or an entry of a vector. */
  count(): void {
    if (++this.#values > most.values) throw bad(`has more than ${most.values} values`);
  }

  /** The vector at `at`, whose entries are `width` bytes long each. */
  vector(at: number, width: number): { readonly start: number; readonly length: number } {
    const length = this.numbers.readUint32(at);
    this.within(at + 4, length * width);
    this.#payload += length * width;
    if (this.#payload > most.bytes) throw bad(`has more than ${most.bytes} bytes of texts and lists`);
    return { start: at + 4, length };
  }

  bytes(at: number): Uint8Array {
    const { start, length } = this.vector(at, 1);
    return this.#bytes.slice(start, start + length);
  }

  text(at: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(at));
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw bad("has a text that is no UTF-8");
    }
  }
}

/** Where the field of a slot is, whose value is `width` bytes long; `undefined` where it is absent. */
type SlotOf = (index: number, width: number) => number | undefined;

function tableAt({ buffer, schema, depth }: Decoding, at: number, name: string): DecodedTable {
  buffer.count();
  if (depth > most.depth) throw bad(`is nested more than ${most.depth} deep`);
  const fields = schema.tables[name];
  if (!fields) throw new Error(`the schema has no table ${name}`);
  const slot = slotsOf(buffer, at);
  const inside = { buffer, schema, depth: depth + 1 };
  const decoded: Record<string, Decoded | undefined> = {};
  let index = 0;
  for (const [field, type] of Object.entries(fields)) {
    const isUnion = type in schema.unions;
    const value = isUnion ? unionAt(inside, type, index, slot) : fieldAt(inside, type, index, slot);
    if (value !== undefined) decoded[field] = value;
    index += isUnion ? 2 : 1;
  }
  return decoded;
}

/** The slots of a table, as its vtable has them. */
function slotsOf(buffer: CheckedBuffer, table: number): SlotOf {
  const { numbers } = buffer;
  const vtable = buffer.within(table - numbers.readInt32(buffer.within(table, 4)), 4);
  const vtableLength = numbers.readUint16(vtable);
  const tableLength = numbers.readUint16(vtable + 2);
  buffer.within(vtable, vtableLength);
  buffer.within(table, tableLength);
  return (index, width) => {
    const entry = 4 + 2 * index;
    const offset = entry + 2 > vtableLength ? 0 : numbers.readUint16(vtable + entry);
    if (offset === 0) return undefined;
    if (offset < 4 || offset + width > tableLength) throw bad("has a field outside of its table");
    return table + offset;
  };
}

/** A union has two slots: which of its tables it is, and the table. */
function unionAt(inside: Decoding, type: string, index: number, slot: SlotOf): Decoded | undefined {
  const { buffer, schema } = inside;
  const kindAt = slot(index, 1);
  const kind = kindAt === undefined ? 0 : buffer.numbers.readUint8(kindAt);
  const at = slot(index + 1, 4);
  if (kind === 0 || at === undefined) return undefined;
  const member = schema.unions[type]?.[kind - 1];
  // A kind that was added to the specification later: shown, not read.
  if (member === undefined) return { kind: "unknown", number: kind };
  return { kind: shortName(member, type), ...tableAt(inside, buffer.follow(at), member) };
}

function fieldAt(inside: Decoding, type: string, index: number, slot: SlotOf): Decoded | undefined {
  const { buffer, schema } = inside;
  const optional = type.endsWith("?");
  const plain = optional ? type.slice(0, -1) : type;
  const named = schema.enums[plain];
  const scalar = named?.as ?? plain;
  if (isScalar(scalar)) {
    const at = slot(index, scalars[scalar].width);
    if (at === undefined && optional) return undefined;
    const value = at === undefined ? scalars[scalar].zero : scalars[scalar].read(buffer.numbers, at);
    return named && typeof value === "number" ? (named.values[value] ?? `unknown (${value})`) : value;
  }
  if (plain === "timestamp") {
    const at = slot(index, 16);
    return at === undefined ? undefined : timestamp(buffer.numbers, at);
  }
  const at = slot(index, 4);
  return at === undefined ? undefined : valueAt(inside, buffer.follow(at), plain);
}

/** A value that an offset leads to: text, bytes, a table, or a list of texts or tables. */
function valueAt(inside: Decoding, at: number, type: string): Decoded {
  const { buffer } = inside;
  if (type === "string") return buffer.text(at);
  if (type === "bytes") return buffer.bytes(at);
  if (type === "hash") return multibase(buffer.bytes(at));
  if (type === "did") return `did:odf:${multibase(buffer.bytes(at))}`;
  if (!type.startsWith("[")) return tableAt(inside, at, type);
  const { start, length } = buffer.vector(at, 4);
  return Array.from({ length }, (_, i) => {
    buffer.count();
    const entry = buffer.follow(start + 4 * i);
    return type === "[string]" ? buffer.text(entry) : tableAt(inside, entry, type.slice(1, -1));
  });
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

const bad = (what: string) => new Failure("input", `the metadata ${what}`);
