/**
 * Reads what was published before: from the log, which all publishing machines share, or else from blocks, which this
 * machine may not have.
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import { firstFound } from "../../core/first-found.ts";
import { dataLeaves, readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { type ProfileName, profiles } from "../../dag/profile.ts";
import { whole } from "../../dag/read/read.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import type { Draft, Release } from "../../log/release.ts";
import type { Carried, Source } from "../../log/source.ts";
import type { Parts } from "../parts.ts";
import { assembleTree } from "./assemble.ts";

export type Past = Pick<Parts, "get" | "log" | "sizes" | "profile">;

/** Returns the tree of a release, parsed from the tree.yaml that it published. */
export async function treeOf(release: Draft, past: Past, world: World): Promise<Tree> {
  return readTree(await sourceOf(release, past, world)).tree;
}

/**
 * Returns the tree.yaml that a release published. Caches the sizes of its leaves where the log carries them.
 *
 * @throws Failure `unavailable` where neither the log nor any source of blocks has it.
 */
export async function sourceOf(release: Draft, past: Past, world: World): Promise<Uint8Array> {
  world.signal.throwIfAborted();
  const inLog = async () => {
    const carried = await past.log.source(release, world);
    if (carried) await rememberSizes(release, carried, past, world);
    return carried?.text;
  };
  try {
    return (await firstFound([inLog, () => whole(release.tree, past.get)]))!;
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    throw new Failure("unavailable", `tree.yaml of release ${release.number} is out of reach: ${error.message}`, {
      hint: `${past.log.name} carries none for releases of an older fieldtree: the next publish from the machine that created them adds it`,
      cause: error,
    });
  }
}

/** Caches sizes only where they give the root of the release: Tsizes are part of the directories that the root hashes. */
async function rememberSizes(
  { number, root }: Draft,
  { text, sizes }: Source,
  { log, sizes: remembered, profile }: Past,
  world: World,
): Promise<void> {
  if (!sizes) return;
  const { tree } = readTree(text);
  if (dataLeaves(tree).every(({ cid }) => typeof remembered.get(cid.toString()) === "number")) return;
  const of = sizesGiving(root, tree, sizes, profile);
  if (!of) {
    world.log(`warning: ${log.name}: the sizes of release ${number} do not give its root, and are not used`);
    return;
  }
  for (const [cid, size] of of) remembered.set(cid, size);
  await remembered.save();
}

/**
 * Returns `sizes` (bytes, in the order of the data leaves of `tree`) by CID, where `tree` with these sizes has this root,
 * which proves tree and sizes; `undefined` where it has another root. Tries `profile` first, then every other profile.
 */
export function sizesGiving(
  root: CID,
  tree: Tree,
  sizes: readonly number[],
  profile: ProfileName,
): ReadonlyMap<string, number> | undefined {
  const leaves = dataLeaves(tree);
  if (leaves.length !== sizes.length) return undefined;
  const of = new Map(leaves.map(({ cid }, i) => [cid.toString(), sizes[i]!]));
  const names = new Set([profile, ...Object.keys(profiles)] as ProfileName[]);
  const rootWith = (name: ProfileName) => assembleTree(tree, of, name, () => undefined).cid;
  return names.values().some((name) => rootWith(name).equals(root)) ? of : undefined;
}

/** What the log is to carry of releases of another copy of it, as far as their tree.yaml can be read here. */
export async function sourcesOf(releases: readonly Release[], past: Past, world: World): Promise<Carried[]> {
  const found: Carried[] = [];
  for (const release of releases) {
    try {
      found.push({ tree: release.tree, ...sourceFrom(await sourceOf(release, past, world), past.sizes) });
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
    }
  }
  return found;
}

/** Bounds of one publish: earlier releases checked for a tree.yaml that the log lacks, and bytes of tree.yaml added for them. */
const mostAdded = { releases: 64, bytes: 32 << 20 } as const;

/**
 * Returns the tree.yaml that the log lacks for releases up to `head`, as far as the home node has them. Older versions of
 * fieldtree created releases without. The search ends at the first release whose tree.yaml the log has.
 */
export async function lackingSources(
  head: Head | undefined,
  { log, home, sizes }: Pick<Parts, "log" | "home" | "sizes">,
  world: World,
): Promise<Carried[]> {
  const lacking: Carried[] = [];
  let bytes = 0;
  let count = 0;
  for await (const { release } of releasesFrom(head, log, world)) {
    if (count++ === mostAdded.releases || (await log.source(release, world))) break;
    const text = await textAtHome(release, home, world);
    if (!text) break;
    bytes += text.length;
    if (bytes > mostAdded.bytes) break;
    lacking.push({ tree: release.tree, ...sourceFrom(text, sizes) });
  }
  return lacking;
}

/** Returns the record of a tree.yaml for the log, with the sizes of its leaves where all of them are known. */
export function sourceFrom(text: Uint8Array, sizes: Pick<Parts["sizes"], "get">): Source {
  const known = dataLeaves(readTree(text).tree).map(({ cid }) => sizes.get(cid.toString()));
  const all = known.filter((size) => typeof size === "number");
  return { text, ...(all.length === known.length && { sizes: all }) };
}

async function textAtHome({ tree }: Release, home: Parts["home"], world: World): Promise<Uint8Array | undefined> {
  const missing = new Failure("unavailable", `${tree} is not on ${home.name}`);
  try {
    return await whole(tree, async (cid) => {
      const bytes = await home.get(cid, world);
      if (!bytes) throw missing;
      return bytes;
    });
  } catch (error) {
    if (error === missing) return undefined;
    throw error;
  }
}
