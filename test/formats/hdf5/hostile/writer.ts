/**
 * HDF5 files byte by byte, for what no library writes: structures that lead to one another, and sizes that are not true.
 *
 * Superblock 2, object headers of version 2 with valid checksums, addresses and lengths of 8 bytes.
 */
import { lookup3 } from "../../../../pipeline/formats/codecs/checksums.ts";

export type Message = readonly [type: number, body: Uint8Array];

/** Little-endian, `width` bytes. */
export function le(value: number, width: number): Uint8Array {
  const out = new Uint8Array(width);
  for (let i = 0, left = value; i < width; i++, left = Math.floor(left / 256)) out[i] = left % 256;
  return out;
}

export function bytesOf(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    parts
      .map((part) => (typeof part === "number" ? [part] : typeof part === "string" ? Buffer.from(part) : part))
      .map((part) => Uint8Array.from(part)),
  );
}

const withChecksum = (bytes: Uint8Array) => bytesOf(bytes, le(lookup3(bytes), 4));

export class Hdf5Writer {
  readonly #parts: Uint8Array[] = [];
  #end = 48;

  /** The address of these bytes. */
  place(bytes: Uint8Array): number {
    const address = this.#end;
    this.#parts.push(bytes);
    this.#end += bytes.length;
    return address;
  }

  /** An object's header. */
  header(messages: readonly Message[]): number {
    return this.place(headerOf(messages));
  }

  /** Where {@link place} will put what comes next. */
  get end(): number {
    return this.#end;
  }

  file(root: number): Uint8Array {
    const none = new Uint8Array(8).fill(255);
    const widths = [2, 8, 8, 0];
    const superblock = bytesOf(0x89, "HDF\r\n\x1a\n", ...widths, le(0, 8), none, le(this.#end, 8), le(root, 8));
    return bytesOf(withChecksum(superblock), ...this.#parts);
  }
}

function headerOf(messages: readonly Message[]): Uint8Array {
  const body = bytesOf(...messages.map(([type, bytes]) => bytesOf(type, le(bytes.length, 2), 0, bytes)));
  return withChecksum(bytesOf("OHDR", 2, 2, le(body.length, 4), body));
}

export const hardLink = (name: string, address: number): Message => [
  6,
  bytesOf(1, 1, le(name.length, 2), name, le(address, 8)),
];

export const softLink = (name: string, path: string): Message => [
  6,
  bytesOf(1, 9, 1, le(name.length, 2), name, le(path.length, 2), path),
];

export const dataspace = (shape: readonly number[]): Uint8Array =>
  bytesOf(2, shape.length, 0, 1, ...shape.map((length) => le(length, 8)));

export const float64 = bytesOf(0x11, 0x20, 63, 0, le(8, 4), le(0, 2), le(64, 2), 52, 11, 0, 52, le(1023, 4));
export const variableText = bytesOf(0x19, 1, 0, 0, le(16, 4), 0x10, 0, 0, 0, le(1, 4), le(0, 2), le(8, 2));

/** @param flags 1 where `type` is a shared message. */
export const attribute = (
  name: string,
  type: Uint8Array,
  space: Uint8Array,
  values: Uint8Array,
  flags = 0,
): Message => [
  12,
  bytesOf(3, flags, le(name.length + 1, 2), le(type.length, 2), le(space.length, 2), 0, name, 0, type, space, values),
];

export const text = (name: string, value: string): Message =>
  attribute(name, bytesOf(0x13, 0, 0, 0, le(value.length, 4)), dataspace([]), bytesOf(value));

/** A dataset of float64 in chunks whose b-tree is at `index`; more messages, such as filters and attributes, behind. */
export const chunked = (
  shape: readonly number[],
  chunk: readonly number[],
  index: number,
  more: readonly Message[] = [],
): readonly Message[] => [
  [1, dataspace(shape)],
  [3, float64],
  [8, bytesOf(3, 2, chunk.length + 1, le(index, 8), ...chunk.map((length) => le(length, 4)), le(8, 4))],
  ...more,
];

/** A leaf of the index of chunks: each one's place, length and first values' indices. */
export function chunkTree(
  rank: number,
  chunks: readonly { readonly start: readonly number[]; readonly address: number; readonly size: number }[],
): Uint8Array {
  const none = new Uint8Array(8).fill(255);
  const key = (size: number, start: readonly number[]) =>
    bytesOf(le(size, 4), le(0, 4), ...start.map((at) => le(at, 8)), le(0, 8));
  const last = new Array<number>(rank).fill(2 ** 40);
  return bytesOf(
    ...["TREE", 1, 0, le(chunks.length, 2), none, none],
    ...chunks.flatMap(({ start, address, size }) => [key(size, start), le(address, 8)]),
    key(0, last),
  );
}

export const deflate: Message = [11, bytesOf(2, 1, le(1, 2), le(0, 2), le(1, 2), le(6, 4))];
