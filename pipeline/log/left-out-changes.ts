/**
 * The changes of a release that changes so many leaves that they do not fit into its block.
 *
 * They are what differs between its tree.yaml and that of the previous release, both of which the log carries and the portal
 * links. So nothing has to be stored for them.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { changesBetween } from "../core/tree/changes.ts";
import { readTree } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import { whole } from "../dag/read/read.ts";
import type { ReleaseLog } from "./log.ts";
import { type Draft, type Release, readRelease } from "./release.ts";

/** What they are read from. */
export interface Texts {
  /** A release as its block has it. */
  readonly read: (cid: CID) => Promise<Release>;
  /** The bytes of the tree.yaml of a release. */
  readonly source: (release: Draft) => Promise<Uint8Array>;
}

/**
 * `release` with all of its changes.
 *
 * @throws Failure `unavailable` where a tree.yaml is out of reach, `corrupt` where there are other changes than the release records.
 */
export async function withChanges(release: Release, { read, source }: Texts): Promise<Release> {
  const { changesLeftOut: count, previous } = release;
  if (count === undefined || release.changes.length > 0) return release;
  const before = previous ? readTree(await source(await read(previous))).tree : new Map();
  const changes = changesBetween(before, readTree(await source(release)).tree);
  if (changes.length === count) return { ...release, changes };
  throw new Failure(
    "corrupt",
    `release ${release.number} leaves out ${count} changes, and between its tree.yaml and the one before are ${changes.length}`,
  );
}

/** What a log reads with. */
interface LogParts {
  /** Of messages. */
  readonly name: string;
  /** A release as its block has it. */
  readonly read: ReleaseLog["read"];
  readonly source: ReleaseLog["source"];
  /** Blocks of the campaign's node. */
  readonly get: (cid: CID, world: World) => Promise<Uint8Array | undefined>;
}

/** Reads releases with all of their changes. Those of the release that was read last stay in memory: most callers ask for the head. */
export function completing({ name, read, source, get }: LogParts): ReleaseLog["read"] {
  let last: { readonly cid: CID; readonly release: Release } | undefined;
  const textOf = async (release: Draft, world: World): Promise<Uint8Array> => {
    const carried = await source(release, world);
    if (carried) return carried.text;
    return whole(release.tree, async (cid) => {
      const bytes = await get(cid, world);
      if (bytes) return bytes;
      throw new Failure(
        "unavailable",
        `tree.yaml of release ${release.number}, of which ${name} has not all changes, is out of reach`,
      );
    });
  };
  return async (cid, world) => {
    if (last?.cid.equals(cid)) return last.release;
    const found = await read(cid, world);
    const release = await withChanges(found, {
      read: (previous) => read(previous, world),
      source: (of) => textOf(of, world),
    });
    if (release !== found) last = { cid, release };
    return release;
  };
}

/** The release with that CID and all of its changes, from blocks alone. @throws Failure as {@link withChanges}, and as `get` does */
export async function completeRelease(cid: CID, get: Get): Promise<Release> {
  const read = async (at: CID) => readRelease({ cid: at, bytes: await get(at) });
  return withChanges(await read(cid), { read, source: ({ tree }) => whole(tree, get) });
}
