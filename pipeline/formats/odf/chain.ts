/**
 * The metadata chain of an Open Data Fabric dataset, walked from its head to its first block by the hashes that link them.
 *
 * ```
 * refs/head              the hash of the newest block
 * blocks/f1620…          metadata blocks
 * data/f1620…            slices of data, in Parquet
 * checkpoints/f1620…     state that an engine finds again
 * ```
 *
 * @see https://github.com/open-data-fabric/open-data-fabric/blob/master/open-data-fabric.md#dataset-layout
 */
import type { Folder } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure } from "../../core/failure.ts";
import type { ChainState } from "../../core/relation.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { type Block, type DataEvent, decodeBlock, type Event, parseHash, sha3Of } from "./block.ts";

/** The files of a dataset, wherever it is. */
export interface OdfFiles {
  /** The whole file at that path, `undefined` where there is none. Of a longer file, `most` bytes. */
  read(path: string, most: number): Promise<Uint8Array | undefined>;
  /** The file at that path, to be read in parts; `undefined` where there is none. */
  open(path: string): Promise<RangeSource | undefined>;
}

export const filesIn = (folder: Folder, world: World): OdfFiles => ({
  read: (path, most) => folder.read(path, world, { offset: 0, length: most }),
  open: (path) => folder.file(path, world),
});

/** A block that has the hash by which it was asked for, and follows the next older one. */
export interface LinkedBlock {
  /** `f1620…` */
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly block: Block;
}

export interface Chain {
  /** The hash in `refs/head`, in base 16. */
  readonly head: string;
  /** How names of files write a hash: as `refs/head` does. */
  readonly nameOf: (hash: string) => string;
}

/** Blocks of a chain, and bytes of one. */
export const mostBlocks = 100_000;
const largestBlock = 16 * 2 ** 20;

/** @throws Failure `input` where there is no head, or it is no hash */
export async function openChain(files: OdfFiles): Promise<Chain> {
  const bytes = await files.read("refs/head", 1000);
  if (!bytes) throw new Failure("input", "there is no refs/head");
  const { hash, nameOf } = parseHash(new TextDecoder().decode(bytes).trim());
  return { head: hash, nameOf };
}

/**
 * The blocks, newest first, each after it was hashed and found to follow its successor's number.
 *
 * @throws Failure `input` naming the block that is absent, has other bytes, or doesn't fit the one after it
 */
export async function* blocksOf({ head, nameOf }: Chain, files: OdfFiles, world: World): AsyncGenerator<LinkedBlock> {
  let next: { readonly hash: string; readonly number?: number } | undefined = { hash: head };
  for (let count = 0; next; count++) {
    world.signal.throwIfAborted();
    if (count === mostBlocks) throw new Failure("input", `the chain has more than ${mostBlocks} blocks`);
    const { hash, number }: { readonly hash: string; readonly number?: number } = next;
    const bytes = await files.read(`blocks/${nameOf(hash)}`, largestBlock + 1);
    if (!bytes) throw wrongBlock(hash, "is not there");
    if (sha3Of(bytes) !== hash) throw wrongBlock(hash, `has other bytes: they hash to ${sha3Of(bytes)}`);
    const block = blockIn(bytes, hash);
    checkPosition(block, number, hash);
    yield { hash, bytes, block };
    const { prevBlockHash, sequenceNumber, version } = block;
    next =
      prevBlockHash === undefined
        ? undefined
        : // Blocks of version 1 were written before there were numbers.
          { hash: parseHash(prevBlockHash).hash, ...(version > 1 && { number: sequenceNumber - 1 }) };
  }
}

function blockIn(bytes: Uint8Array, hash: string): Block {
  try {
    return decodeBlock(bytes);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw wrongBlock(hash, `can't be read: ${cause.message}`);
  }
}

