/** Fetching by CAR: one request where nothing is here, only what is missing in any case, and nothing that was not asked for. */
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { fetchMissing } from "../../pipeline/ipfs/fetch-missing.ts";
import { gateways } from "../../pipeline/ipfs/gateways.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { fakeHome } from "../fakes/home.ts";
import { testWorld } from "../fakes/world.ts";
import { aTree, carGateway, carOfAll, type Tree } from "./car-gateway.ts";

const plenty = { limitBytes: 1e9 };

/** Fetches the tree to a node, and returns what the node then lacks of it. */
async function fetched(tree: Tree, fake: FakeGateway, home = fakeHome(), world = testWorld()) {
  const result = await fetchMissing(
    tree.root,
    home,
    gateways([fake.url], { silence: 20_000, opensFor: 20 }),
    plenty,
    world,
  );
  const has = await Promise.all(tree.blocks.map(({ cid }) => home.has!(cid, world)));
  return { ...result, lacks: has.filter((there) => !there).length };
}

const bytesOf = (blocks: readonly Block[]) => blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);

describe("a tree of which nothing is here", () => {
  it("comes in one CAR, after its root", async () => {
    const tree = await aTree(10, 30);
    const fake = await carGateway(tree);
    expect(await fetched(tree, fake)).toEqual({ blocks: 311, bytes: bytesOf(tree.blocks), lacks: 0 });
    expect([fake.requests.length, fake.cars]).toEqual([1, [`${tree.root}`]]);
  });

  it("with few folders comes in a CAR each, so that nothing comes twice", async () => {
    const tree = await aTree(3, 30);
    const fake = await carGateway(tree);
    expect((await fetched(tree, fake)).lacks).toBe(0);
    expect([fake.requests.length, fake.cars.length]).toEqual([1, 3]);
    // Each CAR has a header, and each block in it a CID.
    expect(fake.sent).toBeLessThan(bytesOf(tree.blocks) + 94 * 45 + 300);
  });

  it("comes block by block from a gateway without CARs, which is asked for one once", async () => {
    const tree = await aTree(10, 30);
    const fake = await startFakeGateway(tree.blocks);
    expect((await fetched(tree, fake)).lacks).toBe(0);
    expect([fake.requests.length, fake.cars.length]).toEqual([311, 1]);
  });
});

describe("what is here already", () => {
  it("is not fetched: a CAR is asked for where all is missing, and blocks elsewhere", async () => {
    const old = await aTree(10, 30);
    const tree = await aTree(10, 30, (i, j) => (i === 3 && j > 20 ? `other ${j}` : i === 7 ? `new ${j}` : `${i} ${j}`));
    const home = fakeHome();
    await home.put(old.blocks, testWorld());
    const fake = await carGateway(tree);
    // Root, folder 3 with 9 files, folder 7 with 30.
    expect(await fetched(tree, fake, home)).toMatchObject({ blocks: 42, lacks: 0 });
    expect(fake.cars).toHaveLength(1);
    expect(fake.requests).toHaveLength(12);
  });

  it("ends a CAR that brings it", async () => {
    // One file more in every folder: each link of the root leads to something new, and nearly nothing is missing.
    // Large files: what is on its way in the buffers of a connection is some megabytes.
    const text = (i: number, j: number) => `${i} ${j} `.repeat(20_000);
    const old = await aTree(10, 30, text);
    const tree = await aTree(10, 31, text);
    const home = fakeHome();
    await home.put(old.blocks, testWorld());
    const fake = await carGateway(tree);
    expect(await fetched(tree, fake, home)).toMatchObject({ blocks: 21, lacks: 0 });
    expect(fake.cars).toHaveLength(1);
    expect(fake.sent).toBeLessThan(bytesOf(tree.blocks) / 2);
  });
});

