/** A bucket as a UnixFS tree: what its CID leads to. */

import type { World } from "../../core/world.ts";
import { type Assembly, assembly } from "../../dag/assemble.ts";
import type { Block, Link } from "../../dag/block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { Bucket } from "./bucket.ts";
import { profile } from "./ingest.ts";
import { pathOf } from "./names.ts";

export interface Folded extends Link {
  readonly objects: number;
  /** Of all objects. */
  readonly bytes: number;
}

/** The tree of all objects as they are now, stored on the node. */
export async function fold(bucket: Bucket, home: Pick<HomeNode, "put">, world: World): Promise<Folded> {
  const tree: Assembly = assembly([], profile);
  let objects = 0;
  let bytes = 0;
  const isFolder = (key: string) => bucket.hasBelow(`${key}/`);
  for (const key of bucket.keysFrom("")) {
    const object = bucket.get(key)!;
    tree.set(pathOf(key, isFolder), { cid: object.cid, tsize: object.tsize });
    objects++;
    bytes += object.size;
  }
  const made: Block[] = [];
  const root = tree.root((block) => void made.push(block));
  await home.put(made, world);
  return { ...root, objects, bytes };
}
