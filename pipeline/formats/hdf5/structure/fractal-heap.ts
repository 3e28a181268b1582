/**
 * Section III.G, "Disk Format: Level 1G - Fractal Heap": links and attributes of objects that have many.
 *
 * The heap is a table of blocks, in rows of `width`: the first two rows have blocks of the starting size, each further row
 * twice as large ones. Blocks up to the largest direct size have objects; larger ones are such tables themselves.
 */
import { inOrder } from "../../../core/concurrency.ts";
import { lookup3 } from "../../codecs/checksums.ts";
import { btree2 } from "./btree2.ts";
import { Cursor, widthOf } from "./cursor.ts";
import { damaged, unsupported } from "./failures.ts";
import type { Storage } from "./storage.ts";

export interface FractalHeap {
  /** The objects with these IDs, in their order, some at a time. @throws Failure `input` where the heap is damaged. */
  objects(ids: readonly Uint8Array[]): AsyncGenerator<readonly Uint8Array[]>;
  /** Forgets the blocks that are remembered, which count as memory of the file until then. */
  close(): void;
}

interface Header {
  readonly idLength: number;
  readonly hasChecksums: boolean;
  readonly hugeObjects: number | undefined;
  readonly width: number;
  readonly startSize: number;
  readonly mostDirectSize: number;
  /** Rows of direct blocks in a table. */
  readonly directRows: number;
  readonly root: number | undefined;
  /** 0 where the root is a direct block. */
  readonly rootRows: number;
  /** Bytes of an offset in the heap, and of an object's length, in IDs. */
  readonly offsetWidth: number;
  readonly lengthWidth: number;
}

const what = "a fractal heap";
/** Objects that are sought at once, and blocks that are remembered meanwhile, of which HDF5 writes none above 64 KiB. */
const atOnce = 32;
const mostBlocks = 64;
const longestBlock = 2 ** 20;
/** Bytes of objects that are handed on together. */
const together = 65_536;

export async function openFractalHeap(storage: Storage, address: number): Promise<FractalHeap> {
  const header = await readHeader(storage, address);
  const blocks = new Map<number, { readonly read: Promise<Cursor>; readonly length: number; block?: Cursor }>();
  const forget = (at: number) => {
    storage.budget.release("memory", blocks.get(at)?.length ?? 0);
    blocks.delete(at);
  };
  const use = (at: number) => {
    const known = blocks.get(at);
    if (!known) return undefined;
    blocks.delete(at);
    blocks.set(at, known);
    return known;
  };
  const load = ({ at, length, read }: Unread) => {
    const known = use(at);
    if (known) return known.read;
    storage.budget.spend("memory", length);
    const reading: { read: Promise<Cursor>; length: number; block?: Cursor } = { read: read(), length };
    reading.read.then(
      (block) => {
        reading.block = block;
      },
      () => {}, // Whoever awaits it has the failure.
    );
    blocks.set(at, reading);
    for (const oldest of blocks.keys()) {
      if (blocks.size <= mostBlocks) break;
      forget(oldest);
    }
    return reading.read;
  };
  const heap: Heap = { storage, header, address, load, block: (at) => use(at)?.block };
  return {
    // Names are in the order of their hashes, so each object may be in another block than the one before. But mostly all
    // blocks have been read: then nothing is waited for.
    async *objects(ids) {
      for (let next = 0; next < ids.length; ) {
        const here: Uint8Array[] = [];
        for (let size = 0; next < ids.length && size < together; next++) {
          const found = objectIn(heap, ids[next]!);
          if (!(found instanceof Uint8Array)) break;
          here.push(found);
          size += found.length;
        }
        if (here.length > 0) yield here;
        else {
          for await (const object of inOrder(ids.slice(next, next + atOnce), atOnce, (id) => objectOf(heap, id)))
            yield [object];
          next += atOnce;
        }
      }
    },
    close: () => [...blocks.keys()].forEach(forget),
  };
}

interface Heap {
  readonly storage: Storage;
  readonly header: Header;
  readonly address: number;
  /** The block at this address, where it has been read and is remembered. */
  block(at: number): Cursor | undefined;
  load(block: Unread): Promise<Cursor>;
}

