/** A store opened for one piece of work and closed after it, as a command does. */
import type { CID } from "multiformats/cid";
import { type EmbeddedNode, embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import type { Damage } from "../../pipeline/ipfs/node.ts";
import { required } from "../../pipeline/ipfs/require-block.ts";
import { testWorld } from "../fakes/world.ts";

/** What `work` gives; the node is closed whatever came of it. */
export async function withEmbedded<T>(state: string, work: (node: EmbeddedNode) => Promise<T>): Promise<T> {
  const node = embedded(state);
  try {
    return await work(node);
  } finally {
    await node.close();
  }
}

/** Every problem that `fsck` finds. */
export function damageIn(node: EmbeddedNode, repair = false): Promise<Damage[]> {
  return Array.fromAsync(node.fsck({ repair }, testWorld()));
}

/** Reads blocks of the node. */
export const getIn = (node: EmbeddedNode) => (cid: CID) => required(cid, node, testWorld());
