/**
 * Section VII.D, "The Extensible Array Index": for datasets with one unlimited dimension.
 *
 * Elements are numbered with the unlimited dimension slowest. The first are in the index block; the next in data blocks
 * that it names; all later ones in data blocks that secondary blocks name, each of which has more and larger blocks than
 * the one before. Large data blocks are in pages, of which only those that a bitmap names were ever written.
 */
import { inOrder } from "../../../core/concurrency.ts";
import type { Cursor } from "../structure/cursor.ts";
import { damaged } from "../structure/failures.ts";
import { type ElementKind, elementKind, takeElement } from "./element.ts";
import { checkPage, writtenBits } from "./fixed-array.ts";
import { type ChunkGrid, indexAt, positionOf } from "./grid.ts";

const what = "an index of chunks";
/** Blocks that are read at once, of each kind. */
const atOnce = 16;

interface ExtensibleArray {
  readonly grid: ChunkGrid;
  readonly element: ElementKind;
  readonly indexBlock: number;
  /** Elements in the index block. */
  readonly inIndexBlock: number;
  /** Bytes of an element's number, in blocks. */
  readonly offsetWidth: number;
  /** Elements of a page. */
  readonly pageLength: number;
  readonly levels: readonly Level[];
  /** Levels whose data blocks the index block names itself. */
  readonly directLevels: number;
  /** Numbers of the first and last element sought. */
  readonly from: number;
  readonly to: number;
  /** Addresses of data blocks that were read. */
  readonly visited: Set<number>;
  /** The index of an element's chunk. */
  indexAt(position: number): readonly number[];
}

/** The data blocks that a secondary block names, or would name if the index block did not. */
interface Level {
  readonly blocks: number;
  /** Elements of each. */
  readonly length: number;
  /** Number of the first element. */
  readonly start: number;
}

interface DataBlock {
  readonly address: number;
  readonly start: number;
  readonly length: number;
  /** Numbers of the pages that were written, of a block that has pages. */
  readonly written: Iterable<number>;
}

export async function chunksInExtensibleArray(grid: ChunkGrid, address: number): Promise<void> {
  const array = await readHeader(grid, address);
  if (!array) return;
  const { storage } = grid;
  const { offsets } = storage.widths;
  const { element, inIndexBlock, levels, directLevels } = array;
  const direct = levels.slice(0, directLevels);
  const directBlocks = direct.reduce((all, { blocks }) => all + blocks, 0);
  const secondaryLevels = levels.slice(directLevels);
  const prefix = 6 + offsets;
  const length = prefix + inIndexBlock * element.size + (directBlocks + secondaryLevels.length) * offsets + 4;
  const block = await storage.read(array.indexBlock, length, what);
  block.signature("EAIB").version(what, 0);
  block.position = length - 4;
  block.checksum(what);
  block.position = prefix;
  for (let i = 0; i < inIndexBlock; i++) takeElement(block, element, array.indexAt(i), grid);
  const named = function* () {
    for (const level of direct) {
      const at = block.position;
      yield* blocksIn(array, level, addressesIn(block, at), () => allPages(array, level));
      block.position = at + level.blocks * offsets;
    }
  };
  await readDataBlocks(array, named());
  const secondary = secondaryLevels
    .map((level) => ({ level, at: block.address() }))
    .filter(({ level, at }) => at !== undefined && isSought(array, level.start, level.blocks * level.length));
  for await (const _ of inOrder(secondary, atOnce, ({ level, at }) => readSecondary(array, level, at!)));
}

