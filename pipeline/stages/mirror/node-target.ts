/** A node as a mirror: each leaf is pinned there under a label of the mirror. */
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { walk } from "../../dag/read/read.ts";
import { hasBlock } from "../../ipfs/has-block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { MirrorTarget } from "./mirror.ts";
import type { MirrorItem } from "./plan.ts";

/** `get`: where the blocks come from. `name`: that of the mirror. */
export function nodeTarget(name: string, node: HomeNode, get: Get): MirrorTarget {
  const prefix = `mirror/${name}/`;
  const labelOf = ({ release, bytes, path }: MirrorItem) => `${prefix}${release}/${bytes}/${path}`;
  return {
    name: node.name,
    storesOnce: true,
    async items(world) {
      const incomplete = new Set((await node.incomplete?.(world))?.map(({ label }) => label));
      return [...(await node.pins(world))].flatMap(([label, cid]) => {
        if (!label.startsWith(prefix) || incomplete.has(label)) return [];
        const [, release, bytes, path] = /^(\d+)\/(\d+)\/(.+)$/s.exec(label.slice(prefix.length)) ?? [];
        return path === undefined ? [] : [{ path, cid, release: Number(release), bytes: Number(bytes) }];
      });
    },
    async add(item, world) {
      await node.put(missingBelow(item, node, get, world), world);
      await node.pin(item.cid, labelOf(item), world);
    },
    async remove(item, world) {
      await node.unpin(labelOf(item), world);
    },
    free: async (world) => void (await node.gc?.(world)),
  };
}

/** A node that was ended while it got a leaf has part of it: those blocks are not fetched again. */
async function* missingBelow({ cid }: MirrorItem, node: HomeNode, get: Get, world: World) {
  const here = async (wanted: MirrorItem["cid"]) => (await node.get(wanted, world)) ?? get(wanted);
  for await (const block of walk(cid, here, { scope: "all" })) {
    if (!(await hasBlock(block.cid, node, world))) yield block;
  }
}
