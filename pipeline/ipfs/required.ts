/** Reading where a block that a node does not hold is a failure, as it is to whoever follows links. */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "./node.ts";

/** @throws Failure `unavailable`, with `hint`, where `node` does not hold it; and as {@link Node.get} does. */
export async function required(cid: CID, node: Node, world: World, hint?: string): Promise<Uint8Array> {
  const bytes = await node.get(cid, world);
  if (bytes) return bytes;
  throw new Failure("unavailable", `block ${cid} is not on ${node.name}`, hint === undefined ? {} : { hint });
}
