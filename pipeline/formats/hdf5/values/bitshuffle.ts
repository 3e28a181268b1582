/**
 * The registered filter bitshuffle: elements in blocks, of each block first all lowest bits, and so on; blocks then
 * compressed by LZ4 or Zstandard, or not at all.
 *
 * Elements beyond the last whole group of eight are behind the blocks, as they were.
 *
 * @see https://github.com/kiyo-masui/bitshuffle#usage-for-analysing-hdf5-data (and `bshuf_h5filter.h` for the parameters)
 */
import { bitUnshuffle } from "../../codecs/blosc.ts";
import { unpackLz4 } from "../../codecs/lz4.ts";
import { type Decompressors, decompressorOr } from "../../decompressors.ts";
import { Unsupported } from "../../unsupported.ts";

/** Bytes of a block where the parameters name none; elements of one at least. */
const usual = { bytes: 8192, least: 128 } as const;

/** At most `most` bytes. @throws Error where parameters and bytes don't agree; Unsupported for a compressor we lack. */
export async function unpackBitshuffle(
  bytes: Uint8Array,
  most: number,
  parameters: readonly number[],
  using: Decompressors,
): Promise<Uint8Array> {
  const [, , elementSize = 0, elementsPerBlock = 0, compressor = 0] = parameters;
  if (elementSize === 0) throw new Error("its elements have no bytes");
  const unpack = unpackerOf(compressor, using);
  const { size, blockSize, from } = unpack
    ? sizesIn(bytes)
    : { size: bytes.length, blockSize: (elementsPerBlock || usualBlock(elementSize)) * elementSize, from: 0 };
  if (size > most) throw new Error(`it unpacks to ${size} bytes, of which at most ${most} are expected`);
  if (blockSize === 0 || blockSize % (8 * elementSize) !== 0)
    throw new Error(`it has blocks of ${blockSize} bytes of elements of ${elementSize}`);

  const out = new Uint8Array(size);
  const group = 8 * elementSize;
  let at = from;
  let to = 0;
  while (size - to >= group) {
    const left = size - to;
    const length = Math.min(blockSize, left - (left % group));
    const stored = unpack ? lengthAt(bytes, at) : length;
    if (unpack) at += 4;
    if (at + stored > bytes.length) throw new Error("it ends before its contents do");
    const block = bytes.subarray(at, at + stored);
    const unpacked = unpack ? await unpack(block, length) : block;
    if (unpacked.length !== length) throw new Error(`a block has ${unpacked.length} bytes instead of ${length}`);
    out.set(bitUnshuffle(unpacked, elementSize), to);
    at += stored;
    to += length;
  }
  if (at + (size - to) !== bytes.length) throw new Error(`it has ${bytes.length} bytes instead of ${at + size - to}`);
  out.set(bytes.subarray(at), to);
  return out;
}

type Unpack = (bytes: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>;

function unpackerOf(compressor: number, { zstd }: Decompressors): Unpack | undefined {
  switch (compressor) {
    case 0:
      return undefined;
    case 2:
      return unpackLz4;
    case 3:
      return decompressorOr(zstd, "zstd");
    default:
      throw new Unsupported(`its compressor number ${compressor} is not read`);
  }
}

/** Big-endian: bytes of all that is unpacked (8), and of a block (4). */
function sizesIn(bytes: Uint8Array) {
  if (bytes.length < 12) throw new Error("it ends within its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  return { size: Number(view.getBigUint64(0)), blockSize: view.getUint32(8), from: 12 };
}

function lengthAt(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw new Error("it ends before its contents do");
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
}

function usualBlock(elementSize: number): number {
  const elements = Math.floor(usual.bytes / elementSize);
  return Math.max(usual.least, elements - (elements % 8));
}
