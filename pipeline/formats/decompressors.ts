/**
 * Decompression, which readers are handed: Node has other means for it than a browser.
 *
 * The command line gives `pipeline/campaign/readers/decompressors.ts` (node:zlib and two packages); a browser gives
 * `DecompressionStream` or WebAssembly, and leaves out what it has nothing for.
 */
import { Unsupported } from "./unsupported.ts";

/**
 * The content of one compressed stream.
 *
 * `bytes` may be a view into memory that others use as well. The result has at most `most` bytes, whatever the stream
 * claims.
 *
 * @throws Error where the bytes are damaged, end early, or unpack to more than `most` bytes; Unsupported where only this
 * implementation can't read them.
 */
export type Decompress = (bytes: Uint8Array, most: number) => Promise<Uint8Array>;

/** One that is absent leaves its data unread, with a finding. */
export interface Decompressors {
  /** RFC 1952. */
  readonly gzip: Decompress;
  /** RFC 1950: deflate with zlib's header and checksum, which is HDF5's `deflate` too. */
  readonly zlib: Decompress;
  /** RFC 8878. */
  readonly zstd?: Decompress;
  readonly bz2?: Decompress;
  /** The .xz container of LZMA2. */
  readonly xz?: Decompress;
}

/** The decompressor itself, or one that throws Unsupported naming `format`. */
export function decompressorOr(decompress: Decompress | undefined, format: string): Decompress {
  return decompress ?? (() => Promise.reject(new Unsupported(`there is no decompressor for ${format} here`)));
}