describe("a CAR that breaks off", () => {
  it("is continued by what is missing, and nothing that came comes again", async () => {
    const tree = await aTree(10, 30, (i, j) => `${i} ${j} `.repeat(2000));
    let cuts = 3;
    const cut = async function* (root: CID) {
      let left = 60;
      for await (const chunk of carOfAll(tree.blocks)(root)) {
        if (cuts > 0 && left-- === 0) {
          cuts--;
          throw new Error("cut");
        }
        yield chunk;
      }
    };
    const fake = await carGateway(tree, cut);
    expect(await fetched(tree, fake)).toMatchObject({ blocks: 311, lacks: 0 });
    expect(fake.sent).toBeLessThan(bytesOf(tree.blocks) * 1.05 + 311 * 50);
  });

  it("because the gateway is gone for a while is continued when it is back", async () => {
    const tree = await aTree(10, 30, (i, j) => `${i} ${j} `.repeat(1000));
    const fake = await carGateway(tree, async function* (root) {
      let left = 60;
      for await (const chunk of carOfAll(tree.blocks)(root)) {
        if (left-- === 0) {
          fake.fail("reset", 12);
          fake.car = undefined;
          throw new Error("cut");
        }
        yield chunk;
      }
    });
    const waits: number[] = [];
    const world = testWorld({
      sleep: async (ms) => {
        waits.push(ms);
        // The circuit breaker closes by the clock of this machine.
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
    });
    expect(await fetched(tree, fake, fakeHome(), world)).toMatchObject({ blocks: 311, lacks: 0 });
    expect(waits.length).toBeGreaterThan(0);
    expect(world.lines.join("\n")).toContain("what is left is asked for again in 2 s");
  });
});

describe("a gateway that sends as a CAR", () => {
  const stranger = blockOf(codecs.raw, new Uint8Array(100_000).fill(9));
  const endless = function* (block: Block) {
    for (let i = 0; i < 10_000; i++) yield block;
  };

  it.each([
    ["blocks never asked for", () => endless(stranger), /which nothing that it sent before links to/],
    ["one block again and again", ([root]: readonly Block[]) => endless(root!), /again and again/],
    ["blocks before what links to them", (blocks: readonly Block[]) => blocks.toReversed(), /links to/],
    [
      "other bytes",
      ([root, next]: readonly Block[]) => [{ cid: next!.cid, bytes: root!.bytes }],
      /do not match the CID/,
    ],
  ])("%s costs little, and is asked for blocks instead", async (_, blocksOf, reason) => {
    const tree = await aTree(10, 30);
    const fake = await carGateway(tree, (root) => carOf([root], blocksOf(tree.blocks)));
    const world = testWorld();
    expect(await fetched(tree, fake, fakeHome(), world)).toMatchObject({ blocks: 311, lacks: 0 });
    expect(fake.cars).toHaveLength(1);
    expect(fake.sent).toBeLessThan(20e6);
    expect(world.lines.filter((line) => reason.test(line))).toHaveLength(1);
  });

  it.each([
    ["a length without end", new Uint8Array(1000).fill(255)],
    ["a web page", new TextEncoder().encode("<html><title>Just a moment...</title></html>")],
    ["nothing", new Uint8Array(0)],
  ])("%s is asked for blocks instead", async (_, bytes) => {
    const tree = await aTree(10, 30);
    const fake = await carGateway(tree, () => [bytes]);
    expect(await fetched(tree, fake)).toMatchObject({ blocks: 311, lacks: 0 });
    expect(fake.cars).toHaveLength(1);
  });

  it("half of it is asked for the rest; what it lacks is named", async () => {
    const tree = await aTree(10, 30);
    const lost = tree.blocks.at(-1)!;
    const fake = await startFakeGateway(tree.blocks.slice(0, -1));
    fake.car = (root) => carOf([root], tree.blocks.slice(0, 150));
    await expect(fetched(tree, fake)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(`${lost.cid}`),
    });
    expect(fake.requests.length).toBeLessThanOrEqual(1 + 311 - 150);
  });
});
