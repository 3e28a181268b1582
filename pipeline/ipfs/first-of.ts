/** Local first, then the gateways: what most of the pipeline reads through. */
import type { Node } from "./node.ts";

/** `home` where it holds the block, else what `others` say. A home that can't look is not passed over: it would be, silently, on every read. */
export function firstOf(home: Node, others: Node): Node {
  return {
    name: `${home.name}, then ${others.name}`,
    get: async (cid, world) => (await home.get(cid, world)) ?? others.get(cid, world),
    async close() {
      try {
        await home.close?.();
      } finally {
        await others.close?.();
      }
    },
  };
}
