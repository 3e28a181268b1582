/**
 * The logical hash of a table, `arrow0-sha3-256`: of its values as Arrow has them in memory, however they are stored.
 *
 * A column's hash is over its type and its values in order, little-endian, one zero byte for a null; that of the table over the names
 * of its columns and then their hashes. Columns of columns (lists, structs) and decimals are not hashed here.
 *
 * @see https://github.com/sergiimk/arrow-digest, the README
 */
import type { Compressors, SchemaElement } from "hyparquet";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import { joined } from "../../core/joined.ts";
import type { World } from "../../core/world.ts";
import { type Column, openParquet } from "../parquet/footer.ts";
import { hashText } from "./block.ts";

export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** What hashing a slice takes of the platform: sha3-256, and the decompressors of Parquet that hyparquet lacks. */
export interface HashUsing {
  readonly sha3: () => Hasher;
  readonly compressors: Compressors;
}

/** Decoded bytes of one row group, which memory has whole. */
const largestGroup = 256 * 2 ** 20;

/** A column or compression for which there is no hash here: the slice is not wrong for that. */
export class NotHashed extends Failure {
  constructor(says: string) {
    super("unavailable", says);
  }
}

/** `f9680c00120…`: the multihash of `arrow0-sha3-256`, in base 16. */
const logicalHashText = (digest: Uint8Array): string => `f9680c00120${hashText(digest).slice("f1620".length)}`;
export const isLogicalHash = (hash: string): boolean => hash.startsWith("f9680c00120");

/**
 * The logical hash of a Parquet file.
 *
 * @throws NotHashed where it can't be known here
 * @throws Failure `input` where the file makes no sense
 */
export async function logicalHash(source: RangeSource, using: HashUsing, world: World): Promise<string> {
  const { columns } = await openParquet(source);
  const hashers = columns.map((column) => columnHasher(column, using));
  await readColumns(source, using, world, (column, values) => hashers[column]!.update(values));
  const table = using.sha3();
  for (const { path } of columns) {
    table.update(lengthAndText(new TextEncoder().encode(path[0]!)));
    // The level: no column is in another.
    table.update(uint64(0));
  }
  for (const { digest } of hashers) table.update(digest());
  return logicalHashText(table.digest());
}

/** Calls `take` with the index of a column and its next values, row group by row group. */
async function readColumns(
  source: RangeSource,
  { compressors }: HashUsing,
  world: World,
  take: (column: number, values: ArrayLike<unknown>) => void,
): Promise<void> {
  const { parquetMetadataAsync, parquetRead } = await import("hyparquet");
  const file = {
    byteLength: source.size,
    // A copy: what is read may be a part of a larger buffer.
    slice: async (start: number, end = source.size) => new Uint8Array(await source.read(start, end - start)).buffer,
  };
  try {
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    const names = metadata.schema.slice(1).map(({ name }) => name);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      world.signal.throwIfAborted();
      const bytes = group.columns.reduce(
        (sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0),
        0,
      );
      if (bytes > largestGroup)
        throw new NotHashed(`has ${bytes} bytes in one row group; at most ${largestGroup} are read`);
      const rowEnd = rowStart + Number(group.num_rows);
      for (const [index, name] of names.entries()) {
        await parquetRead({
          file,
          metadata,
          columns: [name],
          rowStart,
          rowEnd,
          compressors,
          parsers: asStored as never,
          utf8: false,
          geoparquet: false,
          onChunk: ({ columnData }) => take(index, columnData),
        });
      }
      rowStart = rowEnd;
    }
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error) || world.signal.aborted) throw error;
    if (/compression codec/.test(error.message))
      throw new NotHashed(`is compressed in a way that is not read: ${error.message}`);
    throw new Failure("input", `can't be read as Parquet: ${error.message}`);
  }
}

/** Values as they are stored: hyparquet would make dates and texts of them. */
const asStored = {
  timestampFromMilliseconds: (time: bigint) => time,
  timestampFromMicroseconds: (time: bigint) => time,
  timestampFromNanoseconds: (time: bigint) => time,
  dateFromDays: (days: number) => days,
  stringFromBytes: (bytes: Uint8Array) => bytes,
  jsonFromBytes: (bytes: Uint8Array) => bytes,
  uuidFromBytes: (bytes: Uint8Array) => bytes,
};

function columnHasher(column: Column, { sha3 }: HashUsing) {
  const { type, write } = arrowTypeOf(column);
  const hash = sha3();
  hash.update(type);
  return {
    update(values: ArrayLike<unknown>) {
      const pending = new Pending(hash);
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        if (value === null || value === undefined) pending.byte(0);
        else write(value, pending);
      }
      pending.flush();
    },
    digest: () => hash.digest(),
  };
}

/** Values on their way to the hash, some thousand at a time. */
class Pending {
  readonly #bytes = new Uint8Array(65_536);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #hash: Hasher;
  #at = 0;

