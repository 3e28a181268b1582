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
import { matchesHash } from "./matches-hash.ts";

/** Bytes. What nodes exchange is no larger, so a block that is could never be fetched again. */
export const largestBlock = 2 * 1024 * 1024;

/** Bytes. Room for 10 000 roots. */
const largestHeader = 512 * 1024;

/** Bytes. Room for any CID with a digest of 64 bytes. */
const largestCid = 128;

export interface Car {
  readonly roots: readonly CID[];
  /** Verified, in the order of the file. Ends with a Failure `corrupt` where the file does not end well. */
  readonly blocks: AsyncIterable<Block>;
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
 * The roots, and the blocks as they are read.
 *
 * @throws Failure `corrupt` where the header isn't that of a CARv1; blocks throw it for one that is truncated, larger than
 *   {@link largestBlock}, hashed by what can't be checked, or not what its CID says. Inlined blocks (identity CIDs) are given, too.
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

async function* sections(input: Input): AsyncGenerator<Block> {
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
    const isMatch = await matchesHash(cid, bytes);
    if (isMatch === undefined) {
      const hash = `0x${cid.multihash.code.toString(16)}`;
      throw new Failure("corrupt", `CAR: ${cid} at byte ${start} is hashed by ${hash}, which can't be checked`);
    }
    if (!isMatch) throw new Failure("corrupt", `CAR: the bytes of ${cid} at byte ${start} are not what the CID says`);
    yield { cid, bytes };
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
  let buffered: Uint8Array = new Uint8Array(0);
  let taken = 0;

  /** Read on until `buffered` has at least `count` bytes, or the input ends. */
  const fill = async (count: number): Promise<void> => {
    if (buffered.length >= count) return;
    const parts = [buffered];
    let length = buffered.length;
    while (length < count) {
      const { done, value } = await chunks.next();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
    buffered = Buffer.concat(parts, length);
  };
  const advance = (count: number): void => {
    buffered = buffered.subarray(count);
    taken += count;
  };

  return {
    offset: () => taken,

    async varint() {
      await fill(10);
      if (buffered.length === 0) return undefined;
      let value = 0;
      for (let at = 0, scale = 1; at < Math.min(buffered.length, 8); at++, scale *= 128) {
        value += (buffered[at]! % 128) * scale;
        if (buffered[at]! < 128) {
          advance(at + 1);
          return value;
        }
      }
      throw new Failure("corrupt", `CAR: no length can be read at byte ${taken}`);
    },

    async take(count) {
      await fill(count);
      if (buffered.length < count) return undefined;
      const bytes = plain(buffered.subarray(0, count));
      advance(count);
      return bytes;
    },
  };
}

function lengthOf(length: number): Uint8Array {
  const bytes = new Uint8Array(varintLength(length));
  writeVarint(bytes, length, 0);
  return bytes;
}
