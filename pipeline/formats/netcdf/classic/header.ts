/**
 * The header of a NetCDF-3 file: dimensions, attributes, and where each variable begins.
 *
 * All of it is at the beginning of the file, so one read is enough for most; a longer header is read again, larger.
 * Counts and lengths in it are believed only as far as the header has bytes for them.
 *
 * @see https://docs.unidata.ucar.edu/nug/current/file_format_specifications.html (CDF-1, CDF-2 and CDF-5)
 */

import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { Failure } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";
import { type ClassicType, type ClassicValues, decode, textOf, typeOf } from "./types.ts";

export interface ClassicHeader {
  /** Of the format: CDF-1 ("classic"), CDF-2 (64-bit offset) or CDF-5 (64-bit data). */
  readonly version: 1 | 2 | 5;
  readonly dimensions: readonly ClassicDimension[];
  readonly attributes: ReadonlyMap<string, ClassicAttribute>;
  readonly variables: readonly ClassicVariable[];
  /** Bytes from one record to the next: each variable along the unlimited dimension has a part of every record. */
  readonly recordSize: number;
}

export interface ClassicDimension {
  readonly name: string;
  /** Of the unlimited dimension: the number of records. */
  readonly size: number;
  readonly unlimited: boolean;
}

export interface ClassicAttribute {
  readonly type: ClassicType;
  readonly values: ClassicValues;
}

export interface ClassicVariable {
  readonly name: string;
  readonly type: ClassicType;
  /** Slowest first. Only the first one may be unlimited. */
  readonly dimensions: readonly ClassicDimension[];
  readonly attributes: ReadonlyMap<string, ClassicAttribute>;
  /** Byte of the file where its first value is. */
  readonly begin: number;
  /** Byte after its last value; beyond the end of a file that was cut. */
  readonly end: number;
}

/** "CDF" and the version. */
export const isClassic = (bytes: Uint8Array) =>
  bytes[0] === 0x43 && bytes[1] === 0x44 && bytes[2] === 0x46 && [1, 2, 5].includes(bytes[3] ?? 0);

/** Bytes that are read at first, and at most; entries of one list; bytes of a name. Real headers stay far below. */
const limits = { first: 2 ** 16, bytes: 2 ** 24, entries: 2 ** 16, name: 2 ** 12, rank: 1024 } as const;

const tags = { absent: 0, dimensions: 10, variables: 11, attributes: 12 } as const;

/** @throws Failure `input` where it is no header, is damaged or cut; `unavailable` as the source does. */
export async function readHeader(source: RangeSource): Promise<ClassicHeader> {
  for (let length: number = limits.first; ; ) {
    const bytes = await source.read(0, Math.min(length, source.size));
    const parsed = parse(bytes, source.size);
    if (!("needs" in parsed)) return parsed;
    if (parsed.needs > source.size || bytes.length >= source.size)
      throw bad(`its header needs ${parsed.needs} bytes, and it has ${source.size}: it was cut, or is damaged`);
    if (parsed.needs > limits.bytes) throw bad(`its header has more than ${limits.bytes} bytes`);
    length = Math.max(parsed.needs, Math.min(4 * length, limits.bytes));
  }
}

export const bad = (says: string) => new Failure("input", `the NetCDF-3 file can't be read: ${says}`);

/** Ends parsing where the bytes at hand are too few. */
class TooShort extends Error {
  readonly needs: number;

  constructor(needs: number) {
    super();
    this.needs = needs;
  }
}

function parse(bytes: Uint8Array, fileSize: number): ClassicHeader | { readonly needs: number } {
  try {
    return headerOf(cursorOver(bytes), fileSize);
  } catch (error) {
    if (!(error instanceof TooShort)) throw error;
    return { needs: error.needs };
  }
}

interface Cursor {
  readonly version: 1 | 2 | 5;
  /** 4 bytes, unsigned. */
  word(): number;
  /** A length, count or index: 4 bytes, or 8 in CDF-5. -1 where all bits are set. */
  count(what: string): number;
  /** Where a variable begins: 4 bytes in CDF-1, 8 otherwise. */
  offset(): number;
  /** `length` bytes, and what fills them up to a multiple of 4. */
  padded(length: number): Uint8Array;
  name(): string;
}

function cursorOver(bytes: Uint8Array): Cursor {
  let at = 4;
  const version = bytes[3];
  if (version !== 1 && version !== 2 && version !== 5) throw bad(`version ${version ?? "none"} is not known`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = (length: number) => {
    if (at + length > bytes.length) throw new TooShort(at + length);
    at += length;
    return at - length;
  };
  const word = () => view.getUint32(step(4));
  const long = (what: string) => {
    const value = view.getBigUint64(step(8));
    if (value === 2n ** 64n - 1n) return -1;
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`${what} is ${value}`);
    return Number(value);
  };
  const short = () => {
    const value = word();
    return value === 2 ** 32 - 1 ? -1 : value;
  };
  const count = version === 5 ? long : short;
  const padded = (length: number) => {
    const start = step(length + ((4 - (length % 4)) % 4));
    return bytes.subarray(start, start + length);
  };
  return {
    version,
    word,
    count,
    offset: () => (version === 1 ? word() : long("the place of a variable")),
    padded,
    name() {
      const length = count("the length of a name");
      if (length <= 0 || length > limits.name) throw bad(`a name at byte ${at} has ${length} bytes`);
      const name = textOf(padded(length));
      if (name.includes("/")) throw bad(`"${shown(name)}" is no name`);
      return name;
    },
  };
}

