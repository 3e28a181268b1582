/** Every pin of the campaign's own node, complete or not, for callers that unpin. */
import type { CID } from "multiformats/cid";
import type { World } from "../../core/world.ts";
import type { HomeNode } from "../../ipfs/node.ts";

/** Roots by label. {@link HomeNode.pins} alone leaves out those that lack blocks. */
export async function allPins(home: HomeNode, world: World): Promise<ReadonlyMap<string, CID>> {
  const complete = await home.pins(world);
  const incomplete = (await home.incomplete?.(world)) ?? [];
  return new Map([...complete, ...incomplete.map(({ label, root }) => [label, root] as const)]);
}
