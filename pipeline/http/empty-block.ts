/**
 * The block without a byte: an empty file, where a file of one piece is a raw leaf.
 *
 * One Kubo never gives it to another (0.43: bitswap doesn't send what has no bytes), so that a DAG with an empty file in
 * it is fetched all but for that, and then without end. Everybody knows what is in it: whoever is about to have something
 * fetched puts it there first.
 */
import { isFailure, kinds } from "../core/failure.ts";
import type { World } from "../core/world.ts";

/**
 * Gives what has the block put there, by the first call only.
 *
 * `put`: stores the upload as one raw block. Most DAGs have no need of it, so its failing stops nobody; the next call
 * tries again where that can help.
 */
export function emptyBlockFirst(
  put: (upload: AsyncIterable<Uint8Array>, world: World) => Promise<unknown>,
): (world: World) => Promise<void> {
  let there: Promise<unknown> | undefined;
  return async (world) => {
    there ??= put(noBytes(), world);
    try {
      await there;
    } catch (error) {
      const refused = isFailure(error) && !kinds[error.kind].again;
      if (!refused) there = undefined;
      if (!isFailure(error)) throw error;
    }
  };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
