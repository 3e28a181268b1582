/** The bytes below some pins that no other pin needs: the space that a garbage collection frees after their removal. */
import type { CID } from "multiformats/cid";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { type CidSet, cidSet } from "../../dag/cid-set.ts";
import { decodePb } from "../../dag/codec/dag-pb.ts";
import { linksBelow } from "../../dag/codec/decode.ts";
import { pause } from "../../dag/event-loop.ts";
import type { HomeNode } from "../../ipfs/node.ts";

/**
 * Bytes of blocks below `roots` and not below `others`, as far as the node has them. Raw blocks are not read: the links to
 * them show how long they are.
 */
export async function bytesOnlyBelow(
  roots: readonly CID[],
  others: readonly CID[],
  home: HomeNode,
  world: World,
): Promise<number> {
  const known = cidSet();
  for (const root of others) await bytesBelow(root, known, home, world);
  let bytes = 0;
  for (const root of roots) bytes += await bytesBelow(root, known, home, world);
  return bytes;
}

/** Bytes of the blocks below `root` that were not `known`, which they are afterwards. */
async function bytesBelow(root: CID, known: CidSet, home: HomeNode, world: World): Promise<number> {
  let bytes = 0;
  let done = 0;
  const left: { readonly cid: CID; readonly tsize?: number }[] = [{ cid: root }];
  for (let next = left.pop(); next; next = left.pop()) {
    await pause();
    const { cid, tsize } = next;
    if (known.has(cid)) continue;
    known.add(cid);
    if (cid.code === codecs.raw && tsize !== undefined) {
      if (!home.has || (await home.has(cid, world))) bytes += tsize;
      continue;
    }
    const block = await blockOf(cid, home, world);
    if (!block) continue;
    bytes += block.length;
    world.progress({ task: "adding up", done: ++done, unit: "blocks" });
    if (cid.code === codecs.dagPb) left.push(...decodePb(block).links);
    else left.push(...linksBelow(cid, block).map((link) => ({ cid: link })));
  }
  return bytes;
}

async function blockOf(cid: CID, home: HomeNode, world: World): Promise<Uint8Array | undefined> {
  try {
    return await home.get(cid, world);
  } catch (error) {
    if (isFailure(error, "corrupt", "input")) return undefined;
    throw error;
  }
}
