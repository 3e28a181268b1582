/** Local first, then the gateways: what most of the pipeline reads through. */
import type { CID } from "multiformats/cid";
import { type Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "./node.ts";

/**
 * `home` where it holds the block, else what `others` say. A home that can't look is not passed over: it would be, silently,
 * on every read. One that has damaged the block is, where others have it: what they give is hashed as well.
 */
export function firstOf(home: Node, others: Node): Node {
  return {
    name: `${home.name}, then ${others.name}`,
    async get(cid, world) {
      let damage: Failure | undefined;
      const here = await home.get(cid, world).catch((error: unknown) => {
        if (!isFailure(error, "corrupt")) throw error;
        damage = error;
        return undefined;
      });
      const bytes = here ?? (await elsewhere(cid, damage, others, world));
      if (damage && bytes) world.log(`warning: ${damage.message}; ${others.name} gave it`);
      if (damage && !bytes) throw damage;
      return bytes;
    },
    async close() {
      try {
        await home.close?.();
      } finally {
        await others.close?.();
      }
    },
  };
}

/** What `others` have. Where `home` has the block, damaged, it doesn't matter why they don't. */
async function elsewhere(
  cid: CID,
  damage: Failure | undefined,
  others: Node,
  world: World,
): Promise<Uint8Array | undefined> {
  try {
    return await others.get(cid, world);
  } catch (error) {
    if (damage && isFailure(error)) return undefined;
    throw error;
  }
}
