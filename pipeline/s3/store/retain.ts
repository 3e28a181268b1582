/** Pins what buckets have, so that garbage collection leaves it: objects as a tree, and the parts of unfinished uploads. */

import type { World } from "../../core/world.ts";
import { assembly } from "../../dag/assemble.ts";
import type { Block } from "../../dag/block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { Bucket } from "./bucket.ts";
import { type Folded, fold } from "./fold.ts";
import { profile } from "./ingest.ts";

type Pinning = Pick<HomeNode, "put" | "pin" | "unpin" | "pins">;

const prefix = "s3:";
const objectsLabel = (bucket: string) => `${prefix}${bucket}`;
const uploadsLabel = (bucket: string) => `${prefix}${bucket}/uploads`;

/** The tree of the bucket's objects, stored and pinned. */
export async function retain(bucket: Bucket, home: Pinning, world: World): Promise<Folded> {
  const folded = await fold(bucket, home, world);
  await home.pin(folded.cid, objectsLabel(bucket.name), world);
  return folded;
}

/** Pins all of `buckets`, and unpins those that are gone. */
export async function retainAll(buckets: readonly Bucket[], home: Pinning, world: World): Promise<void> {
  const labels = new Set<string>();
  for (const bucket of buckets) {
    labels.add(objectsLabel(bucket.name));
    await retain(bucket, home, world);
    if (bucket.uploads.size === 0) continue;
    labels.add(uploadsLabel(bucket.name));
    const tree = assembly([], profile);
    for (const { id, parts } of bucket.uploads.values()) {
      for (const [number, { cid, tsize }] of parts) tree.set(`${id}/${number}`, { cid, tsize });
    }
    const made: Block[] = [];
    const { cid } = tree.root((block) => void made.push(block));
    await home.put(made, world);
    await home.pin(cid, uploadsLabel(bucket.name), world);
  }
  for (const label of (await home.pins(world)).keys()) {
    if (label.startsWith(prefix) && !labels.has(label)) await home.unpin(label, world);
  }
}