function headerOf(cursor: Cursor, fileSize: number): ClassicHeader {
  const { version } = cursor;
  const records = cursor.count("the number of records");
  const lengths = listOf(cursor, tags.dimensions, () => ({ name: cursor.name(), length: lengthOf(cursor) }));
  const attributes = attributesOf(cursor);
  const placed = listOf(cursor, tags.variables, () => variableOf(cursor));
  const unlimited = lengths.findIndex(({ length }) => length === 0);
  const layouts = placed.map(({ name, ids, type, begin }) => {
    if (ids.some((id) => id < 0 || id >= lengths.length)) throw bad(`${shown(name)} has dimensions that don't exist`);
    if (ids.slice(1).includes(unlimited))
      throw bad(`${shown(name)} has the unlimited dimension in another place than first`);
    const isRecord = unlimited >= 0 && ids[0] === unlimited;
    const inner = (isRecord ? ids.slice(1) : ids).map((id) => lengths[id]!.length);
    return { begin, isRecord, bytes: inner.reduce((product, length) => product * length, type.size) };
  });
  const recordSize = recordSizeOf(layouts);
  const dimensions = lengths.map(({ name, length }, i) => {
    const isUnlimited = i === unlimited;
    return {
      name,
      size: isUnlimited ? recordCount(records, recordSize, layouts, fileSize) : length,
      unlimited: isUnlimited,
    };
  });
  const variables = placed.map(({ ids, ...variable }, i) => {
    const { isRecord, bytes } = layouts[i]!;
    const count = isRecord ? dimensions[unlimited]!.size : 1;
    const end = count === 0 ? variable.begin : variable.begin + (count - 1) * recordSize + bytes;
    if (!Number.isSafeInteger(end)) throw bad(`${shown(variable.name)} ends at byte ${end}`);
    return { ...variable, dimensions: ids.map((id) => dimensions[id]!), end };
  });
  return { version, dimensions, attributes, variables, recordSize };
}

interface Layout {
  readonly begin: number;
  readonly isRecord: boolean;
  /** Of the variable, or of its part of one record. */
  readonly bytes: number;
}

/** Parts of a record are filled up to a multiple of 4 bytes, unless there is one alone (section "Note on padding"). */
function recordSizeOf(layouts: readonly Layout[]): number {
  const parts = layouts.filter(({ isRecord }) => isRecord);
  if (parts.length === 1) return parts[0]!.bytes;
  return parts.reduce((sum, { bytes }) => sum + 4 * Math.ceil(bytes / 4), 0);
}

/** As the header has it; of a file that was written as a stream (-1), as many as the file has bytes for. */
function recordCount(declared: number, recordSize: number, layouts: readonly Layout[], fileSize: number): number {
  if (declared >= 0) return declared;
  const begins = layouts.filter(({ isRecord }) => isRecord).map(({ begin }) => begin);
  if (recordSize === 0) return 0;
  return Math.max(0, Math.floor((fileSize - begins.reduce((a, b) => Math.min(a, b))) / recordSize));
}

function variableOf(cursor: Cursor) {
  const name = cursor.name();
  const rank = cursor.count("a number of dimensions");
  if (rank < 0 || rank > limits.rank) throw bad(`${shown(name)} has ${rank} dimensions`);
  const ids = Array.from({ length: rank }, () => cursor.count("a dimension"));
  const attributes = attributesOf(cursor);
  const type = typeOf(cursor.word(), cursor.version);
  if (!type) throw bad(`${shown(name)} has a type that is not known`);
  // The size that follows is left out of account: CDF-1 and CDF-2 have no number for large ones, and shape and type give it.
  cursor.count("a size");
  return { name, ids, attributes, type, begin: cursor.offset() };
}

function attributesOf(cursor: Cursor): ReadonlyMap<string, ClassicAttribute> {
  return new Map(
    listOf(cursor, tags.attributes, () => {
      const name = cursor.name();
      const type = typeOf(cursor.word(), cursor.version);
      if (!type) throw bad(`attribute ${shown(name)} has a type that is not known`);
      const count = cursor.count("the length of an attribute");
      if (count < 0) throw bad(`attribute ${shown(name)} has ${count} values`);
      return [name, { type, values: decode(cursor.padded(count * type.size), type) }] as const;
    }),
  );
}

function lengthOf(cursor: Cursor): number {
  const length = cursor.count("the length of a dimension");
  if (length < 0) throw bad(`a dimension has ${length} entries`);
  return length;
}

function listOf<Entry>(cursor: Cursor, tag: number, read: () => Entry): Entry[] {
  const found = cursor.word();
  const count = cursor.count("the length of a list");
  if (found === tags.absent && count === 0) return [];
  if (found !== tag) throw bad(`a list in its header is marked ${found} in place of ${tag}`);
  if (count < 0 || count > limits.entries)
    throw bad(`a list in its header has ${count} entries; at most ${limits.entries} are read`);
  const entries: Entry[] = [];
  while (entries.length < count) entries.push(read());
  return entries;
}