function checkPosition(
  { event, prevBlockHash, sequenceNumber, version }: Block,
  number: number | undefined,
  hash: string,
) {
  if (version > 1 && number !== undefined && sequenceNumber !== number)
    throw wrongBlock(hash, `has number ${sequenceNumber}, where ${number} comes before the block after it`);
  if (version > 1 && (sequenceNumber === 0) !== (prevBlockHash === undefined))
    throw wrongBlock(
      hash,
      `has number ${sequenceNumber} and ${prevBlockHash === undefined ? "no" : "a"} block before it`,
    );
  if ((event.kind === "Seed") !== (prevBlockHash === undefined))
    throw wrongBlock(hash, event.kind === "Seed" ? "is a Seed and not the first" : "is the first and no Seed");
}

const wrongBlock = (hash: string, says: string) => new Failure("input", `block ${hash} ${says}`);

export const isDataEvent = (event: Event): event is DataEvent =>
  event.kind === "AddData" || event.kind === "ExecuteTransform";

/**
 * Checks, block by block from the newest, that offsets, checkpoints and watermarks continue those of the blocks before.
 * Returns what doesn't, in words, for the block that it is given.
 */
export function continuity(): (linked: LinkedBlock) => readonly string[] {
  /** What the newer blocks state about the older ones that are still to come. */
  let after: { readonly hash: string; readonly event: DataEvent } | undefined;

  return ({ hash, block: { event } }) => {
    const wrong: string[] = [];
    if (event.kind === "Seed") {
      if (after?.event.prevOffset !== undefined)
        wrong.push(`block ${after.hash} continues offset ${after.event.prevOffset}, and no data come before it`);
      return wrong;
    }
    if (!isDataEvent(event)) return wrong;
    const { newData, prevOffset, newWatermark } = event;
    if (newData && newData.offsetInterval.start !== (prevOffset === undefined ? 0 : prevOffset + 1))
      wrong.push(`its data start at offset ${newData.offsetInterval.start} after ${prevOffset ?? "none"}`);
    if (after) {
      const end = newData ? newData.offsetInterval.end : prevOffset;
      if (after.event.prevOffset !== end)
        wrong.push(
          `it ends at offset ${end ?? "none"}, and block ${after.hash} continues ${after.event.prevOffset ?? "none"}`,
        );
      const later = after.event.newWatermark;
      if (newWatermark !== undefined && (later === undefined || instantOf(later) < instantOf(newWatermark)))
        wrong.push(`its watermark ${newWatermark} is after that of block ${after.hash}, ${later ?? "which has none"}`);
    }
    after = { hash, event };
    return wrong;
  };
}

/** For comparing: the fraction has as many digits as it needs. */
const instantOf = (time: string) => time.replace("Z", "").padEnd(29, "0");

/** The blocks of one state of a dataset, by their hashes, for comparing it with another. The first block has number 0. */
export async function stateOf(chain: Chain, files: OdfFiles, world: World): Promise<ChainState> {
  const hashes: string[] = [];
  for await (const { hash } of blocksOf(chain, files, world)) hashes.push(hash);
  hashes.reverse();
  const numbers = new Map(hashes.map((hash, number) => [hash, number]));
  return {
    head: chain.head,
    async read(hash) {
      const number = numbers.get(hash);
      if (number === undefined) throw new Failure("input", `the chain of ${chain.head} has no block ${hash}`);
      return { number, parents: hashes.slice(Math.max(0, number - 1), number) };
    },
  };
}

/** For messages: the kind of an event, and what distinguishes it from others of its kind. */
export function describeEvent(event: Event): string {
  switch (event.kind) {
    case "Seed":
      return `Seed  ${event.datasetKind.toLowerCase()} dataset ${shown(event.datasetId, 100)}`;
    case "AddData":
    case "ExecuteTransform": {
      const { newData, newWatermark } = event;
      const rows = newData ? `offsets ${newData.offsetInterval.start} to ${newData.offsetInterval.end}` : "no data";
      return `${event.kind}  ${rows}${newWatermark === undefined ? "" : `, watermark ${newWatermark}`}`;
    }
    case "SetInfo":
      return `SetInfo  ${shown(event.description ?? "", 60)}`;
    case "SetLicense":
      return `SetLicense  ${shown(event.spdxId ?? event.shortName ?? event.name ?? "", 60)}`;
    default:
      return event.kind;
  }
}
