/**
 * Section III.A.2, "Disk Format: Level 1A2 - Version 2 B-trees": dense links and attributes, huge objects, chunks.
 *
 * Inner nodes have records as well, so records come in no order here: who needs one sorts. Read level by level as version
 * 1 is.
 */
import { inOrder } from "../../../core/concurrency.ts";
import { Cursor, widthOf } from "./cursor.ts";
import { damaged } from "./failures.ts";
import type { Storage } from "./storage.ts";

export interface BTree2Kind {
  /** In messages: "an index of chunks". */
  readonly what: string;
  /** Types of records it may have (section III.A.2, "Type"). */
  readonly types: readonly number[];
  /**
   * Whether what is sought may be between two records that follow one another, in the order of the tree; `undefined`
   * before the first and after the last. All of it is where `leads` is absent.
   */
  readonly leads?: (before: Cursor | undefined, after: Cursor | undefined) => boolean;
}

export interface BTree2Records {
  readonly type: number;
  /** Bytes of one. */
  readonly recordLength: number;
  readonly records: readonly Cursor[];
}

interface Child {
  readonly address: number;
  readonly records: number;
}

interface Header {
  readonly type: number;
  readonly nodeLength: number;
  readonly recordLength: number;
  /** By level, leaves first: how many records a node can have, and bytes of the number of records below one. */
  readonly levels: readonly { readonly most: number; readonly width: number }[];
  readonly countWidth: number;
  readonly root: Child | undefined;
}

/** Nodes that are read at once, and of one level. */
const atOnce = 32;
const mostNodes = 200_000;
/** Bytes of a node: HDF5 writes some thousand. And of a record, the shortest there is. */
const longestNode = 2 ** 16;
const shortestRecord = 6;
/** Signature, version and type before a node's records, checksum behind. */
const around = 10;

/** Records, some nodes' at a time. @throws Failure `input` where the tree is damaged. */
export async function* btree2(storage: Storage, address: number, kind: BTree2Kind): AsyncGenerator<BTree2Records> {
  const header = await readHeader(storage, address, kind);
  const { type, recordLength } = header;
  const visited = new Set<number>();
  let nodes = header.root ? [header.root] : [];
  for (let level = header.levels.length - 1; level >= 0 && nodes.length > 0; level--) {
    const below: Child[] = [];
    for (const node of nodes) {
      if (visited.has(node.address)) throw damaged(`${kind.what} has a node twice`, storage.base + node.address);
      visited.add(node.address);
    }
    for await (const node of inOrder(nodes, atOnce, (child) => readNode(storage, child, level, header, kind))) {
      yield { type, recordLength, records: node.records };
      for (const child of node.children) below.push(child);
      if (below.length > mostNodes)
        throw damaged(`${kind.what} has more than ${mostNodes} nodes`, storage.base + address);
    }
    nodes = below;
  }
}

async function readHeader(storage: Storage, address: number, kind: BTree2Kind): Promise<Header> {
  const { offsets, lengths } = storage.widths;
  const cursor = await storage.read(address, 22 + offsets + lengths, kind.what);
  cursor.signature("BTHD").version(kind.what, 0);
  const type = cursor.uint(1);
  if (!kind.types.includes(type)) throw cursor.damage(`${kind.what} has records of type ${type}`);
  const nodeLength = cursor.uint(4);
  const recordLength = cursor.uint(2);
  const depth = cursor.uint(2);
  const root = cursor.skip(2).address();
  const records = cursor.uint(2);
  cursor.skip(lengths).checksum(kind.what);
  if (recordLength < shortestRecord || nodeLength < around + recordLength || nodeLength > longestNode)
    throw cursor.damage(`${kind.what} has nodes of ${nodeLength} bytes and records of ${recordLength}`);

  const mostInLeaf = Math.floor((nodeLength - around) / recordLength);
  const countWidth = widthOf(mostInLeaf);
  const levels = [{ most: mostInLeaf, width: 0 }];
  for (let level = 1, below = mostInLeaf; level <= depth; level++) {
    const pointer = offsets + countWidth + levels[level - 1]!.width;
    const most = Math.floor((nodeLength - around - pointer) / (recordLength + pointer));
    below = (most + 1) * below + most;
    if (most < 1 || below > Number.MAX_SAFE_INTEGER) throw cursor.damage(`${kind.what} is ${depth} levels deep`);
    levels.push({ most, width: widthOf(below) });
  }
  return {
    type,
    nodeLength,
    recordLength,
    levels,
    countWidth,
    root: root === undefined || records === 0 ? undefined : { address: root, records },
  };
}

async function readNode(storage: Storage, node: Child, level: number, header: Header, kind: BTree2Kind) {
  const { nodeLength, recordLength, levels, countWidth, type } = header;
  const { most } = levels[level]!;
  const cursor = await storage.read(node.address, nodeLength, kind.what);
  if (node.records > most) throw cursor.damage(`${kind.what} has ${node.records} records where ${most} fit`);
  cursor.signature(level === 0 ? "BTLF" : "BTIN").version(kind.what, 0);
  if (cursor.uint(1) !== type) throw cursor.damage(`${kind.what} has a node of another type`);
  const records = Array.from({ length: node.records }, () => {
    const at = cursor.at + cursor.position;
    return new Cursor(cursor.take(recordLength), storage.widths, at);
  });
  const children: Child[] = [];
  if (level > 0) {
    for (let i = 0; i <= node.records; i++) {
      const address = cursor.definedAddress(`a child of ${kind.what}`);
      const count = cursor.uint(countWidth);
      // How many are below it in all.
      cursor.skip(levels[level - 1]!.width);
      if (!kind.leads || kind.leads(rewound(records[i - 1]), rewound(records[i])))
        children.push({ address, records: count });
    }
  }
  cursor.checksum(kind.what);
  return { records: records.map((record) => rewound(record)!), children };
}

function rewound(record: Cursor | undefined): Cursor | undefined {
  if (record) record.position = 0;
  return record;
}
