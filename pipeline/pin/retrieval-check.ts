/**
 * Retrieval check: a pin counts after some of its blocks were retrieved from the service that reports it.
 *
 * The sample depends on the root alone, so that a second check requests the same blocks and anyone can reproduce a failed
 * one. The blocks are on paths from the root down to the data, spread over the breadth of the DAG, because a loss usually
 * affects the leaves on one disk, or one whole dataset that was never fetched.
 *
 * Probability of detection: if a service lost a share p of the blocks, a sample of n misses the loss with a probability of
 * about (1 - p)ⁿ. With n = 8 it misses a loss of a tenth in 4 cases of 10, of a half in 4 of 1 000, and of one block of a
 * million practically always. `publish` samples below the tree and the portal, `verify` and `repin` also below each leaf
 * (if there are thousands, as many as the time allows), so that the loss of one dataset is detected in that dataset. The
 * sample is predictable, so a service that stores only these blocks is not detected: the check is for failed disks and
 * incomplete fetches, not for fraud. For more certainty, set `sample:` higher, or read everything back (`get`).
 */
import { hash } from "node:crypto";
import type { CID } from "multiformats/cid";
import { inOrder } from "../core/concurrency.ts";
import type { World } from "../core/world.ts";

/** Retrieves blocks from one service. */
export interface BlockSource {
  /**
   * A block from that service and no other, verified against the CID. `undefined` if the service does not have it.
   *
   * @throws Failure if the service could not be checked. Whether it has the block is then unknown.
   */
  retrieve(cid: CID, world: World): Promise<Uint8Array | undefined>;
  /** CIDs that a block links to. */
  links(cid: CID, bytes: Uint8Array): readonly CID[];
}

/** `blocks`: how many were requested, including the root. `lacks`: the first block that the service does not have. */
export type Retrieval =
  | { readonly retrieved: true; readonly blocks: number }
  | { readonly retrieved: false; readonly lacks: CID };

/** Maximum number of paths walked in parallel, so that many blocks do not take as many round trips. */
const maxPaths = 8;

/** Blocks of the sample for each parallel path. */
const blocksPerPath = 4;

/** Multihash code of identity CIDs, which contain their bytes: there is no block to retrieve. */
const identity = 0;

/**
 * Retrieves the root, and `sample` blocks below it, or all if there are fewer. None is requested twice.
 *
 * @throws the failures of `source`.
 */
export async function checkRetrieval(root: CID, sample: number, source: BlockSource, world: World): Promise<Retrieval> {
  const bytes = await source.retrieve(root, world);
  if (!bytes) return { retrieved: false, lacks: root };

  const draw = sequenceOf(root);
  const top: Node = { cid: root, below: childrenOf(source.links(root, bytes)) };
  const nodes = new Map<string, Node>([[keyOf(root), top]]);
  const at: Node[] = Array.from({ length: Math.min(maxPaths, Math.ceil(sample / blocksPerPath)) }, () => top);
  let left = sample;

  while (left > 0 && !isSpent(top)) {
    const asked: Node[] = [];
    for (const [path, node] of at.entries()) {
      const next = stepFrom(node, draw, nodes) ?? top;
      at[path] = next;
      if (next.below === undefined && !asked.includes(next) && left > 0) {
        asked.push(next);
        left--;
      }
    }
    const answers = inOrder(asked, maxPaths, async (node) => ({ node, bytes: await source.retrieve(node.cid, world) }));
    for await (const { node, bytes } of answers) {
      if (!bytes) return { retrieved: false, lacks: node.cid };
      node.below = childrenOf(source.links(node.cid, bytes));
    }
  }
  return { retrieved: true, blocks: 1 + sample - left };
}

interface Node {
  readonly cid: CID;
  /** Absent until the block was retrieved. */
  below?: Children;
}

interface Children {
  /** Links that no path has followed yet. */
  readonly fresh: CID[];
  /** Visited nodes that may have unvisited descendants. */
  readonly gone: Node[];
}

function childrenOf(links: readonly CID[]): Children {
  const distinct = new Map(links.filter((cid) => cid.multihash.code !== identity).map((cid) => [keyOf(cid), cid]));
  return { fresh: [...distinct.values()], gone: [] };
}

/** Whether all descendants were retrieved. Removes visited nodes without unvisited descendants. */
function isSpent({ below }: Node): boolean {
  if (!below) return false;
  while (below.fresh.length === 0 && below.gone.length > 0 && isSpent(below.gone.at(-1)!)) below.gone.pop();
  return below.fresh.length === 0 && below.gone.length === 0;
}

/** The next node of a path: an unvisited child if there is one, otherwise a visited one. `undefined` at the end of a path. */
function stepFrom({ below }: Node, draw: (of: number) => number, nodes: Map<string, Node>): Node | undefined {
  if (!below) return undefined;
  if (below.fresh.length > 0) {
    const [cid] = below.fresh.splice(draw(below.fresh.length), 1) as [CID];
    const node = nodes.get(keyOf(cid)) ?? { cid };
    nodes.set(keyOf(cid), node);
    below.gone.push(node);
    return node;
  }
  while (below.gone.length > 0) {
    const chosen = draw(below.gone.length);
    const node = below.gone[chosen]!;
    if (!isSpent(node)) return node;
    below.gone.splice(chosen, 1);
  }
  return undefined;
}

/** Pseudo-random numbers from 0 to `of` (exclusive), always the same sequence for one root. */
function sequenceOf(root: CID): (of: number) => number {
  const seed = Buffer.from(root.multihash.bytes);
  let drawn = 0;
  return (of) => {
    const digest = hash("sha256", Buffer.concat([seed, Buffer.from(` ${drawn++}`)]), "buffer");
    return Math.floor((digest.readUIntBE(0, 6) / 2 ** 48) * of);
  };
}

/** Key of a block: CIDv0 and CIDv1 of the same data have the same key. */
function keyOf({ code, multihash }: CID): string {
  return `${code} ${Buffer.from(multihash.bytes).toString("latin1")}`;
}
