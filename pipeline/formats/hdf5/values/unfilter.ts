/**
 * Filters of chunks undone, the last one first (section IV.A.2.l).
 *
 * HDF5's own: deflate, shuffle, fletcher32, which is verified, nbit and scaleoffset. Of the registered ones those whose codec
 * the project has. Not szip, for which no maintained package exists that a browser could run.
 *
 * @see https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md
 */
import { isFailure } from "../../../core/failure.ts";
import { unpackBlosc, unshuffle } from "../../codecs/blosc.ts";
import { fletcher32 } from "../../codecs/checksums.ts";
import { unpackLz4 } from "../../codecs/lz4.ts";
import { type Decompressors, decompressorOr } from "../../decompressors.ts";
import { Unsupported } from "../../unsupported.ts";
import type { Hdf5Filter, Hdf5Type } from "../model.ts";
import { damaged, unsupported } from "../structure/failures.ts";
import { unpackBitshuffle } from "./bitshuffle.ts";
import { unpackLzf } from "./lzf.ts";
import { unpackNbit } from "./nbit.ts";
import { unpackScaleOffset } from "./scale-offset.ts";

/** What undoes one filter. @throws Error where the bytes are damaged or become more than `most`. */
type Undo = (
  bytes: Uint8Array,
  most: number,
  filter: Hdf5Filter,
  type: Hdf5Type,
  using: Decompressors,
) => Uint8Array | Promise<Uint8Array>;

const undoing: ReadonlyMap<number, Undo> = new Map<number, Undo>([
  [1, (bytes, most, _, __, { zlib }) => zlib(bytes, most)],
  [2, (bytes, _, { parameters }, type) => unshuffle(bytes, parameters[0] || type.size)],
  [3, (bytes) => checked(bytes)],
  [5, (bytes, most, { parameters }) => unpackNbit(bytes, most, parameters)],
  [6, (bytes, most, { parameters }) => unpackScaleOffset(bytes, most, parameters)],
  [307, (bytes, most, _, __, { bz2 }) => decompressorOr(bz2, "bzip2")(bytes, most)],
  [32000, (bytes, most) => unpackLzf(bytes, most)],
  [32001, (bytes, most, _, __, using) => unpackBlosc(bytes, most, using)],
  [32004, (bytes, most) => framedLz4(bytes, most)],
  [32008, (bytes, most, { parameters }, _, using) => unpackBitshuffle(bytes, most, parameters, using)],
  [32015, (bytes, most, _, __, { zstd }) => decompressorOr(zstd, "zstd")(bytes, most)],
  // Lossy when written, with nothing to undo.
  [32022, (bytes) => bytes],
  [32023, (bytes) => bytes],
]);

/** What of these filters can't be undone with these decompressors, as a sentence without its end. */
export function unreadFilter(filters: readonly Hdf5Filter[], { zstd, bz2 }: Decompressors): string | undefined {
  const isMissing = ({ id }: Hdf5Filter) => !undoing.has(id) || (id === 32015 && !zstd) || (id === 307 && !bz2);
  const filter = filters.find(isMissing);
  return filter && `HDF5's filter ${filter.name} (${filter.id}) is not read`;
}

export interface StoredChunk {
  readonly bytes: Uint8Array;
  readonly filterMask: number;
  /** Byte of the file. */
  readonly offset: number;
}

/** More than a chunk has, for what filters put around it. */
const slack = 4096;

/**
 * A chunk's elements, `size` bytes.
 *
 * @throws Failure `input` where the chunk is damaged or a filter is not read.
 */
export async function unfiltered(
  { bytes: stored, filterMask, offset }: StoredChunk,
  size: number,
  filters: readonly Hdf5Filter[],
  type: Hdf5Type,
  using: Decompressors,
): Promise<Uint8Array> {
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    const filter = filters[i]!;
    // As an int of 32 bits has them, and as there are filters.
    if ((filterMask & (1 << i)) !== 0) continue;
    const undo = undoing.get(filter.id);
    if (!undo) throw unsupported(`HDF5's filter ${filter.name} (${filter.id}) is not read`);
    try {
      bytes = await undo(bytes, size + slack, filter, type, using);
    } catch (cause) {
      if (isFailure(cause)) throw cause;
      const what = `${filter.name}: ${(cause as Error).message}`;
      throw cause instanceof Unsupported
        ? unsupported(what)
        : damaged(`a chunk is not readable, ${what}`, offset, cause);
    }
  }
  if (bytes.length !== size) throw damaged(`a chunk has ${bytes.length} bytes instead of ${size}`, offset);
  return bytes;
}

/** The checksum is behind the bytes, little-endian. */
function checked(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) throw new Error(`${bytes.length} bytes are too few for a checksum`);
  const content = bytes.subarray(0, -4);
  const stored = new DataView(bytes.buffer, bytes.byteOffset + content.length, 4).getUint32(0, true);
  if (fletcher32(content) !== stored) throw new Error("the checksum is wrong");
  return content;
}

/** Sizes are big-endian: of all that is unpacked (8 bytes), of a block (4), and before each block of it as stored (4). */
function framedLz4(bytes: Uint8Array, most: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) throw new Error("it ends within its header");
  const size = Number(view.getBigUint64(0));
  const blockSize = view.getUint32(8);
  if (size > most) throw new Error(`it unpacks to ${size} bytes, of which at most ${most} are expected`);
  if (blockSize === 0 && size > 0) throw new Error("its blocks are empty");
  const output = new Uint8Array(size);
  let from = 12;
  for (let to = 0; to < size; to += blockSize) {
    if (from + 4 > bytes.length) throw new Error("it ends before its contents do");
    const stored = view.getUint32(from);
    const length = Math.min(blockSize, size - to);
    const block = bytes.subarray(from + 4, from + 4 + stored);
    if (block.length < stored) throw new Error("it ends before its contents do");
    // What did not become shorter is stored as it was.
    output.set(stored === length ? block : unpackLz4(block, length), to);
    from += 4 + stored;
  }
  return output;
}
