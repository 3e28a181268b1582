/**
 * Section III.A.1, "Disk Format: Level 1A1 - Version 1 B-trees": old groups, and chunks.
 *
 * Read level by level, the nodes of a level in parallel. Each node is one level below the one that led to it and is met
 * once, so that no damaged tree goes in circles.
 */
import { inOrder } from "../../../core/concurrency.ts";
import { Cursor } from "./cursor.ts";
import { damaged } from "./failures.ts";
import type { Storage } from "./storage.ts";

export interface BTree1Kind {
  /** In messages: "an index of chunks". */
  readonly what: string;
  /** 0 for groups, 1 for chunks. */
  readonly type: 0 | 1;
  /** Bytes. */
  readonly keyLength: number;
  /** Whether what is sought may be below a child with keys from `key` to `next`. Every child is where it is absent. */
  readonly leads?: (key: Cursor, next: Cursor) => boolean;
}

export interface BTree1Entry {
  readonly key: Cursor;
  readonly address: number;
}

/** Nodes that are read at once, and of one level. */
const atOnce = 32;
const mostNodes = 200_000;
/** Bytes of a node: HDF5 writes some thousand. */
const longestNode = 2 ** 20;

/** Entries of the leaves, a leaf at a time, each computed when it is requested. @throws Failure `input` where the tree is damaged. */
export async function* btree1(storage: Storage, root: number, kind: BTree1Kind): AsyncGenerator<Iterable<BTree1Entry>> {
  const visited = new Set<number>();
  let [nodes, level] = [[root], undefined as number | undefined];
  while (nodes.length > 0) {
    const below: number[] = [];
    let levelOfThese: number | undefined;
    for (const address of nodes) {
      if (visited.has(address)) throw damaged(`${kind.what} has a node twice`, storage.base + address);
      visited.add(address);
    }
    for await (const node of inOrder(nodes, atOnce, (address) => readNode(storage, address, kind))) {
      levelOfThese ??= node.level;
      const expected = level === undefined ? levelOfThese : level - 1;
      if (node.level !== expected) throw damaged(`${kind.what} has a node at the wrong level`, node.at);
      if (node.level === 0) yield node.entries;
      else for (const { address } of node.entries) below.push(address);
      if (below.length > mostNodes) throw damaged(`${kind.what} has more than ${mostNodes} nodes in a level`, node.at);
    }
    nodes = below;
    level = levelOfThese;
  }
}

async function readNode(storage: Storage, address: number, kind: BTree1Kind) {
  const { widths } = storage;
  const prefix = 8 + 2 * widths.offsets;
  const head = await storage.read(address, prefix, kind.what);
  const type = head.signature("TREE").uint(1);
  if (type !== kind.type) throw head.damage(`${kind.what} has a node of type ${type}`);
  const level = head.uint(1);
  const count = head.uint(2);
  const step = kind.keyLength + widths.offsets;
  const length = prefix + count * step + kind.keyLength;
  if (length > longestNode) throw head.damage(`${kind.what} has a node of ${length} bytes`);
  const body = await storage.read(address, length, kind.what);
  const keyAt = (i: number) => {
    const from = prefix + i * step;
    return new Cursor(body.bytes.subarray(from, from + kind.keyLength), widths, body.at + from);
  };
  return { at: head.at, level, entries: { [Symbol.iterator]: entries } };

  // Not a list: many nodes wait at once, and an entry takes some times the memory of its bytes.
  function* entries(): Generator<BTree1Entry> {
    for (let i = 0; i < count; i++) {
      body.position = prefix + i * step + kind.keyLength;
      const child = body.definedAddress(`a child of ${kind.what}`);
      if (!kind.leads || kind.leads(keyAt(i), keyAt(i + 1))) yield { key: keyAt(i), address: child };
    }
  }
}
