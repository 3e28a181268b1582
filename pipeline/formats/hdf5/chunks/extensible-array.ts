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
  readonly seen: Set<number>;
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
  readonly address: number | undefined;
  readonly start: number;
  readonly length: number;
  /** Of pages that were written, where there are pages. */
  readonly written: Bits;
}

type Bits = (bit: number) => boolean;

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
  const named = direct.flatMap((level) => blocksIn(block, level, 0, () => true));
  await readDataBlocks(array, named);
  const secondary = secondaryLevels
    .map((level) => ({ level, at: block.address() }))
    .filter(({ level, at }) => at !== undefined && isSought(array, level.start, level.blocks * level.length));
  for await (const blocks of inOrder(secondary, atOnce, ({ level, at }) => readSecondary(array, level, at!)))
    await readDataBlocks(array, blocks);
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
    seen: new Set(),
    indexAt(position) {
      const [slowest, ...others] = indexAt(position, counts);
      return others.toSpliced(unlimited, 0, slowest!);
    },
  };
}

const isSought = ({ from, to }: ExtensibleArray, start: number, length: number) => start <= to && start + length > from;

/** The data blocks of a level, whose addresses come next. @param isWritten of the pages of all of them, one by one. */
function blocksIn(cursor: Cursor, { blocks, length, start }: Level, pages: number, isWritten: Bits): DataBlock[] {
  return Array.from({ length: blocks }, (_, i) => ({
    address: cursor.address(),
    start: start + i * length,
    length,
    written: (page) => isWritten(i * pages + page),
  }));
}

async function readSecondary(array: ExtensibleArray, level: Level, address: number): Promise<DataBlock[]> {
  const { grid, offsetWidth, pageLength } = array;
  const { offsets } = grid.storage.widths;
  const pages = level.length > pageLength ? level.length / pageLength : 0;
  const bitmapLength = level.blocks * Math.ceil(pages / 8);
  const prefix = 6 + offsets + offsetWidth;
  const block = await grid.storage.read(address, prefix + bitmapLength + level.blocks * offsets + 4, what);
  block.signature("EASB").version(what, 0);
  block.position = block.bytes.length - 4;
  block.checksum(what);
  block.position = prefix;
  const bitmap = block.take(bitmapLength);
  const written = new Set(writtenBits(bitmap, 0, level.blocks * pages - 1));
  return blocksIn(block, level, pages, (bit) => written.has(bit));
}

async function readDataBlocks(array: ExtensibleArray, blocks: readonly DataBlock[]): Promise<void> {
  const sought = blocks.filter(({ address, start, length }) => address !== undefined && isSought(array, start, length));
  for (const { address } of sought) {
    if (array.seen.has(address!)) throw damaged(`${what} has a block twice`, array.grid.storage.base + address!);
    array.seen.add(address!);
  }
  for await (const _ of inOrder(sought, atOnce, (block) => readDataBlock(array, block, block.address!)));
}

async function readDataBlock(array: ExtensibleArray, block: DataBlock, address: number): Promise<void> {
  const { grid, element, offsetWidth, pageLength } = array;
  const prefix = 6 + grid.storage.widths.offsets + offsetWidth;
  const isPaged = block.length > pageLength;
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
  for (let page = 0; page < block.length / pageLength; page++) {
    const start = block.start + page * pageLength;
    if (!block.written(page) || !isSought(array, start, pageLength)) continue;
    const read = await grid.storage.read(address + prefix + 4 + page * pageSize, pageSize, what);
    checkPage(read);
    take(read, start, pageLength);
  }
}
