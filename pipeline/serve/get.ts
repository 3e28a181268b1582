/** Blocks for one request: inline ones, recently read directories and roots of files, then the node. */

import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import { codecs, type Get, isInline } from "../dag/block.ts";
import { largestBlock } from "../dag/car.ts";
import type { GetInto } from "../dag/reused-memory.ts";
import type { Node } from "../ipfs/node.ts";
import type { RecentBlocks } from "./recent-blocks.ts";
import { Refusal } from "./refusal.ts";

/** @param cached whether directories are cached: those of a long list would evict all others. */
export function getOf(node: Node, recent: RecentBlocks, world: () => World, cached = true): GetInto {
  const { getInto } = node;
  const into = getInto && ((cid: CID, memory: Uint8Array) => getInto(cid, memory, world()));
  const get: Get = async (cid) => {
    const within = world();
    within.signal.throwIfAborted();
    // Inline CIDs, with which gateways are probed: https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
    if (isInline(cid)) return cid.multihash.digest;
    const known = recent.get(cid);
    if (known) return known;
    const bytes = await node.get(cid, within);
    if (!bytes) throw new Refusal(404, `${cid} is not on this node`);
    if (cid.code !== codecs.dagPb) return bytes;
    if (bytes.length > largestBlock) {
      throw new Refusal(
        502,
        `${cid} has ${bytes.length} bytes; directories and files of blocks above ${largestBlock} are not read`,
      );
    }
    if (cached) recent.add(cid, bytes);
    return bytes;
  };
  return Object.assign(get, into && { into });
}
