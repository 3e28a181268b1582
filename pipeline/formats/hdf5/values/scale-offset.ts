/**
 * HDF5's filter scaleoffset: integers as differences to the least one of the chunk, in as few bits as the greatest needs;
 * floats so after they were multiplied by a power of ten and rounded.
 *
 * A chunk begins with the number of bits (4 bytes) and the least value (its length in 1 byte, then 8), little-endian;
 * the differences follow at byte 21. All bits set is the fill value, where there is one.
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/group___d_c_p_l.html (`H5Pset_scaleoffset`)
 */
import { Unsupported } from "../../unsupported.ts";
import { BitReader, putBits } from "./bits.ts";

const headerLength = 21;

interface Parameters {
  readonly isFloat: boolean;
  /** Of floats, digits after the point; of integers, bits asked for. */
  readonly scale: number;
  readonly count: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly bigEndian: boolean;
  /** An element's bytes, little-endian. */
  readonly fill: Uint8Array | undefined;
}

/** Packed elements unpacked, at most `most` bytes. @throws Error where the parameters or the bytes contradict themselves. */
export function unpackScaleOffset(bytes: Uint8Array, most: number, parameters: readonly number[]): Uint8Array {
  const { isFloat, scale, count, size, bigEndian, fill } = checked(parameters);
  // The filter leaves alone what is to have all of its bits.
  if (!isFloat && scale === 8 * size) return bytes;
  const length = count * size;
  if (!(length <= most)) throw new Error(`it unpacks to ${length} bytes, of which at most ${most} are expected`);
  if (bytes.length < headerLength) throw new Error("it ends within its header");
  const head = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const bits = head.getUint32(0, true);
  const packed = bytes.subarray(headerLength);
  if (bits > 8 * size) throw new Error(`it has ${bits} bits a value of ${size} bytes`);
  const out = new Uint8Array(length);
  if (bits === 8 * size) {
    if (packed.length < length) throw new Error("it ends before its contents do");
    out.set(packed.subarray(0, length));
  } else {
    unpackDifferences(packed, out, bits, size);
    // As many bytes as it declares, which are as many as an integer of C's largest type had where it was written.
    const least = new Uint8Array(8);
    least.set(bytes.subarray(5, 5 + Math.min(8, bytes[4]!)));
    restore(out, { bits, least, fill, size, digits: isFloat ? scale : undefined });
  }
  if (bigEndian) for (let at = 0; at < length; at += size) out.subarray(at, at + size).reverse();
  return out;
}

function checked(parameters: readonly number[]): Parameters {
  const [method, scale, count, kind, size, , order, hasFill] = parameters;
  if (parameters.length < 8) throw new Error("its parameters end early");
  if (method === 1) throw new Unsupported("its variant of exponents is not read");
  if (![0, 2].includes(method!) || ![0, 1].includes(kind!) || (method === 0) !== (kind === 1))
    throw new Error(`it has elements of kind ${kind}, scaled by method ${method}`);
  if (![1, 2, 4, 8].includes(size!) || (kind === 1 && size! < 4)) throw new Error(`it has elements of ${size} bytes`);
  return {
    isFloat: kind === 1,
    scale: scale! | 0,
    count: count!,
    size: size!,
    bigEndian: order === 1,
    fill: hasFill ? fillIn(parameters.slice(8), size!) : undefined,
  };
}

/** In parameters of 4 bytes. */
function fillIn(parameters: readonly number[], size: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(8, 4 * parameters.length));
  const view = new DataView(bytes.buffer);
  for (const [i, parameter] of parameters.entries()) view.setUint32(4 * i, parameter, true);
  return bytes.subarray(0, size);
}

function unpackDifferences(packed: Uint8Array, out: Uint8Array, bits: number, size: number): void {
  if (bits === 0) return;
  const reader = new BitReader(packed);
  reader.need((out.length / size) * bits);
  const field = { size, precision: bits, offset: 0, bigEndian: false };
  for (let at = 0; at < out.length; at += size) putBits(reader, out, at, field);
}

interface Restoring {
  readonly bits: number;
  readonly least: Uint8Array;
  readonly fill: Uint8Array | undefined;
  readonly size: number;
  /** Of floats: how many there are after the point. */
  readonly digits: number | undefined;
}

/** From differences to values, in place, little-endian. */
function restore(out: Uint8Array, { bits, least, fill, size, digits }: Restoring): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const start = new DataView(least.buffer);
  const value = restorer(start, size, digits);
  // Differences of all bits set stand for the fill value.
  const none = (1n << BigInt(bits)) - 1n;
  const noneAsNumber = Number(none);
  for (let at = 0; at < out.length; at += size) {
    const isNone =
      fill && (size === 8 ? view.getBigUint64(at, true) === none : uintAt(view, at, size) === noneAsNumber);
    if (isNone) out.set(fill, at);
    else value(view, at);
  }
}

/** What puts in place of a difference its value. */
function restorer(least: DataView, size: number, digits: number | undefined): (view: DataView, at: number) => void {
  if (digits !== undefined) {
    // In the type's own arithmetic, as HDF5 computes it.
    if (size === 4) {
      const [first, step] = [least.getFloat32(0, true), Math.fround(10 ** digits)];
      return (view, at) => view.setFloat32(at, Math.fround(view.getInt32(at, true) / step) + first, true);
    }
    const [first, step] = [least.getFloat64(0, true), 10 ** digits];
    return (view, at) => view.setFloat64(at, Number(view.getBigInt64(at, true)) / step + first, true);
  }
  if (size === 8) {
    const first = least.getBigUint64(0, true);
    return (view, at) => view.setBigUint64(at, view.getBigUint64(at, true) + first, true);
  }
  const first = least.getUint32(0, true);
  switch (size) {
    case 1:
      return (view, at) => view.setUint8(at, view.getUint8(at) + first);
    case 2:
      return (view, at) => view.setUint16(at, view.getUint16(at, true) + first, true);
    default:
      return (view, at) => view.setUint32(at, view.getUint32(at, true) + first, true);
  }
}

const uintAt = (view: DataView, at: number, size: number) =>
  size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
