/**
 * HDF5's filter nbit: of each element only the bits that count, packed without gaps.
 *
 * The filter's parameters describe the element: their number, whether anything was packed at all, how many elements there
 * are, and then the datatype as a tree of classes (1 a number, 2 an array, 3 a compound, 4 bytes as they are).
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/group___d_c_p_l.html (`H5Pset_nbit`)
 */
import { type BitField, BitReader, putBits } from "./bits.ts";

/** Puts the next element of a type at byte `to`. */
interface Packed {
  /** Bytes of an element, unpacked. */
  readonly size: number;
  /** Bits of one, packed. */
  readonly bits: number;
  put(from: BitReader, out: Uint8Array, to: number): void;
}

/** Types within types. */
const deepest = 32;

/** Packed elements unpacked, at most `most` bytes. @throws Error where the parameters or the bytes contradict themselves. */
export function unpackNbit(bytes: Uint8Array, most: number, parameters: readonly number[]): Uint8Array {
  const [, isPlain, count = 0] = parameters;
  if (isPlain) return bytes;
  const type = packedType(parameterReader(parameters.slice(3)), 0);
  if (!(count * type.size <= most))
    throw new Error(`it unpacks to ${count * type.size} bytes, of which at most ${most} are expected`);
  const out = new Uint8Array(count * type.size);
  const reader = new BitReader(bytes);
  reader.need(count * type.bits);
  for (let i = 0; i < count; i++) type.put(reader, out, i * type.size);
  return out;
}

function packedType(next: () => number, depth: number): Packed {
  if (depth > deepest) throw new Error("its type is too deep");
  const kind = next();
  const size = next();
  if (size === 0) throw new Error("its elements have no bytes");
  switch (kind) {
    case 1:
      return number(size, next() === 1, next(), next());
    case 2:
      return array(size, packedType(next, depth + 1));
    case 3:
      return compound(size, next, depth);
    case 4:
      return asStored(size);
    default:
      throw new Error(`it has elements of kind ${kind}`);
  }
}

function number(size: number, bigEndian: boolean, precision: number, offset: number): Packed {
  if (precision === 0 || precision + offset > 8 * size)
    throw new Error(`it has numbers of ${precision} bits from bit ${offset} in ${size} bytes`);
  const field: BitField = { size, precision, offset, bigEndian };
  return { size, bits: precision, put: (from, out, to) => putBits(from, out, to, field) };
}

function array(size: number, base: Packed): Packed {
  const count = size / base.size;
  if (!Number.isInteger(count)) throw new Error(`it has arrays of ${size} bytes of elements of ${base.size}`);
  return {
    size,
    bits: count * base.bits,
    put(from, out, to) {
      for (let i = 0; i < count; i++) base.put(from, out, to + i * base.size);
    },
  };
}

function compound(size: number, next: () => number, depth: number): Packed {
  const members: { readonly offset: number; readonly type: Packed }[] = [];
  const count = next();
  for (let i = 0; i < count; i++) {
    const offset = next();
    const type = packedType(next, depth + 1);
    if (offset + type.size > size) throw new Error("a member is outside of its compound type");
    members.push({ offset, type });
  }
  return {
    size,
    bits: members.reduce((all, { type }) => all + type.bits, 0),
    put(from, out, to) {
      for (const { offset, type } of members) type.put(from, out, to + offset);
    },
  };
}

const asStored = (size: number): Packed => ({
  size,
  bits: 8 * size,
  put(from, out, to) {
    for (let i = 0; i < size; i++) out[to + i] = from.take(8);
  },
});

function parameterReader(parameters: readonly number[]): () => number {
  let at = 0;
  return () => {
    const parameter = parameters[at++];
    if (parameter === undefined) throw new Error("its parameters end early");
    return parameter;
  };
}
