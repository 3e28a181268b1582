/**
 * Contents of a file, read to memory that is used again for the next blocks.
 *
 * Memory of its own for each block costs more than the block's hash: it is given by the system page by page, and collected as
 * garbage, four thousand times in a gigabyte.
 */
import { getDefaultHighWaterMark } from "node:stream";
import type { CID } from "multiformats/cid";
import { codecs, type Get } from "./block.ts";
import { content, type Range } from "./read/read.ts";

/** With `into`, which may be absent: see `Node.getInto`, for contents that are passed on once and whose memory is reused. */
export type GetInto = Get & { readonly into?: ReadInto };

type ReadInto = (cid: CID, memory: Uint8Array) => Promise<Uint8Array | undefined>;

/** Bytes of one piece. Larger blocks, of profiles that few use, are read as always. */
const usual = 262_144;

/** Up to this length a stream may take bytes and still have them when it asks for more: they are copied. */
const mayBeRetained = getDefaultHighWaterMark(false);

/** Contents as {@link withReusedMemory} gives them where `get` can, else as `content` does. */
export function passingContent(root: CID, get: GetInto, range?: Range): AsyncGenerator<Uint8Array> {
  return get.into ? withReusedMemory(root, get, get.into, range) : content(root, get, range);
}

/** `get`, with the block of `root`, which is at hand. */
export function withRoot(root: CID, block: Uint8Array, get: GetInto): GetInto {
  const from: Get = async (cid) => (cid.equals(root) ? block : get(cid));
  return Object.assign(from, get.into && { into: get.into });
}

/**
 * As `content`. The bytes of an item are valid until the next one is asked for, which is to be done once they were sent: a
 * stream that is given more than its high-water mark asks for more only then.
 */
export async function* withReusedMemory(
  root: CID,
  get: Get,
  into: ReadInto,
  range: Range | undefined,
): AsyncGenerator<Uint8Array> {
  const free: Uint8Array[] = [];
  const lent = new Map<ArrayBufferLike, Uint8Array>();
  const read: Get = async (cid) => {
    // The root is known already.
    if (cid.code !== codecs.raw || cid.equals(root)) return get(cid);
    // Shared, so that threads can read to it.
    const memory = free.pop() ?? Buffer.from(new SharedArrayBuffer(usual));
    const bytes = await into(cid, memory);
    if (bytes) lent.set(bytes.buffer, memory);
    else free.push(memory);
    return bytes ?? get(cid);
  };
  for await (const bytes of content(root, read, range, { ownBytes: true })) {
    const memory = lent.get(bytes.buffer);
    yield memory && bytes.length <= mayBeRetained ? Buffer.from(bytes) : bytes;
    if (!memory) continue;
    lent.delete(bytes.buffer);
    free.push(memory);
  }
}
