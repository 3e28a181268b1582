/** A store opened for one piece of work and closed after it, as a command does. */
import { type EmbeddedNode, embedded } from "../../pipeline/ipfs/embedded/embedded.ts";

/** What `work` gives; the node is closed whatever came of it. */
export async function withEmbedded<T>(state: string, work: (node: EmbeddedNode) => Promise<T>): Promise<T> {
  const node = embedded(state);
  try {
    return await work(node);
  } finally {
    await node.close();
  }
}
