/** A bucket as it is now: its CID, pinned, and as a line of tree.yaml. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { formatBytes, shown } from "../../core/text/shown.ts";
import { setLeaf } from "../../core/tree/edit.ts";
import { treePathIn } from "../../core/tree/names.ts";
import { assertMayChange } from "../../disk/writable.ts";
import { writeDurably } from "../../disk/write.ts";
import { retain } from "../../s3/blocks/retain.ts";
import { readBuckets } from "../../s3/store/buckets.ts";
import { addedLabel } from "../../stages/pins/label.ts";
import type { Call } from "../verb.ts";
import { folderOfS3 } from "./serve.ts";

export interface Snapshot {
  readonly cid: CID;
  /** Where in the tree it goes, if the caller names a path. */
  readonly path?: string;
}

/** `isProposed`: whether a pull request will have the line, so that tree.yaml here stays as it is. */
export async function snapshotBucket(name: string | undefined, isProposed: boolean, call: Call): Promise<Snapshot> {
  const { flags, out, world, folder } = call;
  if (name === undefined) throw new Failure("input", "s3 snapshot takes the name of a bucket");
  const { home, state } = await call.store();
  const buckets = await readBuckets(folderOfS3(state));
  const bucket = buckets.find((each) => each.name === name);
  if (!bucket) {
    const names = buckets.map((each) => each.name).join(", ");
    throw new Failure("input", `there is no bucket ${shown(name)}`, {
      hint: names === "" ? "fieldtree s3 lets clients make one" : `buckets: ${names}`,
    });
  }
  const path = typeof flags.at === "string" ? treePathIn(flags.at) : undefined;
  const line = path === undefined || isProposed ? undefined : { path, file: join(folder(), "tree.yaml") };
  if (line) await assertMayChange(line.file);
  const { cid, objects, bytes } = await retain(bucket, home, world);
  // The bucket's own pin moves on with the bucket.
  await home.pin(cid, addedLabel(`s3:${name}/${cid}`), world);
  if (line) await writeDurably(line.file, setLeaf(await readFile(line.file, "utf8"), line.path, cid.toString()).text);
  const lines = [`${cid}  ${name}  (${plural(objects, "object")}, ${formatBytes(bytes)})`];
  if (line) lines.push(`  tree.yaml: ${line.path} is ${cid}`);
  out.result(
    { bucket: name, cid: cid.toString(), objects, bytes, ...(path !== undefined && { path }) },
    lines.join("\n"),
  );
  return { cid, ...(path !== undefined && { path }) };
}
