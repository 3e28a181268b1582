/**
 * A bucket as a UnixFS tree: what its CID leads to.
 *
 * The tree of a bucket that was folded before is remembered, and only the keys that changed since are placed anew. While a large bucket is
 * folded other requests are answered, and what they change is part of the result.
 */
import { serializedByKey } from "../../core/serialized-by-key.ts";
import type { World } from "../../core/world.ts";
import { type Assembly, assembly } from "../../dag/assemble.ts";
import type { Block, Link } from "../../dag/block.ts";
import { pause } from "../../dag/event-loop.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { Bucket } from "../store/bucket.ts";
import { profile } from "./ingest.ts";
import { pathOf } from "./names.ts";

export interface Folded extends Link {
  readonly objects: number;
  /** Of all objects. */
  readonly bytes: number;
}

export interface Folds {
  /** The tree of all objects as they are now, stored on the node. */
  fold(bucket: Bucket, home: Pick<HomeNode, "put">, world: World): Promise<Folded>;
}

/** Buckets whose trees are remembered, and keys of one: some 300 bytes each. */
const most = { buckets: 2, keys: 200_000 } as const;

/** Remembers the trees of the buckets that were folded last. A bucket must be folded by one {@link Folds} only. */
export function folds(): Folds {
  const trees = new Map<Bucket, BucketTree>();
  const inTurn = serializedByKey();
  return {
    fold: (bucket, home, world) =>
      inTurn(bucket.name, async () => {
        const tree = trees.get(bucket) ?? bucketTree(bucket);
        trees.delete(bucket);
        trees.set(bucket, tree);
        for (const oldest of trees.keys()) {
          if (trees.size <= most.buckets) break;
          trees.delete(oldest);
        }
        const folded = await tree.fold(home, world);
        if (folded.objects > most.keys) trees.delete(bucket);
        return folded;
      }),
  };
}

/** The tree of a bucket that is folded once. */
export const fold: Folds["fold"] = (bucket, home, world) => bucketTree(bucket).fold(home, world);

interface BucketTree {
  fold(home: Pick<HomeNode, "put">, world: World): Promise<Folded>;
}

interface Placed {
  readonly path: string;
  readonly size: number;
}

const keysAtOnce = 200;

function bucketTree(bucket: Bucket): BucketTree {
  let tree: Assembly = assembly([], profile);
  let placed = new Map<string, Placed>();
  let bytes = 0;
  /** What the last call returned; absent before the first one and after a failure: all keys are placed then. */
  let last: Folded | undefined;
  const isFolder = (key: string) => bucket.hasBelow(`${key}/`);

  /** Places these keys as the bucket has them now, and the keys whose paths depend on them. */
  const place = (keys: Iterable<string>): void => {
    const affected = new Set<string>();
    for (const key of keys) {
      affected.add(key);
      // `a` has another path where there is `a/b`.
      for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
        const above = key.slice(0, slash);
        if (placed.has(above) || bucket.get(above)) affected.add(above);
      }
    }
    for (const key of affected) {
      const before = placed.get(key);
      if (!before) continue;
      tree.remove(before.path);
      placed.delete(key);
      bytes -= before.size;
    }
    for (const key of affected) {
      const object = bucket.get(key);
      if (!object) continue;
      const path = pathOf(key, isFolder);
      tree.set(path, { cid: object.cid, tsize: object.tsize });
      placed.set(key, { path: path === key ? key : path, size: object.size });
      bytes += object.size;
    }
  };

  return {
    async fold(home, world) {
      const since = bucket.takeChanged();
      if (last && since?.size === 0) return last;
      let changed = last && since;
      last = undefined;
      let others: Iterator<string> | undefined;
      for (;;) {
        if (!changed) {
          tree = assembly([], profile);
          placed = new Map();
          bytes = 0;
          others = bucket.keysFrom("")[Symbol.iterator]();
        }
        // Nothing else runs until what changed is placed, so the tree is always that of the keys placed so far.
        const batch = changed ? [...changed] : [];
        for (let i = 0; others && i < keysAtOnce; i++) {
          const { done, value } = others.next();
          if (done) others = undefined;
          else batch.push(value);
        }
        place(batch);
        if (!others) break;
        await pause();
        changed = bucket.takeChanged();
      }
      const blocks: Block[] = [];
      const root = tree.root((block) => void blocks.push(block));
      const result = { ...root, objects: placed.size, bytes };
      await home.put(blocks, world);
      last = result;
      return result;
    },
  };
}
