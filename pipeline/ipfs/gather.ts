/**
 * All blocks of a small DAG, read into memory at once, for one who reads it from top to bottom: over a long link, block by block
 * costs a round trip for each level and each file, and one CAR costs one.
 */
import type { CID } from "multiformats/cid";
import { isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { keyOf } from "../dag/block.ts";
import type { GetInto } from "../dag/reused-memory.ts";
import type { Source } from "./fallback.ts";
import { fetchMissing } from "./fetch-missing.ts";
import type { BlockStore, Node } from "./node.ts";

/** Reads what is below a root, of at most {@link mostGathered} bytes, and returns a `get` for it. */
export type Gather = (root: CID) => Promise<GetInto>;

/** Bytes. */
export const mostGathered = 64 * 2 ** 20;

/**
 * Where blocks may be gathered from: `sources`, for what `home` lacks. Absent where `home` can't list what it has without reading it,
 * as a Kubo, which fetches by itself.
 *
 * What could not be had, or is beyond the bound, is left to `get`, which fails with the reason.
 */
export function gatherFrom(
  sources: Source,
  home: Node | undefined,
  get: GetInto,
  world: World,
): { readonly gather?: Gather } {
  if (home && !home.has) return {};
  return {
    async gather(root) {
      if (await home?.has?.(root, world)) return get;
      const gathered = new Map<string, Uint8Array>();
      const store: BlockStore = {
        name: home?.name ?? "this machine",
        get: async (cid, by) => gathered.get(keyOf(cid)) ?? home?.get(cid, by),
        has: async (cid, by) => gathered.has(keyOf(cid)) || (await home?.has?.(cid, by)) === true,
        async put(blocks) {
          for await (const { cid, bytes } of blocks) gathered.set(keyOf(cid), bytes);
        },
      };
      // The caller has just read the root, and remembers it.
      const source: Source = {
        ...sources,
        get: (cid, by) => (cid.equals(root) ? get(cid) : sources.get(cid, by)),
      };
      await fetchMissing(root, store, source, { limitBytes: mostGathered }, world).catch((error: unknown) => {
        if (!isFailure(error)) throw error;
      });
      const read = async (cid: CID) => gathered.get(keyOf(cid)) ?? get(cid);
      return Object.assign(read, get.into && { into: get.into });
    },
  };
}
