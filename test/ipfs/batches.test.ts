/** Storing what is fetched: in steps, none of which delays the link, and with little memory. */
import { describe, expect, it } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { blockOf, cidOf } from "../../pipeline/dag/hash.ts";
import { VerifiedBlock } from "../../pipeline/dag/verified-block.ts";
import { batchesTo } from "../../pipeline/ipfs/fetching/batches.ts";
import { fakeHome } from "../fakes/home.ts";
import { testWorld } from "../fakes/world.ts";

const blocksOf = (count: number, length: number): Block[] =>
  Array.from({ length: count }, (_, i) => blockOf(codecs.raw, new Uint8Array(length).fill(i % 256).with(0, i >> 8)));

describe("what is fetched", () => {
  it("is stored in a few steps where it comes fast, and all of it is there at the end", async () => {
    const home = fakeHome();
    let steps = 0;
    const counting: typeof home = {
      ...home,
      put(blocks, world) {
        steps++;
        return home.put(blocks, world);
      },
    };
    const batches = batchesTo(counting, testWorld());
    for (const block of blocksOf(400, 64_000)) await batches.add(block);
    await batches.store();
    expect(home.blocks.size).toBe(400);
    // 26 MB, which were 49 steps of half a mebibyte; a machine that does much else takes some seconds for them.
    expect(steps).toBeLessThan(20);
  });

  it("waits for a store that takes nothing, with a few megabytes at most", async () => {
    const home = fakeHome();
    const go = Promise.withResolvers<void>();
    const slow: typeof home = {
      ...home,
      async put(blocks, world) {
        await go.promise;
        await home.put(blocks, world);
      },
    };
    const batches = batchesTo(slow, testWorld());
    let added = 0;
    const adding = (async () => {
      for (const block of blocksOf(200, 64_000)) {
        await batches.add(block);
        added++;
      }
      await batches.store();
    })();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(added * 64_000).toBeLessThan(5 * 1024 * 1024);
    go.resolve();
    await adding;
    expect(home.blocks.size).toBe(200);
  });

  it("fails with what the store failed with, once for all that waits", async () => {
    const full: Pick<ReturnType<typeof fakeHome>, "put"> = { put: () => Promise.reject(new Error("no space left")) };
    const batches = batchesTo(full, testWorld());
    const adding = (async () => {
      for (const block of blocksOf(200, 64_000)) await batches.add(block);
    })();
    await expect(adding).rejects.toThrow("no space left");
    await expect(batches.store()).rejects.toThrow("no space left");
  });
});

describe("a verified block", () => {
  it("is what was hashed, and nothing else", async () => {
    const [block] = blocksOf(1, 10);
    expect(await VerifiedBlock.from(block!.cid, block!.bytes)).toBeInstanceOf(VerifiedBlock);
    expect(await VerifiedBlock.from(block!.cid, Uint8Array.of(1))).toBe("mismatch");
    const verified = (await VerifiedBlock.from(block!.cid, block!.bytes)) as VerifiedBlock;
    expect(() => verified.under(cidOf(codecs.raw, Uint8Array.of(1)))).toThrow("was verified, not");
  });
});