/** A block that has to be read first. */
interface Unread {
  readonly at: number;
  readonly length: number;
  readonly read: () => Promise<Cursor>;
}

async function readHeader(storage: Storage, address: number): Promise<Header> {
  const { offsets, lengths } = storage.widths;
  const cursor = await storage.read(address, 26 + 12 * lengths + 3 * offsets, what);
  cursor.signature("FRHP").version(what, 0);
  const idLength = cursor.uint(2);
  if (cursor.uint(2) !== 0) throw unsupported("HDF5's groups and attributes in compressed heaps are not read");
  const flags = cursor.uint(1);
  const mostManaged = cursor.uint(4);
  cursor.skip(lengths);
  const hugeObjects = cursor.address();
  cursor.skip(lengths + offsets + 8 * lengths);
  const width = cursor.uint(2);
  const startSize = cursor.length();
  const mostDirectSize = cursor.length();
  const bits = cursor.uint(2);
  cursor.skip(2);
  const root = cursor.address();
  const rootRows = cursor.uint(2);
  cursor.checksum(what);
  const isPower = (value: number) => value > 0 && Number.isInteger(Math.log2(value));
  const firstRowBits = Math.log2(startSize) + Math.log2(width);
  if (
    ![width, startSize, mostDirectSize].every(isPower) ||
    bits > 64 ||
    startSize > mostDirectSize ||
    rootRows > 64 ||
    mostDirectSize > longestBlock
  )
    throw cursor.damage(`${what} has blocks of ${startSize} to ${mostDirectSize} bytes in rows of ${width}`);
  if (firstRowBits > 53) throw cursor.damage(`${what} has rows of ${startSize * width} bytes`);
  return {
    idLength,
    hasChecksums: (flags & 2) !== 0,
    hugeObjects,
    width,
    startSize,
    mostDirectSize,
    directRows: Math.log2(mostDirectSize) - Math.log2(startSize) + 2,
    root,
    rootRows,
    offsetWidth: Math.ceil(bits / 8),
    lengthWidth: Math.min(widthOf(mostDirectSize), widthOf(mostManaged)),
  };
}

/** An object, however much has to be read for it. */
async function objectOf(heap: Heap, id: Uint8Array): Promise<Uint8Array> {
  // Others may push blocks out of the heap's memory meanwhile.
  const own = new Map<number, Cursor>();
  for (;;) {
    const found = objectIn(heap, id, own);
    if (found instanceof Uint8Array) return found;
    if ("huge" in found) return hugeObject(heap, found.huge);
    own.set(found.at, await heap.load(found));
  }
}

/** An object, or what it takes to find it. IDs: section III.G, "Fractal Heap ID". */
function objectIn(
  heap: Heap,
  id: Uint8Array,
  own?: ReadonlyMap<number, Cursor>,
): Uint8Array | Unread | { readonly huge: Cursor } {
  const { storage, header, address } = heap;
  const cursor = new Cursor(id.subarray(0, header.idLength), storage.widths, storage.base + address);
  const kind = (cursor.uint(1) >> 4) & 3;
  switch (kind) {
    case 0: {
      const offset = cursor.uint(header.offsetWidth);
      const length = cursor.uint(header.lengthWidth);
      const found = blockAt(heap, offset, own);
      if ("read" in found) return found;
      const { block, from } = found;
      // A copy, which does not retain the whole block in memory.
      if (from + length <= block.bytes.length) return block.bytes.slice(from, from + length);
      return new Cursor(block.bytes.subarray(from), storage.widths, block.at + from).take(length);
    }
    case 1:
      return { huge: cursor };
    case 2: {
      const isLong = header.idLength > 18;
      const length = isLong ? ((id[0]! & 15) << 8) + cursor.uint(1) + 1 : (id[0]! & 15) + 1;
      return cursor.take(length);
    }
    default:
      throw cursor.damage(`${what} has an object of kind 3`);
  }
}

