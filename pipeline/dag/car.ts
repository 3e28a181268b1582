/**
 * CAR: blocks as one stream of bytes, out and in.
 *
 * Ours because what comes in is not trusted: every block is hashed against its CID before it is given out, every
 * length is compared with a bound before it is used, and failures name the CID and the byte offset.
 *
 * @see https://ipld.io/specs/transport/car/carv1/
 */
import { decode as decodeCbor, encode as encodeCbor } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { type Block, plain } from "./block.ts";
import { varintLength, writeVarint } from "./codec/protobuf.ts";
import { VerifiedBlock } from "./verified-block.ts";

/** Bytes. What nodes exchange is no larger, so a block that is could never be fetched again. */
export const largestBlock = 2 * 1024 * 1024;

/** Bytes. Room for 10 000 roots. */
const largestHeader = 512 * 1024;

/** Bytes. Room for any CID with a digest of 64 bytes. */
const largestCid = 128;

export interface Car {
  readonly roots: readonly CID[];
  /** In the order of the file. Ends with a Failure `corrupt` where the file does not end well. */
  readonly blocks: AsyncIterable<VerifiedBlock>;
}

/** The bytes of a CARv1 with these roots and blocks, as fast as they are taken. */
export async function* carOf(
  roots: readonly CID[],
  blocks: AsyncIterable<Block> | Iterable<Block>,
): AsyncGenerator<Uint8Array> {
  const header = encodeCbor({ roots, version: 1 });
  yield lengthOf(header.length);
  yield header;
  for await (const { cid, bytes } of blocks) {
    const length = cid.bytes.length + bytes.length;
    const lead = new Uint8Array(varintLength(length) + cid.bytes.length);
    lead.set(cid.bytes, writeVarint(lead, length, 0));
    yield lead;
    yield bytes;
  }
}

/**
 * The roots, and the blocks as they are read. A block that is within one chunk of `source` is a part of it, not a copy.
 *
 * @throws Failure `corrupt` where the header isn't that of a CARv1; blocks throw it for one that is truncated, larger than
 *   {@link largestBlock}, hashed by what can't be checked, or different from its CID. Inlined blocks (identity CIDs) are given, too.
 */
export async function readCar(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Car> {
  const input = inputOf(source);
  const length = await input.varint();
  if (length === undefined) throw new Failure("corrupt", "not a CAR file: it is empty");
  if (length > largestHeader) throw new Failure("corrupt", `not a CAR file: its header claims ${length} bytes`);
  const header = await input.take(length);
  if (!header) throw new Failure("corrupt", `not a CAR file, or one that ends inside its header of ${length} bytes`);
  const { roots } = headerOf(header);
  return { roots, blocks: sections(input) };
}

async function* sections(input: Input): AsyncGenerator<VerifiedBlock> {
  for (;;) {
    const start = input.offset();
    const length = await input.varint();
    if (length === undefined) return;
    if (length > largestBlock + largestCid) {
      throw new Failure("corrupt", `CAR: the block at byte ${start} claims ${length} bytes, more than ${largestBlock}`);
    }
    const section = await input.take(length);
    if (!section) throw new Failure("corrupt", `CAR: ends inside the block of ${length} bytes at byte ${start}`);
    const { cid, bytes } = splitSection(section, start);
    if (bytes.length > largestBlock) {
      throw new Failure("corrupt", `CAR: ${cid} at byte ${start} has ${bytes.length} bytes, more than ${largestBlock}`);
    }
    const block = await VerifiedBlock.from(cid, bytes);
    if (block === "unknown") {
      const hash = `0x${cid.multihash.code.toString(16)}`;
      throw new Failure("corrupt", `CAR: ${cid} at byte ${start} is hashed by ${hash}, which can't be checked`);
    }
    if (block === "mismatch") {
      throw new Failure("corrupt", `CAR: the bytes of ${cid} at byte ${start} do not match the CID`);
    }
    yield block;
  }
}

function splitSection(section: Uint8Array, start: number): Block {
  try {
    const [cid, bytes] = CID.decodeFirst(section);
    return { cid, bytes };
  } catch (cause) {
    throw new Failure("corrupt", `CAR: the block at byte ${start} does not begin with a CID`, { cause });
  }
}

function headerOf(bytes: Uint8Array): { roots: readonly CID[] } {
  let header: unknown;
  try {
    header = decodeCbor(bytes);
  } catch (cause) {
    throw new Failure("corrupt", "not a CAR file: its header can't be read", { cause });
  }
  const { version, roots } = (header ?? {}) as { version?: unknown; roots?: unknown };
  if (version === 2) {
    throw new Failure("corrupt", "a CAR of version 2, and only version 1 is read", {
      hint: "`car get-dag` or `ipfs dag export` write version 1",
    });
  }
  if (version !== 1 || !Array.isArray(roots) || !roots.every((root) => CID.asCID(root))) {
    throw new Failure("corrupt", "not a CAR file: its header names no version 1 with roots");
  }
  return { roots };
}

interface Input {
  /** Bytes taken so far. */
  offset(): number;
  /** `undefined` where the stream ends just here. */
  varint(): Promise<number | undefined>;
  /** `undefined` where fewer are left. */
  take(count: number): Promise<Uint8Array | undefined>;
}

function inputOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Input {
  const chunks = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  /** What was read and not taken yet; the first `skipped` bytes of the first one are taken. */
  let parts: Uint8Array[] = [];
  let skipped = 0;
  let buffered = 0;
  let taken = 0;

  /** Reads on until `count` bytes are buffered, or the input ends. */
  const fill = async (count: number): Promise<void> => {
    while (buffered < count) {
      const { done, value } = await chunks.next();
      if (done) return;
      if (value.length === 0) continue;
      parts.push(value);
      buffered += value.length;
    }
  };

  /** The next `count` bytes, which are buffered: of one chunk where they are in one, else a copy. */
  const next = (count: number): Uint8Array => {
    buffered -= count;
    taken += count;
    const first = parts[0];
    if (first && first.length - skipped > count) {
      skipped += count;
      return plain(first.subarray(skipped - count, skipped));
    }
    const bytes = Buffer.allocUnsafeSlow(count);
    let at = 0;
    let used = 0;
    for (const part of parts) {
      const piece = part.subarray(skipped, skipped + count - at);
      bytes.set(piece, at);
      at += piece.length;
      if (skipped + piece.length < part.length) {
        skipped += piece.length;
        break;
      }
      skipped = 0;
      used++;
    }
    parts = parts.slice(used);
    return plain(bytes);
  };

  return {
    offset: () => taken,

    async varint() {
      await fill(1);
      if (buffered === 0) return undefined;
      const start = taken;
      let value = 0;
      for (let scale = 1; scale < 128 ** 8; scale *= 128) {
        await fill(1);
        if (buffered === 0) break;
        const [byte = 0] = next(1);
        value += (byte % 128) * scale;
        if (byte < 128) return value;
      }
      throw new Failure("corrupt", `CAR: no length can be read at byte ${start}`);
    },

    async take(count) {
      await fill(count);
      return buffered < count ? undefined : next(count);
    },
  };
}

function lengthOf(length: number): Uint8Array {
  const bytes = new Uint8Array(varintLength(length));
  writeVarint(bytes, length, 0);
  return bytes;
}
