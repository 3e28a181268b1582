/**
 * How bytes become blocks: the parameters that, with the bytes, decide a CID.
 *
 * The four that people meet in campaigns. `cid-v1` is ours for everything new; the others exist so that what was
 * added elsewhere can be added again to the same CID.
 *
 * @see https://specs.ipfs.tech/ipips/ipip-0499/ for `unixfs-v0-2015` and `unixfs-v1-2025`
 */
import type { DirectoryProfile } from "../core/campaign/campaign.ts";

export interface Profile {
  /** Version of the CIDs of directories and of files that aren't a single raw leaf. */
  readonly cidVersion: 0 | 1;
  /** Chunks are raw blocks instead of UnixFS file nodes. */
  readonly rawLeaves: boolean;
  /** Bytes a chunk. */
  readonly chunkSize: number;
  /** Links a node in the balanced tree of a file. */
  readonly maxLinks: number;
  /** How the size of a directory is estimated before it is sharded at {@link shardThreshold}. */
  readonly estimate: "links" | "block";
}

/** Bytes. A directory whose estimate is greater is sharded (HAMT, 256 wide, murmur3-x64-64). */
export const shardThreshold = 262_144;

const kubo = { chunkSize: 262_144, maxLinks: 174, estimate: "links" } as const;

export const profiles = {
  /** `ipfs add --cid-version=1` */
  "cid-v1": { ...kubo, cidVersion: 1, rawLeaves: true },
  "unixfs-v1-2025": { cidVersion: 1, rawLeaves: true, chunkSize: 1_048_576, maxLinks: 1024, estimate: "block" },
  /** `ipfs add` */
  "unixfs-v0-2015": { ...kubo, cidVersion: 0, rawLeaves: false },
  /** `ipfs add --raw-leaves` */
  "v0-raw-leaves": { ...kubo, cidVersion: 0, rawLeaves: true },
} as const satisfies Record<DirectoryProfile, Profile>;

export type ProfileName = keyof typeof profiles;
