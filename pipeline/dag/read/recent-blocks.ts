/** Cache of recently read blocks that are often read again: shards on the path to a name, and roots. */
import { codecs, type Get, keyOf } from "../block.ts";

/** `get` with a cache of the most recent `most` bytes. Raw blocks are not cached, because each is read only one time. */
export function recently(get: Get, most: number): Get {
  const kept = new Map<string, Uint8Array>();
  // Parallel reads of one block share one request.
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
