/**
 * The block of zero bytes: an empty file, if files of one chunk are raw leaves.
 *
 * Kubo never sends it to another Kubo (0.43: bitswap does not send blocks without bytes), so the fetch of a DAG with an empty
 * file never ends. Its content is known, so a client uploads it before it makes a Kubo fetch a DAG.
 */
import { isFailure, kinds } from "../core/failure.ts";
import type { World } from "../core/world.ts";

/**
 * Returns a function that uploads the block, at its first call only.
 *
 * `put`: stores the upload as one raw block. Most DAGs do not contain it, so a failure of `put` is not thrown; the next call
 * tries again if the failure is temporary.
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
