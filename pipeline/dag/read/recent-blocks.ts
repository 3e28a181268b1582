/** Cache of recently read blocks that are often read again: shards on the path to a name, and roots. */
import { codecs, type Get, keyOf } from "../block.ts";

/** `get` with a cache of the most recent `most` bytes. Raw blocks are not cached, because each is read only one time. */
export function recently(get: Get, most: number): Get {
  const cached = new Map<string, Uint8Array>();
  // Parallel reads of one block share one request.
  const underWay = new Map<string, Promise<Uint8Array>>();
  let cachedBytes = 0;
  return (cid) => {
    if (cid.code === codecs.raw) return get(cid);
    const key = keyOf(cid);
    const known = cached.get(key);
    if (known) {
      cached.delete(key);
      cached.set(key, known);
      return Promise.resolve(known);
    }
    const asked = underWay.get(key) ?? get(cid).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked.then((bytes) => {
      if (!cached.has(key)) {
        cached.set(key, bytes);
        cachedBytes += bytes.length;
      }
      for (const [oldest, { length }] of cached) {
        if (cachedBytes <= most) break;
        cached.delete(oldest);
        cachedBytes -= length;
      }
      return bytes;
    });
  };
}
