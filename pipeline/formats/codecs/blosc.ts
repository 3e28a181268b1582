/**
 * Blosc 1 chunks: a header, then blocks, each compressed on its own and shuffled.
 *
 * Why this is not left to a package: see `lz4.ts`. The content of the blocks is zlib's or zstd's where the header declares that.
 *
 * @see https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
 */
import { type Decompressors, decompressorOr } from "../decompressors.ts";
import { Unsupported } from "../unsupported.ts";
import { unpackBloscLz, unpackLz4 } from "./lz4.ts";

const headerLength = 16;
/** Blocks whose parts would be smaller than this, or more than 16, are not split by byte of their elements. */
const split = { most: 16, least: 128 } as const;

interface Header {
  readonly flags: number;
  readonly typeSize: number;
  readonly size: number;
  readonly blockSize: number;
}

/** At most `most` bytes. @throws Error where header and contents don't agree; Unsupported for snappy. */
export async function unpackBlosc(input: Uint8Array, most: number, using: Decompressors): Promise<Uint8Array> {
  const { flags, typeSize, size, blockSize } = headerOf(input, most);
  if (size === 0) return new Uint8Array(0);
  if (flags & flag.copied) {
    if (input.length !== size + headerLength)
      throw new Error(`blosc has ${input.length - headerLength} bytes instead of ${size}`);
    return input.slice(headerLength);
  }
  const unpack = unpackers(using)[flags >> 5];
  if (!unpack)
    throw new Unsupported(`blosc's compressor ${flags >> 5 === 2 ? "snappy" : `number ${flags >> 5}`} is not read`);
  const output = new Uint8Array(size);
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const blocks = Math.ceil(size / blockSize);
  if (headerLength + 4 * blocks > input.length) throw truncated();
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    const length = Math.min(blockSize, size - start);
    const isSplit =
      !(flags & flag.unsplit) && length === blockSize && typeSize <= split.most && blockSize / typeSize >= split.least;
    const parts = isSplit ? typeSize : 1;
    const partLength = Math.floor(length / parts);
    const packed = new Uint8Array(length);
    let from = view.getUint32(headerLength + 4 * block, true);
    for (let part = 0; part < parts; part++) {
      if (from + 4 > input.length) throw truncated();
      const stored = view.getUint32(from, true);
      from += 4;
      if (from + stored > input.length) throw truncated();
      const bytes = input.subarray(from, from + stored);
      packed.set(stored === partLength ? bytes : await exactly(unpack, bytes, partLength), part * partLength);
      from += stored;
    }
    output.set(unshuffled(packed, flags, typeSize), start);
  }
  return output;
}

const flag = { shuffled: 1, copied: 2, bitShuffled: 4, unsplit: 16 } as const;

function headerOf(input: Uint8Array, most: number): Header {
  if (input.length < headerLength) throw truncated();
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const [version, flags, typeSize] = [view.getUint8(0), view.getUint8(2), view.getUint8(3)];
  const [size, blockSize, stored] = [view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)];
  if (size > most) throw new Error(`blosc unpacks to ${size} bytes, of which at most ${most} are expected`);
  if (version === 0 || version > 2) throw new Unsupported(`version ${version} of blosc's format is not read`);
  if (stored !== input.length) throw new Error(`blosc has ${input.length} bytes instead of ${stored}`);
  if (size > 0 && (blockSize === 0 || typeSize === 0)) throw new Error("blosc has blocks or elements of no bytes");
  return { flags, typeSize, size, blockSize };
}

type Unpack = (bytes: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>;

/** By the number in the header; 2 is snappy, which numcodecs doesn't have either. */
const unpackers = ({ zlib, zstd }: Decompressors): readonly (Unpack | undefined)[] => [
  unpackBloscLz,
  unpackLz4,
  undefined,
  zlib,
  decompressorOr(zstd, "zstd"),
];

async function exactly(unpack: Unpack, bytes: Uint8Array, size: number): Promise<Uint8Array> {
  const unpacked = await unpack(bytes, size);
  if (unpacked.length !== size)
    throw new Error(`a block of blosc unpacks to ${unpacked.length} bytes instead of ${size}`);
  return unpacked;
}

function unshuffled(block: Uint8Array, flags: number, typeSize: number): Uint8Array {
  if (flags & flag.shuffled && typeSize > 1) return unshuffle(block, typeSize);
  if (flags & flag.bitShuffled && block.length >= typeSize) return bitUnshuffle(block, typeSize);
  return block;
}

/** First bytes of all elements, then all second ones, …, to elements; what is no whole element at the end stays. */
export function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const count = Math.floor(bytes.length / size);
  for (let byte = 0; byte < size; byte++) {
    for (let i = 0, from = byte * count, to = byte; i < count; i++, from++, to += size) out[to] = bytes[from]!;
  }
  out.set(bytes.subarray(count * size), count * size);
  return out;
}

/** The same by bits, of whole groups of eight elements only. */
export function bitUnshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  if (count % 8 !== 0) return bytes;
  const out = new Uint8Array(bytes.length);
  const row = count / 8;
  for (let byte = 0; byte < size; byte++) {
    const first = 8 * byte * row;
    for (let group = 0; group < row; group++) {
      // A matrix of 8 × 8 bits, in two halves, turned over its diagonal (Hacker's Delight, 7-3).
      const at = (bit: number) => bytes[first + bit * row + group]!;
      let high = (at(7) << 24) | (at(6) << 16) | (at(5) << 8) | at(4);
      let low = (at(3) << 24) | (at(2) << 16) | (at(1) << 8) | at(0);
      if ((high | low) === 0) continue;
      high = swappedBits(swappedBits(high, 7, 0x00aa00aa), 14, 0x0000cccc);
      low = swappedBits(swappedBits(low, 7, 0x00aa00aa), 14, 0x0000cccc);
      const turned = (high & 0xf0f0f0f0) | ((low >>> 4) & 0x0f0f0f0f);
      low = ((high << 4) & 0xf0f0f0f0) | (low & 0x0f0f0f0f);
      for (let i = 0, to = 8 * group * size + byte; i < 4; i++, to += size) {
        out[to] = low >>> (8 * i);
        out[to + 4 * size] = turned >>> (8 * i);
      }
    }
  }
  out.set(bytes.subarray(count * size), count * size);
  return out;
}

function swappedBits(bits: number, distance: number, mask: number): number {
  const differing = (bits ^ (bits >>> distance)) & mask;
  return bits ^ differing ^ (differing << distance);
}

const truncated = () => new Error("blosc ends before its contents do");
