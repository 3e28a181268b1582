/**
 * Difference of two DAGs: the blocks of the new one that a node with the old one lacks.
 *
 * Both are walked together, name by name, and wherever they meet in the same CID neither is entered: of a directory of
 * ten thousand with one entry changed, only the blocks on the path to that entry are read, on either side. Data that moved
 * or was renamed is recognised as long as a directory it was in has been read, which for what moved it always has.
 *
 * Where it is uncertain, a block is sent that the node may have; none is left out.
 *
 * ```ts
 * await mirror.take(root, carOf([root], difference(root, previous, get)), world);
 * ```
 */
import type { CID } from "multiformats/cid";
import { inOrder } from "../../core/concurrency.ts";
import { isFailure } from "../../core/failure.ts";
import { type Block, codecs, type Get, keyOf } from "../block.ts";
import { decodePb, type NamedLink } from "../codec/dag-pb.ts";
import { naming } from "../codec/decode.ts";
import { walk } from "./read.ts";

/** Blocks requested in advance, as in a walk. */
const readAhead = 8;

/**
 * Every block below `next` that is not below `previous`, each once, parents before children; all of them where there is no
 * `previous`. Remembers keys of what was sent and of the links read of `previous`, and no blocks.
 *
 * Blocks of `previous` need not all be there: below one that is out of reach, everything is sent.
 *
 * @throws Failure as `get` does for blocks of `next`; `corrupt` where a block does not match its codec.
 */
export async function* difference(next: CID, previous: CID | undefined, get: Get): AsyncGenerator<Block> {
  const before = new Set<string>(previous ? [keyOf(previous)] : []);
  const sent = new Set<string>();
  /** Whether a block is new and was not sent yet. True only one time for each block. */
  const isNew = (cid: CID): boolean => {
    const key = keyOf(cid);
    if (before.has(key) || sent.has(key)) return false;
    sent.add(key);
    return true;
  };

  const pairs: Pair[] = [];
  // Processed after the old DAG has been read: a block that appears new may be elsewhere in the old DAG.
  const alone: CID[] = [];
  const meet = (cid: CID, old: CID | undefined) => {
    if (old && cid.code === codecs.dagPb && old.code === codecs.dagPb) pairs.push({ next: cid, previous: old });
    else alone.push(cid);
  };

  meet(next, previous);
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    if (!isNew(pair.next)) continue;
    const [bytes, old] = await Promise.all([get(pair.next), ifAvailable(pair.previous, get)]);
    yield { cid: pair.next, bytes };
    const links = linksIn(pair.next, bytes);
    const oldLinks = old ? linksIn(pair.previous, old) : [];
    for (const { cid } of oldLinks) before.add(keyOf(cid));

    const leaves = links.filter(({ cid }) => cid.code === codecs.raw && isNew(cid));
    yield* inOrder(leaves, readAhead, async ({ cid }) => ({ cid, bytes: await get(cid) }));
    const counterpart = counterparts(oldLinks);
    for (const [place, link] of links.entries()) {
      if (link.cid.code !== codecs.raw && !before.has(keyOf(link.cid))) meet(link.cid, counterpart(link, place));
    }
  }
  for (const cid of alone) yield* walk(cid, get, { scope: "all", shouldVisit: isNew });
}

/** A block, and the one that was in its place. */
interface Pair {
  readonly next: CID;
  readonly previous: CID;
}

/** Of a directory, sharded or not, the link of the same name; of a file, whose links have none, the one in the same place. */
function counterparts(links: readonly NamedLink[]): (link: NamedLink, place: number) => CID | undefined {
  const byName = new Map(links.map(({ name, cid }) => [name, cid]));
  return ({ name }, place) => (name === "" ? links[place]?.cid : byName.get(name));
}

async function ifAvailable(cid: CID, get: Get): Promise<Uint8Array | undefined> {
  try {
    return await get(cid);
  } catch (error) {
    if (isFailure(error, "unavailable")) return undefined;
    throw error;
  }
}

function linksIn(cid: CID, bytes: Uint8Array): readonly NamedLink[] {
  return naming(cid, () => decodePb(bytes).links);
}