/** The direct block with the byte at `offset` of the heap, and where in the block it is; or the next block on the way to it. */
function blockAt(
  heap: Heap,
  offset: number,
  own?: ReadonlyMap<number, Cursor>,
): Unread | { block: Cursor; from: number } {
  const { storage, header, address } = heap;
  const { width, startSize, directRows, offsetWidth } = header;
  const { offsets } = storage.widths;
  const at = storage.base + address;
  const read = (block: number) => own?.get(block) ?? heap.block(block);
  let [block, rows, from] = [header.root, header.rootRows, offset];
  let size = startSize;
  while (rows > 0) {
    if (block === undefined) throw damaged(`${what} has an object in no block`, at);
    const { row, column, start } = placeOf(from, header);
    if (row >= rows) throw damaged(`${what} has an object beyond its end`, at);
    size = sizeOfRow(row, header);
    const entries = rows * width;
    const tableLength = 9 + offsets + offsetWidth + entries * offsets;
    if (tableLength > longestBlock) throw damaged(`${what} has a table of ${tableLength} bytes`, at);
    const table = read(block);
    if (!table) return unreadTable(heap, block, tableLength, rows);
    table.position = 0;
    block = table.skip(5 + offsets + offsetWidth + (row * width + column) * offsets).address();
    from -= start;
    const below = row < directRows ? 0 : Math.log2(size) - Math.log2(startSize * width) + 1;
    if (below >= rows) throw damaged(`${what} has a table that is larger than the one it is in`, at);
    rows = below;
  }
  if (block === undefined) throw damaged(`${what} has an object in no block`, at);
  const direct = read(block);
  if (direct) return { block: direct, from };
  const [directAt, length] = [block, size];
  return { at: directAt, length, read: () => directBlock(storage, header, directAt, length) };
}

function unreadTable({ storage, header }: Heap, at: number, length: number, rows: number): Unread {
  const { offsets } = storage.widths;
  const { offsetWidth, width } = header;
  const read = async () => {
    const table = await storage.read(at, length, what);
    table.signature("FHIB").version(what, 0);
    table.skip(offsets + offsetWidth + rows * width * offsets).checksum(what);
    return table;
  };
  return { at, length, read };
}

function placeOf(offset: number, { width, startSize }: Header) {
  const firstRow = width * startSize;
  const row = offset < firstRow ? 0 : Math.floor(Math.log2(offset / firstRow)) + 1;
  const rowStart = row === 0 ? 0 : firstRow * 2 ** (row - 1);
  const size = row === 0 ? startSize : startSize * 2 ** (row - 1);
  const column = Math.floor((offset - rowStart) / size);
  return { row, column, start: rowStart + column * size };
}

const sizeOfRow = (row: number, { startSize }: Header) => (row === 0 ? startSize : startSize * 2 ** (row - 1));

async function directBlock(storage: Storage, header: Header, address: number, length: number): Promise<Cursor> {
  const cursor = await storage.read(address, length, what);
  cursor.signature("FHDB").version(what, 0);
  if (!header.hasChecksums) return cursor;
  const at = 5 + storage.widths.offsets + header.offsetWidth;
  cursor.position = at;
  const stored = cursor.uint(4);
  const content = cursor.bytes.slice();
  content.fill(0, at, at + 4);
  if (lookup3(content) !== stored) throw damaged(`the checksum of ${what} is wrong`, cursor.at);
  return cursor;
}

/** Objects too large for a block are anywhere in the file: the ID has the address, or is a key of a b-tree that does. */
async function hugeObject({ storage, header }: Heap, id: Cursor): Promise<Uint8Array> {
  const { offsets, lengths } = storage.widths;
  if (header.idLength - 1 >= offsets + lengths) {
    const address = id.definedAddress("a huge object");
    return (await storage.read(address, id.length(), "a huge object")).bytes;
  }
  const key = id.uint(Math.min(lengths, header.idLength - 1));
  if (header.hugeObjects === undefined) throw id.damage("a huge object is in no index");
  for await (const { records } of btree2(storage, header.hugeObjects, {
    what: "an index of huge objects",
    types: [1],
  })) {
    for (const record of records) {
      const address = record.definedAddress("a huge object");
      const length = record.length();
      if (record.length() === key) return (await storage.read(address, length, "a huge object")).bytes;
    }
  }
  throw id.damage("a huge object is in no index");
}
