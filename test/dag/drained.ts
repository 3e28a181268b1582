/** Takes all blocks of what is built. Returns what they came to. */
import type { Block, Put } from "../../pipeline/dag/block.ts";

export async function drained<T>(blocks: AsyncGenerator<Block, T>, put?: Put): Promise<T> {
  for (;;) {
    const next = await blocks.next();
    if (next.done) return next.value;
    put?.(next.value);
  }
}