async function readHeader(grid: ChunkGrid, address: number): Promise<ExtensibleArray | undefined> {
  const { storage, mostCounts, first, last } = grid;
  const { offsets, lengths } = storage.widths;
  const head = await storage.read(address, 16 + 6 * lengths + offsets, what);
  head.signature("EAHD").version(what, 0);
  const element = elementKind(head.uint(1), head.uint(1), head);
  const [bits, inIndexBlock, leastLength, leastPointers, pageBits] = [0, 0, 0, 0, 0].map(() => head.uint(1)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const indexBlock = head.skip(6 * lengths).address();
  head.checksum(what);
  const isPower = (value: number) => value > 0 && Number.isInteger(Math.log2(value));
  if (bits > 64 || pageBits > 32 || !isPower(leastLength) || !isPower(leastPointers))
    throw head.damage(`${what} has 2^${bits} elements in blocks of at least ${leastLength}`);
  if (indexBlock === undefined) return undefined;

  const levels: Level[] = [];
  const count = 1 + bits - Math.log2(leastLength);
  for (let level = 0, start = inIndexBlock; level < count; level++) {
    const [blocks, length] = [2 ** Math.floor(level / 2), 2 ** Math.ceil(level / 2) * leastLength];
    levels.push({ blocks, length, start });
    start += blocks * length;
  }
  const unlimited = mostCounts.indexOf(undefined);
  // The unlimited dimension comes first.
  const slowestFirst = <T>(list: readonly T[]) => [list[unlimited]!, ...list.filter((_, i) => i !== unlimited)];
  const counts = [undefined, ...mostCounts.filter((_, i) => i !== unlimited)];
  return {
    grid,
    element,
    indexBlock,
    inIndexBlock,
    offsetWidth: Math.ceil(bits / 8),
    pageLength: 2 ** pageBits,
    levels,
    directLevels: Math.min(count, 2 * Math.log2(leastPointers)),
    from: positionOf(slowestFirst(first), counts),
    to: positionOf(slowestFirst(last), counts),
    visited: new Set(),
    indexAt(position) {
      const [slowest, ...others] = indexAt(position, counts);
      return others.toSpliced(unlimited, 0, slowest!);
    },
  };
}

const isSought = ({ from, to }: ExtensibleArray, start: number, length: number) => start <= to && start + length > from;

/** The `i`th of the addresses at a position. */
function addressesIn(block: Cursor, position: number): (i: number) => number | undefined {
  return (i) => {
    block.position = position + i * block.widths.offsets;
    return block.address();
  };
}

/** The data blocks of a level that have elements which are sought. @param written of each, its pages. */
function* blocksIn(
  { from, to, visited, grid }: ExtensibleArray,
  { blocks, length, start }: Level,
  addressOf: (i: number) => number | undefined,
  written: (i: number) => Iterable<number>,
): Generator<DataBlock> {
  const first = Math.max(0, Math.floor((from - start) / length));
  const last = Math.min(blocks - 1, Math.floor((to - start) / length));
  for (let i = first; i <= last; i++) {
    const address = addressOf(i);
    if (address === undefined) continue;
    if (visited.has(address)) throw damaged(`${what} has a block twice`, grid.storage.base + address);
    visited.add(address);
    yield { address, start: start + i * length, length, written: written(i) };
  }
}

/** Its bitmap has the pages of all of its data blocks, those of one beginning where those of the one before end. */
async function readSecondary(array: ExtensibleArray, level: Level, address: number): Promise<void> {
  const { grid, offsetWidth } = array;
  const { offsets } = grid.storage.widths;
  const pages = pagesOf(array, level.length);
  const bitmapLength = level.blocks * Math.ceil(pages / 8);
  const prefix = 6 + offsets + offsetWidth;
  const block = await grid.storage.read(address, prefix + bitmapLength + level.blocks * offsets + 4, what);
  block.signature("EASB").version(what, 0);
  block.position = block.bytes.length - 4;
  block.checksum(what);
  block.position = prefix;
  const bitmap = block.take(bitmapLength);
  const written = (i: number) => pagesIn(bitmap, i * pages, pages);
  await readDataBlocks(array, blocksIn(array, level, addressesIn(block, prefix + bitmapLength), written));
}

/** Of a data block that the index block names, all pages count as written. */
function* allPages(array: ExtensibleArray, { length }: Level): Generator<number> {
  for (let page = 0; page < pagesOf(array, length); page++) yield page;
}

/** Pages of a data block; 0 where it is short enough to be one piece. */
const pagesOf = ({ pageLength }: ExtensibleArray, length: number) => (length > pageLength ? length / pageLength : 0);

function* pagesIn(bitmap: Uint8Array, first: number, count: number): Generator<number> {
  for (const bit of writtenBits(bitmap, first, first + count - 1)) yield bit - first;
}

async function readDataBlocks(array: ExtensibleArray, blocks: Iterable<DataBlock>): Promise<void> {
  for await (const _ of inOrder(blocks, atOnce, (block) => readDataBlock(array, block)));
}

async function readDataBlock(array: ExtensibleArray, block: DataBlock): Promise<void> {
  const { grid, element, offsetWidth, pageLength } = array;
  const { address } = block;
  const prefix = 6 + grid.storage.widths.offsets + offsetWidth;
  const isPaged = pagesOf(array, block.length) > 0;
  const elementsLength = isPaged ? 0 : block.length * element.size;
  const cursor = await grid.storage.read(address, prefix + elementsLength + 4, what);
  cursor.signature("EADB").version(what, 0);
  cursor.position = prefix + elementsLength;
  cursor.checksum(what);
  cursor.position = prefix;
  const take = (from: Cursor, start: number, length: number) => {
    for (let i = start; i < start + length; i++) takeElement(from, element, array.indexAt(i), grid);
  };
  if (!isPaged) {
    take(cursor, block.start, block.length);
    return;
  }
  const pageSize = pageLength * element.size + 4;
  for (const page of block.written) {
    const start = block.start + page * pageLength;
    if (!isSought(array, start, pageLength)) continue;
    const read = await grid.storage.read(address + prefix + 4 + page * pageSize, pageSize, what);
    checkPage(read);
    take(read, start, pageLength);
  }
}
