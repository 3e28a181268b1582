/**
 * A pin counts when it was seen: some of its blocks, asked from the service that says it has them.
 *
 * Which blocks those are depends on the root alone, so that looking twice is looking at the same, and a complaint can be
 * checked by anybody. They lie on ways from the root down to the data, spread over the breadth of the DAG: what is lost is
 * mostly a disk's worth of leaves, or one whole dataset that never came.
 *
 * What a sample is worth: where a service lost a share p of the blocks, looking at n of them misses it with a chance of
 * about (1 - p)ⁿ. With 8, a tenth lost goes unseen at a root in 4 cases of 10, a half in 4 of 1 000; one block of a
 * million practically always. A publish looks below the tree and the portal, `verify` and `repin` below each leaf too
 * (of thousands, as far as there is time), so that what is lost of one dataset is looked for in that dataset. And since
 * anybody can work out which blocks are asked for, a service that keeps those and nothing else would not be found out:
 * this is for disks that fail and fetches that never ended, not for liars. Who needs more sets `sample:` higher, or reads
 * everything back (`get`).
 */
import { hash } from "node:crypto";
import type { CID } from "multiformats/cid";
import { inOrder } from "../core/concurrency.ts";
import type { World } from "../core/world.ts";

/** How one service is looked at. */
export interface BlockSource {
  /**
   * A block from that very service and nowhere else, its bytes held against the CID. `undefined` where the service lacks it.
   *
   * @throws Failure where we could not look, which says nothing of what the service holds.
   */
  retrieve(cid: CID, world: World): Promise<Uint8Array | undefined>;
  /** What a block links to. */
  links(cid: CID, bytes: Uint8Array): readonly CID[];
}

/** `blocks`: how many were asked for, the root among them. */
export type Retrieval =
  | { readonly retrieved: true; readonly blocks: number }
  | { readonly retrieved: false; readonly lacks: CID };

/** Ways that are gone at the same time, so that looking at many blocks does not take as many answers' time. */
const mostWays = 8;

/** Blocks that each way goes down on before there is another beside it. */
const steps = 4;

/** Multihash number of CIDs that hold their bytes themselves: there is nothing to ask for. */
const identity = 0;

/**
 * The root, and `sample` blocks below it, or all where there are fewer. None is asked for twice.
 *
 * @throws Failure as `look` does.
 */
export async function checkRetrieval(root: CID, sample: number, look: BlockSource, world: World): Promise<Retrieval> {
  const bytes = await look.retrieve(root, world);
  if (!bytes) return { retrieved: false, lacks: root };

  const draw = drawing(root);
  const top: Node = { cid: root, below: ways(look.links(root, bytes)) };
  const nodes = new Map<string, Node>([[keyOf(root), top]]);
  const at: Node[] = Array.from({ length: Math.min(mostWays, Math.ceil(sample / steps)) }, () => top);
  let left = sample;

  while (left > 0 && !isSpent(top)) {
    const asked: Node[] = [];
    for (const [way, node] of at.entries()) {
      const next = stepFrom(node, draw, nodes) ?? top;
      at[way] = next;
      if (next.below === undefined && !asked.includes(next) && left > 0) {
        asked.push(next);
        left--;
      }
    }
    const answers = inOrder(asked, mostWays, async (node) => ({ node, bytes: await look.retrieve(node.cid, world) }));
    for await (const { node, bytes } of answers) {
      if (!bytes) return { retrieved: false, lacks: node.cid };
      node.below = ways(look.links(node.cid, bytes));
    }
  }
  return { retrieved: true, blocks: 1 + sample - left };
}

interface Node {
  readonly cid: CID;
  /** Absent until it has been looked at. */
  below?: Ways;
}

interface Ways {
  /** Where no way has gone yet. */
  readonly fresh: CID[];
  /** Where there may be more to see. */
  readonly gone: Node[];
}

function ways(links: readonly CID[]): Ways {
  const distinct = new Map(links.filter((cid) => cid.multihash.code !== identity).map((cid) => [keyOf(cid), cid]));
  return { fresh: [...distinct.values()], gone: [] };
}

/** Whether everything below has been looked at. Forgets ways that lead to nothing more. */
function isSpent({ below }: Node): boolean {
  if (!below) return false;
  while (below.fresh.length === 0 && below.gone.length > 0 && isSpent(below.gone.at(-1)!)) below.gone.pop();
  return below.fresh.length === 0 && below.gone.length === 0;
}

/** One step down: to where no way has gone before, as long as there is such a place. `undefined` at the end of a way. */
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

/** Numbers from 0 up to `of`, as if by chance, and always the same ones for one root. */
function drawing(root: CID): (of: number) => number {
  const seed = Buffer.from(root.multihash.bytes);
  let drawn = 0;
  return (of) => {
    const digest = hash("sha256", Buffer.concat([seed, Buffer.from(` ${drawn++}`)]), "buffer");
    return Math.floor((digest.readUIntBE(0, 6) / 2 ** 48) * of);
  };
}

/** Version 0 and 1 of one CID are one block. */
function keyOf({ code, multihash }: CID): string {
  return `${code} ${Buffer.from(multihash.bytes).toString("latin1")}`;
}
