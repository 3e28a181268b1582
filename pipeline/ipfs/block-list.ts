/** Lists the blocks of a node once, so that raw blocks, nearly all of the data, need not be read to be found. */
import type { World } from "../core/world.ts";
import { cidSet } from "../dag/cid-set.ts";
import type { HomeNode } from "./node.ts";

/** The same node, with `has` from its list of blocks and from what was put since. */
export async function withBlockList(
  home: HomeNode,
  storedBlocks: NonNullable<HomeNode["storedBlocks"]>,
  world: World,
): Promise<HomeNode> {
  const isStored = await storedBlocks(world);
  const since = cidSet();
  return {
    ...home,
    has: async (cid) => isStored(cid) || since.has(cid),
    async put(blocks, world) {
      const all = await Array.fromAsync(blocks);
      await home.put(all, world);
      for (const { cid } of all) since.add(cid);
    },
  };
}
