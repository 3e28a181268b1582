/** Lists the blocks of a node once, so that raw blocks, nearly all of the data, need not be read to be found. */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Block } from "../dag/block.ts";
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
      const given: CID[] = [];
      const noted = async function* (): AsyncGenerator<Block> {
        for await (const block of blocks) {
          given.push(block.cid);
          yield block;
        }
      };
      await home.put(noted(), world);
      for (const cid of given) since.add(cid);
    },
  };
}
