/** What is copied from a gateway comes in few requests, and no more of it is in memory than the bound. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { extract } from "../../pipeline/cli/local/extract.ts";
import { recently } from "../../pipeline/dag/read/recent-blocks.ts";
import { gateways } from "../../pipeline/ipfs/gateways.ts";
import { gatherFrom } from "../../pipeline/ipfs/gather.ts";
import { required } from "../../pipeline/ipfs/require-block.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { fakeHome } from "../fakes/home.ts";
import { testWorld } from "../fakes/world.ts";
import { aTree, carGateway, type Tree } from "./car-gateway.ts";

const world = testWorld();

function readingFrom(fake: FakeGateway, home?: ReturnType<typeof fakeHome>) {
  const node = gateways([fake.url], { silence: 20_000, opensFor: 20 });
  const get = recently(async (cid) => (await home?.get(cid, world)) ?? required(cid, node, world), 1e6);
  return { get, ...gatherFrom(node, home, get, world) };
}

function aTarget(): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-gather-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "copy");
}

async function copied({ root }: Tree, fake: FakeGateway, home?: ReturnType<typeof fakeHome>) {
  const target = aTarget();
  const done = await extract({ cid: root, target, replace: false, links: "inside", ...readingFrom(fake, home) }, world);
  return { ...done, folders: readdirSync(target).length };
}

describe("a folder that is copied from a gateway", () => {
  it("comes in one CAR after its root", async () => {
    const tree = await aTree(10, 30);
    const fake = await carGateway(tree);
    expect(await copied(tree, fake)).toMatchObject({ files: 300, folders: 10 });
    expect([fake.requests.length, fake.cars]).toEqual([1, [`${tree.root}`]]);
  });

  it("comes block by block from a gateway without CARs", async () => {
    const tree = await aTree(10, 30);
    const fake = await startFakeGateway(tree.blocks);
    expect(await copied(tree, fake)).toMatchObject({ files: 300 });
    expect(fake.requests).toHaveLength(311);
  });

  it("is read from this machine where it is here, without a request", async () => {
    const tree = await aTree(3, 3);
    const home = fakeHome();
    await home.put(tree.blocks, world);
    const fake = await carGateway(tree);
    expect(await copied(tree, fake, home)).toMatchObject({ files: 9 });
    expect([fake.requests, fake.cars]).toEqual([[], []]);
  });

  it("that lacks a block is named by it, and leaves nothing", async () => {
    const tree = await aTree(10, 3);
    const lost = tree.blocks.at(-1)!;
    const fake = await startFakeGateway(tree.blocks.slice(0, -1));
    const target = aTarget();
    const reading = readingFrom(fake);
    await expect(
      extract({ cid: tree.root, target, replace: false, links: "inside", ...reading }, world),
    ).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining(`${lost.cid}`) });
    expect(readdirSync(join(target, ".."))).toEqual([]);
  });

  it("of more than the bound comes folder by folder, whatever size it states", async () => {
    const large = await aTree(2, 40, (i, j) => `${i} ${j} `.repeat(200_000));
    const fake = await carGateway(large);
    const { gather, get } = readingFrom(fake);
    let most = 0;
    const counting = async (root: Parameters<NonNullable<typeof gather>>[0]) => {
      const sent = fake.sent;
      const read = await gather!(root);
      most = Math.max(most, fake.sent - sent);
      return read;
    };
    const target = aTarget();
    const done = await extract(
      { cid: large.root, target, replace: false, links: "inside", get, gather: counting },
      world,
    );
    expect(done.files).toBe(80);
    expect(most).toBeLessThan(70 * 2 ** 20);
  });
});
