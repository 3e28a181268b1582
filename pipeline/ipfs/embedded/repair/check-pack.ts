/**
 * Checks one pack from its first byte to its last: every block against its hash, and the bytes before each block.
 *
 * Blocks are found by the index, so a wrong byte before a block is harmless while there is an index. A lost index is rebuilt
 * by reading from record to record, which needs those bytes; so they are checked too, and can be rewritten.
 */
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from "node:fs";
import { isFailure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import { codecs } from "../../../dag/block.ts";
import { pause } from "../../../dag/event-loop.ts";
import { sha256 } from "../../../dag/hash.ts";
import { headLength, longestHead, packHeader, writeHead } from "../packs/pack.ts";
import { digestAt, placeAt } from "../packs/pack-index.ts";
import type { Pack, Packs } from "../packs/packs.ts";

export interface PackCheck {
  /** Entries of the index whose block can't be read, in the order of their places. */
  readonly damaged: readonly { readonly entry: number; readonly problem: string }[];
  readonly heads: readonly WrongHead[];
}

/** Bytes before a block that are not what they should be. */
export interface WrongHead {
  /** Bytes from the beginning of the pack. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** A description for people. */
  readonly what: string;
}

/** `progress` is called with the bytes of each block that was read. */
export async function checkPack(
  pack: Pack,
  packs: Packs,
  world: World,
  progress: (bytes: number) => void,
): Promise<PackCheck> {
  const { index } = pack;
  const damaged: { entry: number; problem: string }[] = [];
  const heads: WrongHead[] = [];
  const header = await readAt(pack, 0, packHeader.length, packs);
  if (index.count > 0 && header && Buffer.compare(header, packHeader) !== 0)
    heads.push({ at: 0, bytes: packHeader, what: "the header of a CAR file" });

  let read = 0;
  let count = 0;
  for (const entry of byOffset(pack)) {
    await pause();
    world.signal.throwIfAborted();
    const { offset, length } = placeAt(index, entry);
    const before = Math.min(longestHead, offset);
    const record = await readAt(pack, offset - before, before + length, packs);
    const bytes = record?.subarray(before);
    read += length;
    if (++count % 256 === 0) progress(read);
    if (!record || !bytes) damaged.push({ entry, problem: "is cut off, or the disk can't read it" });
    else if (Buffer.compare(sha256(bytes), digestAt(index, entry)) !== 0)
      damaged.push({ entry, problem: "holds other bytes" });
    else {
      const wrong = wrongHead(record.subarray(0, before), digestAt(index, entry), { offset, length });
      if (wrong) heads.push(wrong);
    }
  }
  return { damaged, heads };
}

/** Rewrite the bytes before blocks. The caller has the lock. */
export function repairHeads({ path }: Pack, heads: readonly WrongHead[]): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    for (const { at, bytes } of heads) writeSync(fd, bytes, 0, bytes.length, at);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Prefixes of the CIDs that fieldtree stores blocks under: version 1 of each codec, and the bare multihash of version 0. */
const prefixes = [...Object.values(codecs).map((codec) => [1, codec, 0x12, 0x20]), [0x12, 0x20]].map((bytes) =>
  Buffer.from(bytes),
);

/** `undefined` where the block is preceded by its length and one of its CIDs. */
function wrongHead(
  before: Uint8Array,
  digest: Uint8Array,
  { offset, length }: { readonly offset: number; readonly length: number },
): WrongHead | undefined {
  const headWith = (prefix: Uint8Array): Uint8Array => {
    const cid = Buffer.concat([prefix, digest]);
    const head = Buffer.alloc(headLength(cid.length, length));
    writeHead(head, 0, cid, length);
    return head;
  };
  const isThere = (head: Uint8Array) =>
    before.length >= head.length && Buffer.compare(head, before.subarray(before.length - head.length)) === 0;
  if (prefixes.some((prefix) => isThere(headWith(prefix)))) return undefined;
  // The candidate with the fewest differing bytes is the one that was written there.
  const differing = (head: Uint8Array) => {
    const there = before.subarray(Math.max(0, before.length - head.length));
    return head.reduce((count, byte, i) => count + (byte === there[i] ? 0 : 1), 0);
  };
  const [bytes] = prefixes
    .map(headWith)
    .filter((head) => head.length <= before.length)
    .sort((a, b) => differing(a) - differing(b));
  return bytes && { at: offset - bytes.length, bytes, what: "the length and the CID of the block behind them" };
}

/** Entries of the index in the order of their blocks in the pack. */
function byOffset({ index }: Pack): Uint32Array {
  const offsets = Float64Array.from({ length: index.count }, (_, entry) => placeAt(index, entry).offset);
  return Uint32Array.from(offsets, (_, entry) => entry).sort((a, b) => offsets[a]! - offsets[b]!);
}

/** `undefined` where the file ends before, or the disk can't read it. */
async function readAt(pack: Pack, offset: number, length: number, packs: Packs): Promise<Uint8Array | undefined> {
  try {
    return await packs.read({ pack, offset, length });
  } catch (error) {
    if (isFailure(error, "corrupt")) return undefined;
    throw error;
  }
}
