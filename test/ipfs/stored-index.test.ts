import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { blockOf, sha256 } from "../../pipeline/dag/hash.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { openPacks, type Packs } from "../../pipeline/ipfs/embedded/packs/packs.ts";
import { aFolder } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";

const block = (i: number): Block => blockOf(codecs.raw, Buffer.from(`block ${i}`));
const blocks = (from: number, to: number): Block[] => Array.from({ length: to - from }, (_, i) => block(from + i));

it("knows of every block in every pack whether its bytes are stored, and of no other", async () => {
  const { folder, put, stored } = await aStore();
  await put(blocks(0, 500));
  stored.refresh("all");
  expect(blocks(0, 500).filter(has(stored))).toHaveLength(500);
  expect(blocks(500, 1000).filter(has(stored))).toEqual([]);
  // The right digest with other bytes is not had, nor are the right bytes under another digest that begins alike.
  expect(stored.hasBlock(sha256(block(1).bytes), block(2).bytes)).toBe(false);
  const alike = sha256(block(1).bytes).slice();
  alike[31]! ^= 1;
  expect(stored.hasBlock(alike, block(1).bytes)).toBe(false);

  await put(blocks(500, 600));
  expect(blocks(500, 600).filter(has(stored))).toEqual([]);
  expect(stored.refresh("all")).toBe(true);
  expect(blocks(0, 600).filter(has(stored))).toHaveLength(600);
  expect(stored.refresh("all")).toBe(false);

  // What is damaged on the disk is to be written anew.
  const pack = openSync(join(folder, "packs", "00000001.car"), "r+");
  writeSync(pack, Buffer.alloc(4000, 1), 0, 4000, 200);
  const left = blocks(0, 600).filter(has(stored)).length;
  expect(left).toBeLessThan(600);
  expect(left).toBeGreaterThan(400);
});

const has =
  (stored: Packs) =>
  ({ cid, bytes }: Block): boolean =>
    stored.hasBlock(cid.multihash.digest, bytes);

async function aStore() {
  const folder = await aFolder();
  const put = async (some: readonly Block[]): Promise<void> => {
    const node = embedded(folder, { packBlocks: 64 });
    await node.put(some, testWorld());
    await node.close();
  };
  await put([]);
  return { folder, put, stored: openPacks(join(folder, "packs")) };
}
