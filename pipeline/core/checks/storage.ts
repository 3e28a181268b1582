/**
 * Findings on how arrays are stored, and so on how they perform over a network.
 *
 * Clients fetch chunks: many tiny ones cost a round trip each, huge ones are loaded whole for a single value. A directory
 * of very many names is split over blocks, and some clients can't list those. Formats hand in numbers; no values are read.
 *
 * ```ts
 * storageFindings({ arrays: [{ name: "ta", bytes: 8e6, chunks: 1000, chunkBytes: 8000, compressed: true }] }); // small-chunks
 * ```
 */
import type { DatasetFinding } from "../dataset/dataset.ts";
import { plural } from "../text/plural.ts";
import { formatBytes, shown } from "../text/shown.ts";

export interface Storage {
  readonly arrays: readonly StoredArray[];
  /** Bytes of a NetCDF or HDF5 file. Absent for a Zarr store. */
  readonly file?: number;
}

export interface StoredArray {
  readonly name: string;
  /** Bytes that its values take in memory; 0 where that is not known. */
  readonly bytes: number;
  readonly compressed: boolean;
  /** Chunks, or shards, that are stored; as many as its shape has where they were not counted. 1 without chunks. */
  readonly chunks: number;
  /** Median bytes of a chunk as it is stored, or most bytes that it can have. Absent where parts of it are fetched (shards). */
  readonly chunkBytes?: number;
  /** Whether a directory of its chunks is split over blocks: a HAMT. */
  readonly isSplit?: boolean;
}

/** Bytes. Below, a fetch is mostly waiting; above, it is mostly loading. */
export const goodChunk = { least: 64_000, most: 64_000_000 } as const;

/** Bytes. A dataset smaller than this is fetched quickly, however it is chunked. */
export const tiny = 1_000_000;

/** Bytes: of arrays without compression, and of a file that is better published as Zarr. */
const large = { uncompressed: 16_000_000, file: 64_000_000 } as const;

/** Chunks of one array, each a file and a block of its own. */
const manyChunks = 10_000;

/** Findings of a dataset's storage, at most one of each rule, in the order of the rules. */
export function storageFindings({ arrays, file }: Storage): DatasetFinding[] {
  const findings: DatasetFinding[] = [];
  const total = arrays.reduce((sum, { chunks, chunkBytes, bytes }) => sum + chunks * (chunkBytes ?? bytes / chunks), 0);
  const isSmall = ({ chunks, chunkBytes }: StoredArray) =>
    chunks > 1 && chunkBytes !== undefined && chunkBytes < goodChunk.least;
  const small = total < tiny ? [] : arrays.filter(isSmall);
  if (small.length > 0) {
    const worst = small.reduce((a, b) => (b.chunks > a.chunks ? b : a));
    findings.push({
      level: "warning",
      rule: "small-chunks",
      says: `chunks of ${listed(small)} are small: ${shown(worst.name)} has ${worst.chunks}, half of them of at most ${kilobytes(worst)} kB; each is a request of its own`,
      fix: `rechunk to a megabyte or more a chunk before adding${file === undefined ? ", or use Zarr's sharding" : ""}`,
    });
  }
  const big = arrays.filter(({ chunks, chunkBytes = 0 }) => chunks > 1 && chunkBytes > goodChunk.most);
  if (big.length > 0) {
    const worst = big.reduce((a, b) => ((b.chunkBytes ?? 0) > (a.chunkBytes ?? 0) ? b : a));
    findings.push({
      level: "warning",
      rule: "large-chunks",
      says: `chunks of ${listed(big)} are large: those of ${shown(worst.name)} have ${Math.floor((worst.chunkBytes ?? 0) / 1e6)} MB, loaded whole for a single value`,
      fix: "rechunk to some megabytes a chunk before adding",
    });
  }
  const split = arrays.filter(({ isSplit }) => isSplit);
  if (split.length > 0) {
    findings.push({
      level: "warning",
      rule: "sharded-directory",
      says: `${listed(split)} ${split.length === 1 ? "has" : "have"} so many chunks in one directory that it is split over blocks; some clients, ipfsspec among them, can't list it`,
      fix: 'write it with dimension_separator="/", or with larger chunks',
    });
  }
  const many = arrays.filter(({ chunks }) => file === undefined && chunks > manyChunks);
  if (many.length > 0) {
    const most = many.reduce((a, b) => (b.chunks > a.chunks ? b : a));
    findings.push({
      level: "hint",
      rule: "many-chunks",
      says: `${shown(most.name)} is stored in ${most.chunks} files${many.length > 1 ? `, and ${plural(many.length - 1, "more array")} in more than ${manyChunks}` : ""}; each is announced, pinned and fetched by itself`,
      fix: "write it with Zarr's sharding (version 3), or with larger chunks",
    });
  }
  const plain = arrays.filter(({ compressed }) => !compressed);
  const uncompressed = plain.reduce((sum, { bytes }) => sum + bytes, 0);
  if (uncompressed >= large.uncompressed) {
    const largest = plain.toSorted((a, b) => b.bytes - a.bytes);
    findings.push({
      level: "hint",
      rule: "uncompressed",
      says: `${formatBytes(uncompressed)} are stored without compression: ${listed(largest)}`,
      fix: "write it with a compressor, such as zstd, or nccopy -4 -d 4 -s for NetCDF",
    });
  }
  if (file !== undefined && file >= large.file) {
    findings.push({
      level: "hint",
      rule: "better-as-zarr",
      says: `it is one file of ${formatBytes(file)}: as a Zarr store, a part of it would be fetched in fewer requests, and by more programs`,
      fix: toZarr,
    });
  }
  return findings;
}

const toZarr = "docs/checks.md has the lines of Python that convert it, and give the same CID each time";

/** The first three names, and how many more there are. */
function listed(arrays: readonly StoredArray[]): string {
  const names = arrays.slice(0, 3).map(({ name }) => shown(name));
  const more = arrays.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

const kilobytes = ({ chunkBytes = 0 }: StoredArray) => Math.max(1, Math.ceil(chunkBytes / 1000));
