/** Contents that are read to memory that is used again are the same bytes, whoever is slow and whatever repeats. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { openCampaign } from "../../pipeline/campaign/campaign.ts";
import { extract } from "../../pipeline/cli/local/extract.ts";
import { type Block, keyOf } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { withReusedMemory } from "../../pipeline/dag/reused-memory.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";
import { noise } from "../ipfs/noise.ts";

/** A file with chunks of its own and chunks that repeat, next to one another and far apart. */
function aFile() {
  const blocks = new Map<string, Block>();
  const chunk = 262_144;
  const [a, b, c] = ["a", "b", "c"].map((seed) => noise(seed, chunk)) as [Buffer, Buffer, Buffer];
  const bytes = Buffer.concat([a, b, a, a, c, b, a, c, c, noise("tail", 1000)]);
  const { cid } = fileOf(bytes, profiles["cid-v1"], (block) => void blocks.set(keyOf(block.cid), block));
  return { bytes, cid, blocks };
}

/** Reads as the embedded node does: to the memory given, some time later. Counts what memory it was given. */
function aNode(blocks: ReadonlyMap<string, Block>, has: (cid: CID) => boolean = () => true) {
  const memories = new Set<ArrayBufferLike>();
  const into = async (cid: CID, memory: Uint8Array) => {
    if (!has(cid)) return undefined;
    await sleep(Math.random() * 3);
    const { bytes } = blocks.get(keyOf(cid))!;
    if (bytes.length > memory.length) return undefined;
    memories.add(memory.buffer);
    memory.set(bytes);
    return memory.subarray(0, bytes.length);
  };
  const get = async (cid: CID) => blocks.get(keyOf(cid))!.bytes;
  return { into, get, memories };
}

it("gives the bytes of the file where chunks repeat, each valid until the next is asked for", async () => {
  const { bytes, cid, blocks } = aFile();
  const { into, get, memories } = aNode(blocks);
  for (let round = 0; round < 5; round++) {
    let at = 0;
    for await (const part of withReusedMemory(cid, get, into, undefined)) {
      await sleep(Math.random() * 4);
      expect(Buffer.compare(part, bytes.subarray(at, at + part.length)), `round ${round}, byte ${at}`).toBe(0);
      at += part.length;
    }
    expect(at).toBe(bytes.length);
    expect(memories.size, "pieces of memory of one response").toBeLessThanOrEqual(9);
    memories.clear();
  }
});

it("gives what a stream may retain as a copy: the end of a file, and small ranges", async () => {
  const { bytes, cid, blocks } = aFile();
  const { into, get } = aNode(blocks);
  for (const range of [
    { offset: 262_100, length: 100 },
    { offset: bytes.length - 2000 },
    { offset: 5, length: 262_144 * 3 },
  ]) {
    const parts: Uint8Array[] = [];
    const copies: Buffer[] = [];
    for await (const part of withReusedMemory(cid, get, into, range)) {
      parts.push(part.length <= 65_536 ? part : Buffer.from(part));
      copies.push(Buffer.from(part));
    }
    const end = range.length === undefined ? bytes.length : range.offset + range.length;
    expect(Buffer.compare(Buffer.concat(parts), Buffer.concat(copies))).toBe(0);
    expect(Buffer.compare(Buffer.concat(parts), bytes.subarray(range.offset, end))).toBe(0);
  }
});

it("takes from elsewhere what can't be read that way", async () => {
  const { bytes, cid, blocks } = aFile();
  let asked = 0;
  const { into, get } = aNode(blocks, () => asked++ % 2 === 0);
  const parts: Buffer[] = [];
  for await (const part of withReusedMemory(cid, get, into, undefined)) parts.push(Buffer.from(part));
  expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
});

it("a campaign's own node reads to it, and a file is copied to the disk through a few pieces of memory", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "campaign.yaml"), "campaign: test\n");
  const campaign = await openCampaign(folder, {}, testWorld());
  const { bytes, cid, blocks } = aFile();
  await campaign.home.put([...blocks.values()], testWorld());
  const memories = new Set<ArrayBufferLike>();
  const into = async (each: CID, memory: Uint8Array) => {
    memories.add(memory.buffer);
    return campaign.get.into!(each, memory);
  };
  // What is not read to memory is the root.
  const get = (each: CID) =>
    each.equals(cid) ? campaign.get(each) : Promise.reject(new Error(`${each} was read anew`));
  for (let round = 0; round < 3; round++) {
    const target = join(folder, "copy");
    await extract({ cid, get: Object.assign(get, { into }), target, replace: true, links: "inside" }, testWorld());
    expect((await readFile(target)).equals(bytes)).toBe(true);
  }
  expect(memories.size).toBeLessThan(3 * 10);
  await campaign.close();
});
