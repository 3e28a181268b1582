/** Whether a node has a block, in the way that costs the node least. */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Node } from "./node.ts";

/** @throws those of {@link Node.get} */
export async function hasBlock(cid: CID, node: Pick<Node, "get" | "has">, world: World): Promise<boolean> {
  return node.has ? node.has(cid, world) : (await node.get(cid, world)) !== undefined;
}
