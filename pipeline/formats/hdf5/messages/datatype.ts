/**
 * Section IV.A.2.d, "The Datatype Message", versions 1 to 4.
 *
 * What HDF5 has and we don't (VAX floats, times, integers of 3 bytes) becomes a type of class "unsupported" with its name,
 * so that the rest of a file is read.
 */
import type { Hdf5Member, Hdf5Type } from "../model.ts";
import { type Cursor, textOf, widthOf } from "../structure/cursor.ts";
import { objectSize } from "../structure/file-budget.ts";

/** Types within types. */
const deepest = 32;

/** Fields that all classes begin with. */
interface Head {
  readonly version: number;
  /** 24 bits that each class uses in its own way. */
  readonly flags: number;
  /** Bytes of an element. */
  readonly size: number;
}

/** @throws Failure `input` where the type contradicts itself. */
export function readDatatype(cursor: Cursor, depth = 0): Hdf5Type {
  if (depth > deepest) throw cursor.damage("a datatype is too deep");
  const first = cursor.uint(1);
  const head: Head = { version: first >> 4, flags: cursor.uint(3), size: cursor.uint(4) };
  const { flags, size } = head;
  if (size === 0) throw cursor.damage("a datatype has no bytes");
  switch (first & 15) {
    case 0:
      return integer(cursor, head);
    case 1:
      return float(cursor, head);
    case 2:
      cursor.skip(2);
      return { class: "unsupported", size, name: "time" };
    case 3:
      return { class: "string", size, variable: false, padding: paddingOf(flags & 15), charset: charsetOf(flags >> 4) };
    case 4:
      return bitfield(cursor, head);
    case 5:
      return { class: "opaque", size, tag: textOf(cursor.take(flags & 255)) };
    case 6:
      return compound(cursor, head, depth);
    case 7:
      return reference(cursor, head);
    case 8:
      return enumeration(cursor, head, depth);
    case 9:
      return variable(cursor, head, depth);
    case 10:
      return array(cursor, head, depth);
    case 11:
      readDatatype(cursor, depth + 1);
      return { class: "unsupported", size, name: "complex number" };
    default:
      throw cursor.damage(`there is a datatype of class ${first & 15}`);
  }
}

function integer(cursor: Cursor, { flags, size }: Head): Hdf5Type {
  const [bitOffset, precision] = [cursor.uint(2), cursor.uint(2)];
  if (precision === 0 || bitOffset + precision > 8 * size)
    throw cursor.damage(`an integer has ${precision} bits from bit ${bitOffset} in ${size} bytes`);
  if (![1, 2, 4, 8].includes(size))
    return { class: "unsupported", size, name: `integer of ${precision} bits in ${size} bytes` };
  const plain = { class: "integer", size, signed: (flags & 8) !== 0, bigEndian: (flags & 1) !== 0 } as const;
  return precision === 8 * size ? plain : { ...plain, bits: { precision, offset: bitOffset } };
}

function bitfield(cursor: Cursor, { flags, size }: Head): Hdf5Type {
  cursor.skip(4);
  if (![1, 2, 4, 8].includes(size)) return { class: "unsupported", size, name: `bit field of ${size} bytes` };
  return { class: "bitfield", size, bigEndian: (flags & 1) !== 0 };
}

/** Of IEEE 754 by bytes: bits before the sign, of the exponent, of the fraction; the exponent's bias. */
const ieee: ReadonlyMap<number, readonly [sign: number, exponent: number, fraction: number, bias: number]> = new Map([
  [2, [15, 5, 10, 15]],
  [4, [31, 8, 23, 127]],
  [8, [63, 11, 52, 1023]],
]);

function float(cursor: Cursor, { flags, size }: Head): Hdf5Type {
  const bitOffset = cursor.uint(2);
  const precision = cursor.uint(2);
  const [exponentAt, exponent, fractionAt, fraction] = [cursor.uint(1), cursor.uint(1), cursor.uint(1), cursor.uint(1)];
  const bias = cursor.uint(4);
  // Bits 0 and 6 together: little-endian, big-endian, VAX.
  if ((flags & 0x41) === 0x41) return { class: "unsupported", size, name: "VAX float" };
  const has = [(flags >> 8) & 255, exponent, fraction, bias];
  const isIeee =
    ieee.get(size)?.every((bits, i) => bits === has[i]) &&
    bitOffset === 0 &&
    precision === 8 * size &&
    fractionAt === 0 &&
    exponentAt === fraction &&
    // The first bit of the fraction is not stored.
    (flags & 0x30) === 0x20;
  if (!isIeee)
    return {
      class: "unsupported",
      size,
      name: `float of ${precision} bits (${exponent} of the exponent, ${fraction} of the fraction)`,
    };
  return { class: "float", size, bigEndian: (flags & 1) !== 0 };
}

const paddings = ["null-terminated", "null-padded", "space-padded"] as const;
const paddingOf = (number: number) => paddings[number] ?? "null-padded";
const charsetOf = (number: number) => ((number & 15) === 1 ? "utf-8" : "ascii");

