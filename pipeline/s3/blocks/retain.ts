/** Pins what buckets have, so that garbage collection leaves it: objects as a tree, older versions, and the parts of unfinished uploads. */

import type { World } from "../../core/world.ts";
import { assembly } from "../../dag/assemble.ts";
import type { Block, Link } from "../../dag/block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { Bucket } from "../store/bucket.ts";
import { isMarker } from "../store/object.ts";
import { type Folded, fold } from "./fold.ts";
import { profile } from "./ingest.ts";

type Pinning = Pick<HomeNode, "put" | "pin" | "unpin" | "pins">;

const prefix = "s3:";
const labelOf = (bucket: string, what: "" | "/uploads" | "/versions") => `${prefix}${bucket}${what}`;

/** The tree of the bucket's objects, stored and pinned. */
export async function retain(bucket: Bucket, home: Pinning, world: World): Promise<Folded> {
  const folded = await fold(bucket, home, world);
  await home.pin(folded.cid, labelOf(bucket.name, ""), world);
  return folded;
}

/** Pins all of `buckets`, and unpins those that are gone. */
export async function retainAll(buckets: readonly Bucket[], home: Pinning, world: World): Promise<void> {
  const labels = new Set<string>();
  for (const bucket of buckets) {
    labels.add(labelOf(bucket.name, ""));
    await retain(bucket, home, world);
    for (const [what, files] of [
      ["/versions", olderVersions(bucket)],
      ["/uploads", partsOf(bucket)],
    ] as const) {
      const tree = assembly([], profile);
      let count = 0;
      for (const [path, { cid, tsize }] of files) {
        tree.set(path, { cid, tsize });
        count++;
      }
      if (count === 0) continue;
      const blocks: Block[] = [];
      const { cid } = tree.root((block) => void blocks.push(block));
      await home.put(blocks, world);
      labels.add(labelOf(bucket.name, what));
      await home.pin(cid, labelOf(bucket.name, what), world);
    }
  }
  for (const label of (await home.pins(world)).keys()) {
    if (label.startsWith(prefix) && !labels.has(label)) await home.unpin(label, world);
  }
}

/** The versions that are not in the tree of the bucket, each file once, under its CID. */
function* olderVersions(bucket: Bucket): Generator<readonly [path: string, file: Link]> {
  for (const key of bucket.allKeysFrom("")) {
    for (const version of bucket.versionsOf(key).slice(1)) {
      if (!isMarker(version)) yield [version.cid.toString(), version];
    }
  }
}

function* partsOf({ uploads }: Bucket): Generator<readonly [path: string, file: Link]> {
  for (const { id, parts } of uploads.values()) for (const [number, part] of parts) yield [`${id}/${number}`, part];
}
