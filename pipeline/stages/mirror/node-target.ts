/** A node as a mirror: each leaf is pinned there under a label of the mirror. */
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { withBlockList } from "../../ipfs/block-list.ts";
import { fetchMissing } from "../../ipfs/fetch-missing.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { labelsOf } from "./label.ts";
import type { MirrorTarget } from "./mirror.ts";

/** `get`: where the blocks come from. `name`: that of the mirror. */
export function nodeTarget(name: string, node: HomeNode, get: Get): MirrorTarget {
  const { labelOf, itemIn, report } = labelsOf(name);
  const source = { name: "the campaign's sources", get };
  let listed: Promise<HomeNode> | undefined;
  /** The node, able to list which blocks it has: those are not fetched again after a run that was ended. */
  const listing = (world: World) =>
    (listed ??= node.has || !node.storedBlocks ? Promise.resolve(node) : withBlockList(node, node.storedBlocks, world));

  return {
    name: node.name,
    storesByCid: true,
    async items(_, world) {
      const [pins, incomplete] = [await node.pins(world), await node.incomplete?.(world)];
      const isIncomplete = new Set(incomplete?.map(({ label }) => label));
      const items = [...pins].flatMap(([label, cid]) => (isIncomplete.has(label) ? [] : (itemIn(label, cid) ?? [])));
      // The list of pins of a Kubo does not change when its disk loses a block below one.
      const missing = items.length > 0 ? await node.belowPins?.({}, world) : undefined;
      if (!missing) return items;
      const complete = await Promise.all(items.map(async ({ cid }) => (await missing(cid)) === undefined));
      return items.filter((_, i) => complete[i]);
    },
    async add(item, world) {
      await fetchMissing(item.cid, await listing(world), source, { limitBytes: Number.POSITIVE_INFINITY }, world);
      await node.pin(item.cid, labelOf(item), world);
    },
    async remove(item, world) {
      await node.unpin(labelOf(item), world);
    },
    async storeReport(block, world) {
      await node.put([block], world);
      await node.pin(block.cid, report, world);
    },
    free: async (world) => void (await node.gc?.(world)),
  };
}
