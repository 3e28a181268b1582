/**
 * How big each leaf is: the one thing about a leaf, beside its CID, that the root depends on.
 *
 * A directory links to a child with its Tsize, and a leaf's Tsize stands in its root block: one block read a leaf, and
 * none where the CID was met before.
 */
import type { CID } from "multiformats/cid";
import { inOrder } from "../core/concurrency.ts";
import { Failure, isFailure } from "../core/failure.ts";
import { firstLines } from "../core/shown.ts";
import type { Leaf, Tree } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import { tsizeOf } from "../dag/tsize.ts";
import { pause } from "../dag/turn.ts";
import type { Memory } from "../disk/memory.ts";

const atOnce = 64;

export interface Sizes {
  /** Bytes of all blocks below, by CID as written. */
  readonly of: ReadonlyMap<string, number>;
  /** Leaves whose root block nobody gave us, with why. */
  readonly missing: readonly { readonly leaf: Leaf; readonly why: string }[];
}

/** Sizes of every leaf of `tree` that names data. Only blocks that are out of reach are `missing`; other failures are thrown. */
export async function sizesOf(tree: Tree, get: Get, remembered: Memory, world: World): Promise<Sizes> {
  const of = new Map<string, number>();
  const missing: Sizes["missing"][number][] = [];
  const unknown: Leaf[] = [];
  for (const leaf of measuredLeaves(tree)) {
    await pause();
    world.signal.throwIfAborted();
    const size = remembered.get(leaf.cid.toString());
    if (typeof size === "number") of.set(leaf.cid.toString(), size);
    else unknown.push(leaf);
  }
  let done = 0;
  const measure = async (leaf: Leaf) => ({ leaf, size: await measured(leaf.cid, get) });
  for await (const { leaf, size } of inOrder(unknown, atOnce, measure)) {
    await pause();
    world.signal.throwIfAborted();
    world.progress({ task: "measuring", done: ++done, total: unknown.length, unit: "leaves" });
    if (typeof size === "string") {
      missing.push({ leaf, why: size });
      continue;
    }
    of.set(leaf.cid.toString(), size);
    remembered.set(leaf.cid.toString(), size);
  }
  await remembered.save();
  return { of, missing };
}

/** Those that name data, in the order of the tree: an empty folder has no size of its own. */
export function measuredLeaves(tree: Tree): Leaf[] {
  return [...tree.values()].filter(({ written }) => written !== "");
}

async function measured(cid: CID, get: Get): Promise<number | string> {
  try {
    return tsizeOf(cid, await get(cid));
  } catch (error) {
    if (isFailure(error, "unavailable")) return error.message;
    throw error;
  }
}

/** One failure that names every leaf out of reach with its line in tree.yaml. */
export function outOfReach(missing: Sizes["missing"]): Failure {
  const lines = missing.map(({ leaf, why }) => `tree.yaml:${leaf.line}: ${leaf.path} (${leaf.written}): ${why}`);
  return new Failure(
    "unavailable",
    [`${missing.length} ${missing.length === 1 ? "leaf is" : "leaves are"} out of reach`, ...firstLines(lines)].join(
      "\n",
    ),
    {
      hint: "add the data to this campaign's node (fieldtree add, fieldtree car import), or name a gateway that has it in campaign.yaml",
    },
  );
}
