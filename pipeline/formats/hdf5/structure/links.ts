/**
 * What a group contains: sections III.B and III.D (old groups: symbol table nodes and local heaps), IV.A.2.c and IV.A.2.g
 * (link info and link messages), IV.A.2.r (symbol table message).
 *
 * Old groups have a b-tree of symbol table nodes, and names in a local heap. New ones have link messages in their header,
 * or, when there are many, in a fractal heap with an index ("dense").
 */
import { inOrder } from "../../../core/concurrency.ts";
import { byBytes } from "../../../core/text/order.ts";
import type { Hdf5Link } from "../model.ts";
import { btree1 } from "./btree1.ts";
import { btree2 } from "./btree2.ts";
import { Cursor, textOf } from "./cursor.ts";
import { damaged, unsupported } from "./failures.ts";
import { objectSize } from "./file-budget.ts";
import { openFractalHeap } from "./fractal-heap.ts";
import { cursorOf, messageType, type ObjectHeader } from "./object-header.ts";
import type { Objects } from "./objects.ts";
import type { Storage } from "./storage.ts";

const mostLinks = 1_000_000;
/** Bytes of a link's name: netCDF allows 256. */
const longestName = 4096;
/** Bytes of a group's symbol table node: HDF5 writes some hundred. */
const longestNode = 2 ** 20;
/** Symbol table nodes that are read at once. */
const atOnce = 32;

/** As `Hdf5Group.links`. */
export async function linksOf(objects: Objects, header: ObjectHeader): Promise<Hdf5Link[]> {
  const { storage } = objects;
  const links: Hdf5Link[] = [];
  const add = (link: Hdf5Link) => {
    if (links.length >= mostLinks)
      throw damaged(`a group has more than ${mostLinks} links`, storage.base + header.address);
    links.push(link);
  };
  // Spent before a link is created, so that many that are read at once have no more memory together.
  const spendOn = (bytes: number) => storage.budget.spend("memory", objectSize + 2 * bytes);
  for (const message of header.messages) {
    if (message.type === messageType.link) add(readLink(cursorOf(message, storage), spendOn));
    if (message.type === messageType.symbolTable)
      for await (const link of oldLinks(storage, cursorOf(message, storage), spendOn)) add(link);
    if (message.type === messageType.linkInfo)
      for await (const link of denseLinks(storage, cursorOf(message, storage), spendOn)) add(link);
  }
  const isTracked = links.every(({ creationOrder }) => creationOrder !== undefined);
  return links.sort((a, b) => (isTracked ? a.creationOrder! - b.creationOrder! : byBytes(a.name, b.name)));
}

/** Section IV.A.2.g. */
function readLink(cursor: Cursor, spendOn: (bytes: number) => void): Hdf5Link {
  cursor.version("a link", 1);
  const flags = cursor.uint(1);
  const type = flags & 8 ? cursor.uint(1) : 0;
  const order = flags & 4 ? cursor.uint(8) : undefined;
  // Whether its name is ASCII or UTF-8, of which ASCII is a part.
  if (flags & 16) cursor.skip(1);
  const length = cursor.uint(1 << (flags & 3));
  checkName(length);
  spendOn(cursor.bytes.length);
  const name = textOf(cursor.take(length));
  return { name, ...(order !== undefined && { creationOrder: order }), target: targetOf(cursor, type) };
}

function checkName(length: number): void {
  if (length > longestName) throw unsupported(`a link's name has more than ${longestName} bytes, and is not read`);
}

function targetOf(cursor: Cursor, type: number): Hdf5Link["target"] {
  if (type === 0) return { kind: "hard", address: cursor.definedAddress("a link") };
  const value = cursor.take(cursor.uint(2));
  if (type === 1) return { kind: "soft", path: textOf(value) };
  if (type !== 64) return { kind: "user-defined", number: type };
  const file = textOf(value.subarray(1));
  const separator = value.indexOf(0, 1);
  return { kind: "external", file, path: separator < 0 ? "" : textOf(value.subarray(separator + 1)) };
}

