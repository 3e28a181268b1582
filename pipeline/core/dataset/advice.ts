/**
 * Advice to the person who adds a dataset on how it performs over the network.
 *
 * Clients fetch chunks: many tiny ones cost a round trip each, huge ones must be loaded whole for a single value. A
 * directory of very many names is sharded, and some clients can't list those. All of it is known without reading any data.
 */
import type { DatasetFinding } from "./dataset.ts";

export interface Stored {
  readonly hasTitle: boolean;
  readonly variables: readonly StoredVariable[];
}

export interface StoredVariable {
  readonly name: string;
  /** Stored chunks. */
  readonly count: number;
  /** Bytes of each, or of a fair sample. Empty where what is stored isn't what is fetched (shards). */
  readonly sizes: readonly number[];
  /** Bytes that the names and CIDs of its largest directory take. */
  readonly listing: number;
}

/** Bytes. Below, a fetch is all waiting; above, it is all loading. */
const goodChunk = { least: 64_000, most: 64_000_000 } as const;

/** Bytes. A dataset smaller than this is fetched quickly, however it is chunked. */
const tiny = 1_000_000;

/** Bytes of names and CIDs beyond which a directory is sharded, by default: see `dag/profile.ts`. */
const shardedFrom = 262_144;

export function datasetAdvice({ hasTitle, variables }: Stored): DatasetFinding[] {
  const findings: DatasetFinding[] = [];
  if (!hasTitle) {
    findings.push({
      level: "warning",
      rule: "no-title",
      says: "the dataset has no title: nobody will find it by what it is",
      fix: "set the global attribute `title`, or write a dataset_meta.yaml with attributes.title beside it",
    });
  }
  const total = variables.reduce((sum, { count, sizes }) => sum + count * mean(sizes), 0);
  const small =
    total < tiny
      ? []
      : variables.filter(({ count, sizes }) => count > 1 && sizes.length > 0 && median(sizes) < goodChunk.least);
  if (small.length > 0) {
    const worst = small.reduce((a, b) => (b.count > a.count ? b : a));
    findings.push({
      level: "warning",
      rule: "small-chunks",
      says: `chunks of ${list(small)} are small: ${worst.name} has ${worst.count}, half of them below ${inKb(median(worst.sizes))} kB; each is a request of its own`,
      fix: "rechunk to a megabyte or more a chunk before adding, or use Zarr's sharding",
    });
  }
  const large = variables.filter(({ sizes }) => sizes.length > 0 && median(sizes) > goodChunk.most);
  if (large.length > 0) {
    const worst = large.reduce((a, b) => (median(b.sizes) > median(a.sizes) ? b : a));
    findings.push({
      level: "warning",
      rule: "large-chunks",
      says: `chunks of ${list(large)} are large: half of those of ${worst.name} are over ${Math.floor(median(worst.sizes) / 1e6)} MB, loaded whole for a single value`,
      fix: "rechunk to some megabytes a chunk before adding",
    });
  }
  const sharded = variables.filter(({ listing }) => listing > shardedFrom);
  if (sharded.length > 0) {
    findings.push({
      level: "warning",
      rule: "sharded-directory",
      says: `${list(sharded)} ${sharded.length === 1 ? "has" : "have"} so many chunks in one directory that it is split over blocks; some clients, ipfsspec among them, can't list it`,
      fix: 'write it with dimension_separator="/", or with larger chunks',
    });
  }
  return findings;
}

function list(variables: readonly StoredVariable[]): string {
  const names = variables.slice(0, 3).map(({ name }) => name);
  const more = variables.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function median(sizes: readonly number[]): number {
  const sorted = sizes.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function mean(sizes: readonly number[]): number {
  return sizes.length === 0 ? 0 : sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

function inKb(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1000));
}
