/** `fsck` of what buckets have, and what garbage collection leaves. */
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { required } from "../../pipeline/ipfs/require-block.ts";
import { retainAll } from "../../pipeline/s3/blocks/retain.ts";
import { openBucket } from "../../pipeline/s3/store/bucket.ts";
import { readBuckets } from "../../pipeline/s3/store/buckets.ts";
import { checkBuckets } from "../../pipeline/s3/store/check.ts";
import { aCampaign, aFolder, fieldtree } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";
import { texts } from "./client.ts";
import { gateway } from "./gateway.ts";

const mib = 2 ** 20;

/** A bucket with an object of two versions, one that was removed, and an upload. Returns the paths of both versions. */
async function filled(folder: string) {
  const { ask, put, stop } = await gateway(folder);
  const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  await ask("data", { versioning: "" }, { method: "PUT", body });
  const versions = [await put("x", "a".repeat(mib)), await put("x", "b".repeat(mib))];
  await put("removed", "c");
  await ask("data/removed", {}, { method: "DELETE" });
  const uploadId = texts(await (await ask("data/big", { uploads: "" }, { method: "POST" })).text(), "UploadId")[0]!;
  await ask("data/big", { uploadId, partNumber: "7" }, { method: "PUT", body: "part" });
  await stop();
  return versions.map(({ headers }) => headers.get("x-ipfs-path")!.slice("/ipfs/".length));
}

async function problems(folder: string, isLost: (cid: CID) => boolean = () => false): Promise<string[]> {
  const node = embedded(join(folder, ".fieldtree"));
  const world = testWorld();
  const has = async (cid: CID) => !isLost(cid) && (await node.has!(cid, world));
  const blocks = { get: (cid: CID) => required(cid, node, world), has };
  const found = await Array.fromAsync(checkBuckets(join(folder, ".fieldtree", "s3"), blocks));
  await node.close();
  return found.map(({ rule, says }) => `${rule}: ${says}`);
}

it("fsck names each version and part that lacks blocks, a ledger that is damaged, and a checkpoint that is wrong", async () => {
  const folder = await aFolder();
  const [older, newer] = await filled(folder);
  expect(await problems(folder)).toEqual([]);
  const raw = await problems(folder, ({ code }) => code === 0x55);
  expect(raw.map((each) => each.replace(/\(.*\)/, "…"))).toEqual([
    "object: data/removed … lacks 1 block",
    "object: data/x … lacks 4 blocks",
    "object: data/x … lacks 4 blocks",
    "object: part 7 of the upload of data/big … lacks 1 block",
  ]);
  for (const cid of [older, newer])
    expect(await problems(folder, (each) => each.toString() === cid)).toEqual([expect.stringContaining(cid!)]);

  // With enough records there is a checkpoint. One of another ledger with the same last record is not what this one comes to.
  const bucket = await openBucket(join(folder, ".fieldtree", "s3"), "data", 0);
  const object = bucket.get("x")!;
  await Promise.all(Array.from({ length: 1000 }, () => bucket.put("y", object)));
  await bucket.close();
  expect(await problems(folder)).toEqual([]);
  const file = (name: string) => join(folder, ".fieldtree", "s3", name);
  const whole = await readFile(file("data.ledger"));
  const at = whole.indexOf("removed");
  const start = recordBefore(whole, at);
  whole[at] = "R".charCodeAt(0);
  await writeFile(file("data.ledger"), whole);
  // Without its checksum that is a damaged record, followed by others.
  expect(await problems(folder)).toEqual([expect.stringMatching(`^ledger: .*damaged at byte ${start}`)]);
  whole.writeUInt32LE(crc32(whole.subarray(start + 8, start + 8 + whole.readUInt32LE(start))), start + 4);
  await writeFile(file("data.ledger"), whole);
  expect((await problems(folder)).map((each) => each.split(":")[0])).toEqual(["checkpoint"]);
});

it("fsck finds what a gateway that was killed had stored a moment before", async () => {
  const campaign = await aCampaign();
  const { put, stop } = await gateway(campaign);
  await put("x", "a".repeat(mib));
  await put("y", "b");
  // What a kill leaves: the files as they are.
  const killed = await aFolder();
  await cp(campaign, killed, { recursive: true });
  await rm(join(killed, ".fieldtree", "packs", "lock"));
  await stop();
  expect(await fieldtree(["fsck"], { cwd: killed })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("nothing is lost"),
  });
});

/** Where the record begins that has byte `at`. */
function recordBefore(ledger: Buffer, at: number): number {
  let start = 0;
  while (start + 8 + ledger.readUInt32LE(start) <= at) start += 8 + ledger.readUInt32LE(start);
  return start;
}

it("a garbage collection leaves every version and every part", async () => {
  const folder = await aFolder();
  await filled(folder);
  const node = embedded(join(folder, ".fieldtree"));
  const world = testWorld();
  await retainAll(await readBuckets(join(folder, ".fieldtree", "s3")), node, world);
  await node.gc!(world);
  await node.close();
  expect(await problems(folder)).toEqual([]);
});