  constructor(hash: Hasher) {
    this.#hash = hash;
  }

  byte(value: number) {
    this.#room(1);
    this.#view.setUint8(this.#at++, value);
  }

  /** `bits`: 8 to 64. A negative number is written in two's complement, whatever the type is called. */
  integer(value: unknown, bits: number) {
    this.#room(8);
    const whole = typeof value === "bigint" ? value : BigInt(Number(value));
    this.#view.setBigUint64(this.#at, BigInt.asUintN(64, whole), true);
    this.#at += bits / 8;
  }

  float(value: unknown, bits: number) {
    this.#room(8);
    if (bits === 32) this.#view.setFloat32(this.#at, Number(value), true);
    else this.#view.setFloat64(this.#at, Number(value), true);
    this.#at += bits / 8;
  }

  text(bytes: Uint8Array) {
    this.integer(bytes.length, 64);
    if (bytes.length > this.#bytes.length / 2) {
      this.flush();
      this.#hash.update(bytes);
      return;
    }
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  flush() {
    if (this.#at > 0) this.#hash.update(this.#bytes.slice(0, this.#at));
    this.#at = 0;
  }

  #room(bytes: number) {
    if (this.#at + bytes > this.#bytes.length) this.flush();
  }
}

interface ArrowType {
  /** As the hash of a column begins: the number of the type, and what distinguishes it from others of that number. */
  readonly type: Uint8Array;
  readonly write: (value: unknown, to: Pending) => void;
}

/** What Arrow's reader makes of a Parquet column. */
function arrowTypeOf({ path, element, isRepeated }: Column): ArrowType {
  const notHashed = (what: string) =>
    new NotHashed(`has a column ${path.join(".")} ${what}, for which no hash is computed`);
  if (path.length > 1 || isRepeated) throw notHashed("of lists or structs");
  const { type, converted_type: converted, logical_type: logical } = element;
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") throw notHashed("of decimals");
  switch (type) {
    case "BOOLEAN":
      return { type: uint16(5), write: (value, to) => to.byte(value ? 2 : 1) };
    case "FLOAT":
      return floating(32);
    case "DOUBLE":
      return floating(64);
    case "INT32":
    case "INT64":
      return integerType(element, type);
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY": {
      if (logical?.type === "FLOAT16") throw notHashed("of half precision");
      const isText = converted === "UTF8" || converted === "ENUM" || converted === "JSON" || logical?.type === "STRING";
      return { type: uint16(isText ? 4 : 3), write: (value, to) => to.text(bytesIn(value, path)) };
    }
    default:
      throw notHashed(`of the type ${type}`);
  }
}

const floating = (bits: number): ArrowType => ({
  type: joined([uint16(2), uint64(bits)]),
  write: (value, to) => to.float(value, bits),
});

function integerType(
  { converted_type: converted, logical_type: logical }: SchemaElement,
  type: "INT32" | "INT64",
): ArrowType {
  const stored = type === "INT32" ? 32 : 64;
  const storedAs = (id: Uint8Array): ArrowType => ({ type: id, write: (value, to) => to.integer(value, stored) });
  if (converted === "DATE" || logical?.type === "DATE") return storedAs(joined([uint16(7), uint64(32), uint16(0)]));
  if (logical?.type === "TIME") return storedAs(joined([uint16(8), uint64(stored), uint16(unitId(logical.unit))]));
  if (logical?.type === "TIMESTAMP" || converted?.startsWith("TIMESTAMP_")) {
    const unit = logical?.type === "TIMESTAMP" ? logical.unit : converted!.slice("TIMESTAMP_".length);
    const isUtc = logical?.type === "TIMESTAMP" ? logical.isAdjustedToUTC : true;
    const zone = isUtc ? lengthAndText(new TextEncoder().encode("UTC")) : Uint8Array.of(0);
    return storedAs(joined([uint16(9), uint16(unitId(unit)), zone]));
  }
  const [, unsigned, bits] = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? "") ?? [];
  const isSigned = logical?.type === "INTEGER" ? logical.isSigned : unsigned !== "U";
  const width = logical?.type === "INTEGER" ? logical.bitWidth : Number(bits ?? stored);
  return {
    type: joined([uint16(1), Uint8Array.of(isSigned ? 1 : 0), uint64(width)]),
    write: (value, to) => to.integer(value, width),
  };
}

const unitId = (unit: string): number => ["SECONDS", "MILLIS", "MICROS", "NANOS"].indexOf(unit);

function bytesIn(value: unknown, path: readonly string[]): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(value);
  throw new NotHashed(`has a column ${path.join(".")} whose values are no bytes`);
}

function lengthAndText(bytes: Uint8Array): Uint8Array {
  return joined([uint64(bytes.length), bytes]);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
