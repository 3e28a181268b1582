/**
 * What was published before, as this machine can know it: from the log, which every machine that publishes shares, else
 * from blocks, which it may have none of.
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
import type { Release } from "../../log/release.ts";
import type { Carried, Source } from "../../log/source.ts";
import type { Parts } from "../parts.ts";
import { assembleTree } from "./assemble.ts";

export type Past = Pick<Parts, "get" | "log" | "sizes" | "profile">;

/** The tree that a release published, from its own tree.yaml. */
export async function treeOf(release: Release, past: Past, world: World): Promise<Tree> {
  return readTree(await sourceOf(release, past, world)).tree;
}

/**
 * The tree.yaml that a release published. Sizes of its leaves that come with it are remembered.
 *
 * @throws Failure `unavailable` where neither the log nor anybody who has blocks gives it.
 */
export async function sourceOf(release: Release, past: Past, world: World): Promise<Uint8Array> {
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
      hint: `${past.log.name} carries none for releases made by an older fieldtree: the next publish from the machine that made them adds it`,
      cause: error,
    });
  }
}

/** Sizes are believed where they give the root that the release names: a Tsize is part of the directory that links to it. */
async function rememberSizes(
  { number, root }: Release,
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
 * `sizes` (bytes, in the order of the leaves of `tree` that name data) by CID, where `tree` with them has this root: that
 * proves both. `undefined` where it has another root. `profile` is tried first, then every other one.
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

/** Of earlier releases that the log carries no tree.yaml of, how many are looked at in one publish, and bytes of theirs that go with it. */
const mostAdded = { releases: 64, bytes: 32 << 20 } as const;

/**
 * What the log lacks of the releases up to `head`, as far as this machine has it: those that an older fieldtree made. They
 * are the oldest of a log, so the first release that the log has whole ends the search.
 */
export async function lackingSources(
  head: Head | undefined,
  { log, home, sizes }: Pick<Parts, "log" | "home" | "sizes">,
  world: World,
): Promise<Carried[]> {
  const lacking: Carried[] = [];
  let bytes = 0;
  let looked = 0;
  for await (const { release } of releasesFrom(head, log, world)) {
    if (looked++ === mostAdded.releases || (await log.source(release, world))) break;
    const text = await textAtHome(release, home, world);
    if (!text) break;
    bytes += text.length;
    if (bytes > mostAdded.bytes) break;
    lacking.push({ tree: release.tree, ...sourceFrom(text, sizes) });
  }
  return lacking;
}

/** What the log is to carry of a tree.yaml: with sizes, where all of them are known. */
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