function compound(cursor: Cursor, { version, flags, size }: Head, depth: number): Hdf5Type {
  const count = flags & 0xffff;
  const members: Hdf5Member[] = [];
  for (let i = 0; i < count; i++) {
    const name = paddedName(cursor, version);
    const offset = cursor.uint(version < 3 ? 4 : widthOf(size));
    const shape = version === 1 ? oldMemberShape(cursor) : [];
    const element = readDatatype(cursor, depth + 1);
    const type = shape.length > 0 ? arrayOf(element, shape) : element;
    if (offset + type.size > size) throw cursor.damage("a member is outside of its compound type");
    members.push({ name, offset, type });
  }
  return { class: "compound", size, members };
}

/** Dimensions of a member in version 1, before there were array types. */
function oldMemberShape(cursor: Cursor): number[] {
  const rank = cursor.uint(1);
  if (rank > 4) throw cursor.damage(`a member has ${rank} dimensions`);
  cursor.skip(11);
  const shape = Array.from({ length: 4 }, () => cursor.uint(4)).slice(0, rank);
  if (shape.includes(0)) throw cursor.damage("a member has no elements");
  return shape;
}

/** Before version 3, names end at a multiple of 8 bytes. */
function paddedName(cursor: Cursor, version: number): string {
  const from = cursor.position;
  const name = cursor.nullTerminated();
  if (version < 3) cursor.skip(-(cursor.position - from) & 7);
  return name;
}

function reference(cursor: Cursor, { flags, size }: Head): Hdf5Type {
  const { offsets } = cursor.widths;
  const kind = flags & 15;
  if (kind === 0 && size === offsets) return { class: "reference", size, to: "object" };
  if (kind === 1 && size === offsets + 4) return { class: "reference", size, to: "region" };
  return { class: "unsupported", size, name: `reference of kind ${kind} with ${size} bytes` };
}

function enumeration(cursor: Cursor, { version, flags, size }: Head, depth: number): Hdf5Type {
  const count = flags & 0xffff;
  const base = readDatatype(cursor, depth + 1);
  const names = Array.from({ length: count }, () => paddedName(cursor, version));
  const values = names.map(() => cursor.take(base.size));
  if (base.class !== "integer" || base.bits)
    return { class: "unsupported", size, name: "enumeration of other than plain integers" };
  if (base.size !== size) throw cursor.damage("an enumeration is not as long as its values");
  return { class: "enum", size, base, members: new Map(names.map((name, i) => [name, integerIn(values[i]!, base)])) };
}

/** A bigint for 8 bytes. */
function integerIn(bytes: Uint8Array, { size, signed, bigEndian }: Hdf5Type & { class: "integer" }): number | bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  switch (size) {
    case 1:
      return signed ? view.getInt8(0) : view.getUint8(0);
    case 2:
      return signed ? view.getInt16(0, !bigEndian) : view.getUint16(0, !bigEndian);
    case 4:
      return signed ? view.getInt32(0, !bigEndian) : view.getUint32(0, !bigEndian);
    default:
      return signed ? view.getBigInt64(0, !bigEndian) : view.getBigUint64(0, !bigEndian);
  }
}

/** Elsewhere are its length, and where in the global heap it is. */
function variable(cursor: Cursor, { flags, size }: Head, depth: number): Hdf5Type {
  const base = readDatatype(cursor, depth + 1);
  if (size !== 8 + cursor.widths.offsets) throw cursor.damage(`a value of variable length has ${size} bytes`);
  if ((flags & 15) === 0) return { class: "vlen", size, base };
  if ((flags & 15) !== 1) throw cursor.damage("a value of variable length is neither a list nor a text");
  return {
    class: "string",
    size,
    variable: true,
    padding: paddingOf((flags >> 4) & 15),
    charset: charsetOf(flags >> 8),
  };
}

function array(cursor: Cursor, { version, size }: Head, depth: number): Hdf5Type {
  const rank = cursor.uint(1);
  if (rank === 0 || rank > 32) throw cursor.damage(`an array type has ${rank} dimensions`);
  if (version < 3) cursor.skip(3);
  const shape = Array.from({ length: rank }, () => cursor.uint(4));
  if (version < 3) cursor.skip(4 * rank);
  const type = arrayOf(readDatatype(cursor, depth + 1), shape);
  if (type.size !== size) throw cursor.damage(`an array type has ${size} bytes, its elements ${type.size}`);
  return type;
}

function arrayOf(base: Hdf5Type, shape: readonly number[]): Hdf5Type {
  return { class: "array", size: shape.reduce((all, each) => all * each, base.size), shape, base };
}

/** What of `type` we can't read, if anything. */
export function unsupportedIn(type: Hdf5Type): string | undefined {
  switch (type.class) {
    case "unsupported":
      return type.name;
    case "compound":
      return type.members.map((member) => unsupportedIn(member.type)).find((name) => name !== undefined);
    case "vlen":
    case "array":
      return unsupportedIn(type.base);
    default:
      return undefined;
  }
}

/** Bytes of memory that a type takes beyond what any has: of one with many members, about. */
export function typeSize(type: Hdf5Type): number {
  switch (type.class) {
    case "compound":
      return type.members.reduce((all, member) => all + objectSize + typeSize(member.type), 0);
    case "enum":
      return type.members.size * objectSize;
    case "vlen":
    case "array":
      return objectSize + typeSize(type.base);
    default:
      return 0;
  }
}
