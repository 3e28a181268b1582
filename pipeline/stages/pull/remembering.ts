/** A source of blocks that remembers what was read to find out what to pull, so that nothing is fetched twice. */
import type { World } from "../../core/world.ts";
import type { Source } from "../../ipfs/fallback.ts";

export interface RememberingSource extends Source {
  /** From now on each remembered block is given one more time, and no further ones are remembered. */
  stop(): void;
}

export function remembering(source: Source): RememberingSource {
  // By multihash: a release is linked as dag-cbor by the next one, and as a raw file by a portal.
  const known = new Map<string, Uint8Array>();
  let stopped = false;
  return {
    ...source,
    async get(cid, world: World) {
      const key = Buffer.from(cid.multihash.bytes).toString("latin1");
      const here = known.get(key);
      if (here && stopped) known.delete(key);
      if (here) return here;
      const bytes = await source.get(cid, world);
      if (bytes && !stopped) known.set(key, bytes);
      return bytes;
    },
    stop() {
      stopped = true;
    },
  };
}