/** Section IV.A.2.c. */
async function* denseLinks(storage: Storage, info: Cursor, spendOn: (bytes: number) => void): AsyncGenerator<Hdf5Link> {
  info.version("link info", 0);
  // The greatest creation order, where it is tracked.
  if (info.uint(1) & 1) info.skip(8);
  const heapAddress = info.address();
  const index = info.address();
  if (heapAddress === undefined || index === undefined) return;
  const heap = await openFractalHeap(storage, heapAddress);
  try {
    for await (const { records } of btree2(storage, index, { what: "an index of links", types: [5] })) {
      // A hash of the name, then the heap's ID of the link.
      const ids = records.map((record) => record.skip(4).take(7));
      for await (const some of heap.objects(ids)) {
        for (const bytes of some)
          yield readLink(new Cursor(bytes, storage.widths, storage.base + heapAddress), spendOn);
      }
    }
  } finally {
    heap.close();
  }
}

async function* oldLinks(storage: Storage, table: Cursor, spendOn: (bytes: number) => void): AsyncGenerator<Hdf5Link> {
  const tree = table.definedAddress("a group's index");
  const names = await localHeap(storage, table.definedAddress("a group's names"));
  const kind = { what: "a group's index", type: 0, keyLength: storage.widths.lengths } as const;
  const visited = new Set<number>();
  for await (const entries of btree1(storage, tree, kind)) {
    for (const { address } of entries) {
      if (visited.has(address)) throw damaged("a group has a node twice", storage.base + address);
      visited.add(address);
    }
    for await (const links of inOrder(entries, atOnce, ({ address }) => symbolsAt(storage, address, names, spendOn)))
      yield* links;
  }
  storage.budget.release("memory", names.length);
}

/** Section III.D; the bytes that names are in. */
async function localHeap(storage: Storage, address: number): Promise<Uint8Array> {
  const { offsets, lengths } = storage.widths;
  const head = await storage.read(address, 8 + 2 * lengths + offsets, "a group's names");
  head.signature("HEAP").version("a local heap", 0);
  const length = head.skip(3).length();
  const data = head.skip(lengths).definedAddress("a group's names");
  storage.budget.spend("memory", length);
  return (await storage.read(data, length, "a group's names")).bytes;
}

/** Sections III.B and III.C. */
async function symbolsAt(
  storage: Storage,
  address: number,
  names: Uint8Array,
  spendOn: (bytes: number) => void,
): Promise<Hdf5Link[]> {
  const { widths, base } = storage;
  const what = "a group's symbols";
  const head = await storage.read(address, 8, what);
  head.signature("SNOD").version(what, 1);
  const count = head.skip(1).uint(2);
  const length = 8 + count * (2 * widths.offsets + 24);
  if (length > longestNode) throw head.damage(`${what} have ${length} bytes`);
  const cursor = (await storage.read(address, length, what)).skip(8);
  const nameAt = (offset: number) => {
    if (offset >= names.length) throw damaged("a link's name is outside of its heap", base + address);
    // One byte more than the longest, so that its end is found.
    const end = names.subarray(offset, offset + longestName + 1).indexOf(0);
    checkName(end < 0 ? names.length - offset : end);
    spendOn(end);
    return new Cursor(names.subarray(offset), widths, base + address).nullTerminated();
  };
  return Array.from({ length: count }, () => {
    const name = nameAt(cursor.uint(widths.offsets));
    const target = cursor.address();
    const cached = cursor.uint(4);
    const scratch = new Cursor(cursor.skip(4).take(16), widths, cursor.at);
    // What is cached for a soft link is where its path is.
    if (cached === 2) return { name, target: { kind: "soft", path: nameAt(scratch.uint(4)) } };
    if (target === undefined) throw cursor.damage("a link has no address");
    return { name, target: { kind: "hard", address: target } };
  });
}
