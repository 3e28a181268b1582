/**
 * The blocks of a release and all earlier ones, without the data: enough to prove and browse what was published.
 *
 * They are every release, merged ones included, the tree.yaml and directories of each, and the newest portal. `verify
 * --offline` needs them, and they are small enough to attach to a release page.
 */
import type { CID } from "multiformats/cid";
import { dataLeaves, identity, readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { type Block, type Get, keyOf } from "../../dag/block.ts";
import { cidSet } from "../../dag/cid-set.ts";
import { child, entries, walk } from "../../dag/read/read.ts";
import { allReleasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { releaseBlock } from "../../log/release.ts";
import { type Past, sourceOf, treeOf } from "./past.ts";

/** Yields each block a single time, those of `head` first. @throws Failure `unavailable` where one is out of reach. */
export async function* withoutData(head: Head, campaign: Past, world: World): AsyncGenerator<Block> {
  const { log, get } = campaign;
  const sent = new Set<string>();
  const unsent = function* (block: Block): Generator<Block> {
    if (sent.has(keyOf(block.cid))) return;
    sent.add(keyOf(block.cid));
    yield block;
  };
  for await (const { release } of allReleasesFrom(head, log, world)) {
    yield* unsent(releaseBlock(release));
    for await (const block of walk(release.tree, get, { scope: "all" })) yield* unsent(block);
    const { tree } = readTree(await sourceOf(release, campaign, world));
    for (const folder of await foldersOf(release.root, tree, get)) {
      if (sent.has(keyOf(folder))) continue;
      for await (const block of walk(folder, get, { scope: "entity" })) yield* unsent(block);
    }
  }
  // The portal links to the tree, whose data must be left out.
  for await (const { name, cid } of entries(head.release.portal, get)) {
    if (name === "tree") continue;
    for await (const block of walk(cid, get, { scope: "all" })) yield* unsent(block);
  }
  for await (const block of walk(head.release.portal, get, { scope: "entity" })) yield* unsent(block);
}

/** The same, with the data of `head`, without that of `since`. */
export async function* withData(
  head: Head,
  since: Head | undefined,
  campaign: Past,
  world: World,
): AsyncGenerator<Block> {
  const leavesOf = async ({ release }: Head) => dataLeaves(await treeOf(release, campaign, world));
  const had = new Set(since && (await leavesOf(since)).map(({ cid }) => identity(cid)));
  const leaves = (await leavesOf(head)).filter(({ cid }) => !had.has(identity(cid)));
  yield* withLeaves(
    head,
    leaves.map(({ cid }) => cid),
    campaign,
    world,
  );
}

/** The same, with the data of these leaves. */
export async function* withLeaves(
  head: Head,
  leaves: readonly CID[],
  campaign: Past,
  world: World,
): AsyncGenerator<Block> {
  const sent = cidSet();
  for await (const block of withoutData(head, campaign, world)) {
    sent.add(block.cid);
    yield block;
  }
  for (const leaf of leaves) {
    for await (const block of walk(leaf, campaign.get, { scope: "all" })) {
      if (sent.has(block.cid)) continue;
      sent.add(block.cid);
      yield block;
    }
  }
}

/** Returns the CIDs of the directories above the leaves of `tree`, read from `root`. */
async function foldersOf(root: CID, tree: Tree, get: Get): Promise<CID[]> {
  const found = new Map<string, CID>([["", root]]);
  for (const path of tree.keys()) {
    let at = "";
    for (const name of path.split("/").slice(0, -1)) {
      const below = at === "" ? name : `${at}/${name}`;
      if (!found.has(below)) found.set(below, (await child(found.get(at)!, name, get))!);
      at = below;
    }
  }
  return [...found.values()];
}
