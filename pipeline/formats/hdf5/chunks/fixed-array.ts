/**
 * Section VII.C, "The Fixed Array Index": for datasets whose dimensions have limits.
 *
 * One element a chunk, numbered in the grid as it may become. Above some number they are in pages, of which only those
 * that a bitmap names were ever written.
 */
import { inOrder } from "../../../core/concurrency.ts";
import type { Cursor } from "../structure/cursor.ts";
import { type ElementKind, elementKind, takeElement } from "./element.ts";
import { type ChunkGrid, indexAt, positionOf } from "./grid.ts";

const what = "an index of chunks";
/** Pages that are read at once. */
const atOnce = 32;

interface FixedArray {
  readonly element: ElementKind;
  /** Elements. */
  readonly length: number;
  /** Elements of a page. */
  readonly pageLength: number;
  readonly dataBlock: number;
}

export async function chunksInFixedArray(grid: ChunkGrid, address: number): Promise<void> {
  const array = await readHeader(grid, address);
  if (!array) return;
  const [from, to] = [positionOf(grid.first, grid.mostCounts), positionOf(grid.last, grid.mostCounts)];
  if (to >= array.length)
    throw array.head.damage(`${what} has ${array.length} elements, of which ${to + 1} are sought`);
  await (array.length > array.pageLength ? readPages(grid, array, from, to) : readBlock(grid, array, from, to));
}

async function readHeader(grid: ChunkGrid, address: number): Promise<(FixedArray & { head: Cursor }) | undefined> {
  const { storage } = grid;
  const { offsets, lengths } = storage.widths;
  const head = await storage.read(address, 12 + lengths + offsets, what);
  head.signature("FAHD").version(what, 0);
  const element = elementKind(head.uint(1), head.uint(1), head);
  const pageBits = head.uint(1);
  if (pageBits > 32) throw head.damage(`${what} has pages of 2^${pageBits} elements`);
  const length = head.length();
  const dataBlock = head.address();
  head.checksum(what);
  return dataBlock === undefined ? undefined : { element, length, pageLength: 2 ** pageBits, dataBlock, head };
}

async function readBlock(grid: ChunkGrid, array: FixedArray, from: number, to: number): Promise<void> {
  const { storage, mostCounts } = grid;
  const { element, length, dataBlock } = array;
  const prefix = 6 + storage.widths.offsets;
  const block = await storage.read(dataBlock, prefix + length * element.size + 4, what);
  block.signature("FADB").version(what, 0);
  block.position = prefix + length * element.size;
  block.checksum(what);
  block.position = prefix + from * element.size;
  for (let i = from; i <= to; i++) takeElement(block, element, indexAt(i, mostCounts), grid);
}

async function readPages(grid: ChunkGrid, array: FixedArray, from: number, to: number): Promise<void> {
  const { storage, mostCounts } = grid;
  const { element, length, pageLength, dataBlock } = array;
  const prefix = 6 + storage.widths.offsets;
  const bitmapLength = Math.ceil(Math.ceil(length / pageLength) / 8);
  const block = await storage.read(dataBlock, prefix + bitmapLength + 4, what);
  block.signature("FADB").version(what, 0);
  block.position = prefix;
  const bitmap = block.take(bitmapLength);
  block.checksum(what);
  const pagesAt = dataBlock + prefix + bitmapLength + 4;
  const pages = writtenBits(bitmap, Math.floor(from / pageLength), Math.floor(to / pageLength));
  const read = async (page: number) => {
    const start = page * pageLength;
    const count = Math.min(pageLength, length - start);
    const cursor = await storage.read(pagesAt + page * (pageLength * element.size + 4), count * element.size + 4, what);
    checkPage(cursor);
    for (let i = start; i < start + count; i++) takeElement(cursor, element, indexAt(i, mostCounts), grid);
  };
  for await (const _ of inOrder(pages, atOnce, read));
}

/** The checksum of a page is behind its elements. */
export function checkPage(page: Cursor): void {
  page.position = page.bytes.length - 4;
  page.checksum(what);
  page.position = 0;
}

/** Numbers of the bits set from bit `from` to bit `to` of a bitmap, of which the first is the highest of its byte. */
export function* writtenBits(bitmap: Uint8Array, from: number, to: number): Generator<number> {
  for (let bit = from; bit <= to; bit++) {
    const byte = bitmap[bit >> 3] ?? 0;
    // What was never written is mostly long stretches.
    if (byte === 0) bit |= 7;
    else if (byte & (0x80 >> (bit & 7))) yield bit;
  }
}
