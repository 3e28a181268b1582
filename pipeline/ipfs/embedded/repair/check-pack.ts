/**
 * Checks one pack from its first byte to its last: every block against its hash, and the bytes before each block.
 *
 * Blocks are found by the index, so a wrong byte before a block is harmless while there is an index. A lost index is rebuilt
 * by reading from record to record, which needs those bytes; so they are checked too, and can be rewritten.
 */
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from "node:fs";
import { inOrder } from "../../../core/concurrency.ts";
import { isFailure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import { codecs } from "../../../dag/block.ts";
import { varintLength } from "../../../dag/codec/protobuf.ts";
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

/** `progress` is called with the bytes of blocks that were read, every few megabytes. */
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
  for await (const found of inOrder(windowsIn(pack), atOnce, (window) => checkWindow(window, pack, packs))) {
    world.signal.throwIfAborted();
    damaged.push(...found.damaged);
    heads.push(...found.heads);
    read += found.bytes;
    progress(read);
  }
  return { damaged, heads };
}

/** Neighbouring blocks of a pack, with the bytes before each, that are read at once. */
interface Window {
  /** In the order of their places. */
  readonly entries: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** Bytes of a window, unless one block needs more, and windows read concurrently. */
const windowLength = 4 * 2 ** 20;
const atOnce = 4;

function* windowsIn(pack: Pack): Generator<Window> {
  let [entries, start, end]: [number[], number, number] = [[], 0, 0];
  for (const entry of byOffset(pack)) {
    const { offset, length } = placeAt(pack.index, entry);
    if (entries.length > 0 && offset + length - start > windowLength) {
      yield { entries, start, end };
      entries = [];
    }
    if (entries.length === 0) [start, end] = [offset - Math.min(longestHead, offset), 0];
    entries.push(entry);
    end = Math.max(end, offset + length);
  }
  if (entries.length > 0) yield { entries, start, end };
}

async function checkWindow(window: Window, pack: Pack, packs: Packs): Promise<PackCheck & { readonly bytes: number }> {
  const { entries, start, end } = window;
  const { index } = pack;
  const places = entries.map((entry) => placeAt(index, entry));
  const bytes = places.reduce((sum, { length }) => sum + length, 0);
  const memory = memories.pop() ?? new SharedArrayBuffer(windowLength);
  const record = Buffer.from(end - start > windowLength ? new SharedArrayBuffer(end - start) : memory, 0, end - start);
  try {
    const parts = places.flatMap(({ offset, length }) => [offset - start, length]);
    const digests = await orUnreadable(packs.readHashed(pack, { position: start, memory: record, parts }));
    const damaged: { entry: number; problem: string }[] = [];
    const heads: WrongHead[] = [];
    for (const [i, entry] of entries.entries()) {
      await pause();
      const place = places[i]!;
      const before = Math.min(longestHead, place.offset);
      const digest = digestAt(index, entry);
      // A window that can't be read as a whole is read block by block.
      const apart = digests ? undefined : await readAt(pack, place.offset - before, before + place.length, packs);
      if (!digests && !apart) damaged.push({ entry, problem: "is cut off, or the disk can't read it" });
      else if (digest.compare(digests?.subarray(i * 32, i * 32 + 32) ?? sha256(apart!.subarray(before))) !== 0)
        damaged.push({ entry, problem: "contains other bytes" });
      else {
        const at = place.offset - start;
        const wrong = wrongHead(apart?.subarray(0, before) ?? record.subarray(at - before, at), digest, place);
        if (wrong) heads.push(wrong);
      }
    }
    return { damaged, heads, bytes };
  } finally {
    memories.push(memory);
  }
}

/** Of windows that were checked, for the next ones. */
const memories: SharedArrayBuffer[] = [];

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
  const isThere = (prefix: Buffer) => {
    const cid = before.length - prefix.length - digest.length;
    const behind = varintLength(prefix.length + digest.length + length);
    if (cid < behind || prefix.compare(before, cid, cid + prefix.length) !== 0) return false;
    return Buffer.compare(headWith(prefix), before.subarray(cid - behind)) === 0;
  };
  if (prefixes.some(isThere)) return undefined;
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

async function orUnreadable(reading: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isFailure(error, "corrupt")) return undefined;
    throw error;
  }
}

/** `undefined` where the file ends before, or the disk can't read it. */
async function readAt(pack: Pack, offset: number, length: number, packs: Packs): Promise<Uint8Array | undefined> {
  return orUnreadable(packs.read({ pack, offset, length }));
}
