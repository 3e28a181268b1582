/** Blocks that were read a moment ago, and are asked for again: shards on the way to a name, roots met while searching. */
import { codecs, type Get, keyOf } from "../block.ts";

/** The same blocks, of which the last `most` bytes are kept. Raw blocks are not: they are read once, to be used. */
export function recently(get: Get, most: number): Get {
  const kept = new Map<string, Uint8Array>();
  // Whoever asks while a block is under way waits for that one.
  const underWay = new Map<string, Promise<Uint8Array>>();
  let held = 0;
  return (cid) => {
    if (cid.code === codecs.raw) return get(cid);
    const key = keyOf(cid);
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return Promise.resolve(known);
    }
    const asked = underWay.get(key) ?? get(cid).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked.then((bytes) => {
      if (!kept.has(key)) {
        kept.set(key, bytes);
        held += bytes.length;
      }
      for (const [oldest, { length }] of kept) {
        if (held <= most) break;
        kept.delete(oldest);
        held -= length;
      }
      return bytes;
    });
  };
}
