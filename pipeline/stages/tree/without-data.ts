/**
 * A release and everything older, without the data: the blocks that prove what was published, and let it be browsed.
 *
 * Every release, merged ones too, each one's tree.yaml and directories, and the newest portal. What `verify --offline` needs, small
 * enough to attach to a release page.
 */
import type { CID } from "multiformats/cid";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { type Block, type Get, keyOf } from "../../dag/block.ts";
import { child, entries, walk } from "../../dag/read/read.ts";
import { allReleasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { releaseBlock } from "../../log/release.ts";
import { type Past, sourceOf } from "./past.ts";

/** Each block once, `head`'s first. @throws Failure `unavailable` where one is out of reach. */
export async function* withoutData(head: Head, campaign: Past, world: World): AsyncGenerator<Block> {
  const { log, get } = campaign;
  const sent = new Set<string>();
  const once = function* (block: Block): Generator<Block> {
    if (sent.has(keyOf(block.cid))) return;
    sent.add(keyOf(block.cid));
    yield block;
  };
  for await (const { release } of allReleasesFrom(head, log, world)) {
    yield* once(releaseBlock(release));
    for await (const block of walk(release.tree, get, { scope: "all" })) yield* once(block);
    const { tree } = readTree(await sourceOf(release, campaign, world));
    for (const folder of await foldersOf(release.root, tree, get)) {
      if (sent.has(keyOf(folder))) continue;
      for await (const block of walk(folder, get, { scope: "entity" })) yield* once(block);
    }
  }
  // The portal links the tree, whose data is not for this file.
  for await (const { name, cid } of entries(head.release.portal, get)) {
    if (name === "tree") continue;
    for await (const block of walk(cid, get, { scope: "all" })) yield* once(block);
  }
  for await (const block of walk(head.release.portal, get, { scope: "entity" })) yield* once(block);
}

/** The directories above the leaves of `tree`, as `root` has them. */
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
