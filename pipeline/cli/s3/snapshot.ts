/** A bucket as it is now: its CID, pinned, and as a line of tree.yaml. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { formatBytes, shown } from "../../core/text/shown.ts";
import { setLeaf } from "../../core/tree/edit.ts";
import { assertMayChange } from "../../disk/writable.ts";
import { writeDurably } from "../../disk/write.ts";
import { readBuckets } from "../../s3/store/buckets.ts";
import { retain } from "../../s3/store/retain.ts";
import type { Call } from "../verb.ts";
import { folderOfS3 } from "./serve.ts";

export async function snapshotBucket(name: string | undefined, call: Call): Promise<number> {
  const { flags, out, world, folder } = call;
  if (name === undefined) throw new Failure("input", "s3 snapshot takes the name of a bucket");
  const { home, state } = await call.campaign();
  const buckets = await readBuckets(folderOfS3(state));
  const bucket = buckets.find((each) => each.name === name);
  if (!bucket) {
    const names = buckets.map((each) => each.name).join(", ");
    throw new Failure("input", `there is no bucket ${shown(name)}`, {
      hint: names === "" ? "fieldtree s3 lets clients make one" : `buckets: ${names}`,
    });
  }
  const path = typeof flags.at === "string" ? flags.at.replace(/^\/+|\/+$/g, "") : undefined;
  const file = join(folder(), "tree.yaml");
  if (path !== undefined) await assertMayChange(file);
  const { cid, objects, bytes } = await retain(bucket, home, world);
  if (path !== undefined) await writeDurably(file, setLeaf(await readFile(file, "utf8"), path, cid.toString()).text);
  const lines = [`${cid}  ${name}  (${plural(objects, "object")}, ${formatBytes(bytes)})`];
  if (path !== undefined) lines.push(`  tree.yaml: ${path} is ${cid}`);
  out.result(
    { bucket: name, cid: cid.toString(), objects, bytes, ...(path !== undefined && { path }) },
    lines.join("\n"),
  );
  return 0;
}
