/**
 * The size of each leaf. The root depends on nothing else of a leaf but its CID.
 *
 * A directory's link to a child contains the child's Tsize, which follows from the child's root block: one block is read
 * for each leaf, and none where the size of the CID is cached.
 */

import { inOrder } from "../../core/concurrency.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { firstLines, shown } from "../../core/text/shown.ts";
import { type DataLeaf, dataLeaves, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { type Get, isInline } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import { tsizeOf } from "../../dag/read/tsize.ts";
import type { Memory } from "../../disk/cache.ts";

const atOnce = 64;

export interface Sizes {
  /** Bytes of all blocks below, by CID as written. */
  readonly of: ReadonlyMap<string, number>;
  /** Leaves whose root block could not be retrieved, with the reason. */
  readonly missing: readonly { readonly leaf: DataLeaf; readonly why: string }[];
}

/** Returns the size of every data leaf of `tree`. Leaves whose block is out of reach are `missing`; other failures are thrown. */
export async function sizesOf(tree: Tree, get: Get, remembered: Memory, world: World): Promise<Sizes> {
  const of = new Map<string, number>();
  const missing: Sizes["missing"][number][] = [];
  /** By CID, because many leaves may have the same. */
  const unknown = new Map<string, [DataLeaf, ...DataLeaf[]]>();
  for (const leaf of dataLeaves(tree)) {
    await pause();
    world.signal.throwIfAborted();
    const cid = leaf.cid.toString();
    if (of.has(cid)) continue;
    const alike = unknown.get(cid);
    const size = alike ? undefined : remembered.get(cid);
    if (alike) alike.push(leaf);
    else if (typeof size === "number") of.set(cid, size);
    else unknown.set(cid, [leaf]);
  }
  let done = 0;
  const measure = async ([cid, leaves]: [string, [DataLeaf, ...DataLeaf[]]]) => {
    return { cid, leaves, size: await measured(leaves[0], get) };
  };
  for await (const { cid, leaves, size } of inOrder(unknown, atOnce, measure)) {
    await pause();
    world.signal.throwIfAborted();
    world.progress({ task: "measuring", done: ++done, total: unknown.size, unit: "leaves" });
    if (typeof size === "string") {
      for (const leaf of leaves) missing.push({ leaf, why: size });
      continue;
    }
    of.set(cid, size);
    remembered.set(cid, size);
  }
  await remembered.save();
  missing.sort(({ leaf: a }, { leaf: b }) => a.line - b.line || a.column - b.column);
  return { of, missing };
}

/**
 * Returns the Tsize in bytes, or the reason why the block is out of reach.
 *
 * @throws Failure `input` where the bytes in an identity CID are no file or directory, because then tree.yaml is wrong.
 */
async function measured({ cid, line, path, written }: DataLeaf, get: Get): Promise<number | string> {
  try {
    return tsizeOf(cid, await get(cid));
  } catch (error) {
    if (isFailure(error, "unavailable")) return error.message;
    if (isInline(cid) && isFailure(error, "corrupt")) {
      const says = `tree.yaml:${line}: ${path} (${shown(written)}): the bytes in this CID are no file and no directory`;
      throw new Failure("input", says, { hint: "add the data again with: fieldtree add", cause: error });
    }
    throw error;
  }
}

/** Most leaves that one failure lists. */
const mostNamed = 20;

/** Returns one failure that lists the first leaves out of reach, each with its line in tree.yaml, and counts the others. */
export function outOfReach(missing: Sizes["missing"]): Failure {
  const lines = missing
    .slice(0, mostNamed + 1)
    .map(({ leaf, why }) => `tree.yaml:${leaf.line}: ${leaf.path} (${leaf.written}): ${why}`);
  return new Failure(
    "unavailable",
    [
      `${plural(missing.length, "leaf is", "leaves are")} out of reach`,
      ...firstLines(lines, mostNamed, missing.length),
    ].join("\n"),
    {
      hint: "add the data to this campaign's node (fieldtree add, fieldtree car import), or name a gateway that has it in campaign.yaml",
    },
  );
}
