/** The campaign's node first, then the gateways: how most of the pipeline reads. */
import type { CID } from "multiformats/cid";
import { type Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "./node.ts";

/**
 * The block of `home` where it has it, else of `others`. A failure of `home` to read is thrown and not hidden by `others`, or it
 * would stay unnoticed at every read. A block that is damaged in `home` is taken from `others`, which verify theirs as well.
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

/** The block of `others`. Where `home` has a damaged copy, that damage is reported and not the failure of `others`. */
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
