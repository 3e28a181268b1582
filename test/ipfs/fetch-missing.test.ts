import { describe, expect, it } from "vitest";
import type { Progress } from "../../pipeline/core/world.ts";
import type { Block } from "../../pipeline/dag/block.ts";
import { codecs } from "../../pipeline/dag/block.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { fetchMissing } from "../../pipeline/ipfs/fetch-missing.ts";
import { gateways } from "../../pipeline/ipfs/gateways.ts";
import type { HomeNode } from "../../pipeline/ipfs/node.ts";
import { aFolder, raw } from "../contracts/node.ts";
import { type FakeGateway, startFakeGateway } from "../fakes/gateway.ts";
import { testWorld } from "../fakes/world.ts";

const plenty = { limitBytes: 1e9 };

describe("what a node lacks of a tree", () => {
  it("is fetched and stored, and only that", async () => {
    const { root, blocks } = aTree(60);
    const [some, rest] = [blocks.slice(0, 20), blocks.slice(20)];
    const fake = await startFakeGateway(blocks);
    const home = memoryHome(some);
    const fetched = await fetchMissing(root, home, from(fake), plenty, testWorld());
    expect(fetched).toEqual({ blocks: rest.length, bytes: sum(rest) });
    expect(fake.requests).toHaveLength(rest.length);
    expect([...home.held.keys()].sort()).toEqual(blocks.map(({ cid }) => `${cid}`).sort());
  });

  it("is nothing where all is there, and then chunks aren't read", async () => {
    const { root, blocks } = aTree(60);
    const home = memoryHome(blocks);
    expect(await fetchMissing(root, home, undefined, plenty, testWorld())).toEqual({ blocks: 0, bytes: 0 });
    expect(home.reads).toEqual([`${root}`]);
  });

  it("is asked for many at once, and each once, however often it is linked", async () => {
    const leaf = raw("linked often");
    const { cid, blocks } = directory(Array.from({ length: 50 }, () => leaf));
    const fake = await startFakeGateway([leaf, ...blocks, ...aTree(100).blocks]);
    await fetchMissing(cid, memoryHome(), from(fake), plenty, testWorld());
    expect(fake.requests).toHaveLength(2);
    // Much longer than a busy machine takes to send the requests.
    fake.delay = 100;
    const large = aTree(500);
    fake.hold(large.blocks);
    await fetchMissing(large.root, memoryHome(), from(fake), plenty, testWorld());
    expect(fake.mostOpen).toBeGreaterThan(8);
  });

  it("is the same under the v0 and the v1 spelling", async () => {
    const { root, blocks } = aFolder("unixfs-v0-2015");
    const home = memoryHome();
    const fake = await startFakeGateway(blocks);
    await fetchMissing(root, home, from(fake), plenty, testWorld());
    expect(await fetchMissing(root.toV1(), home, undefined, plenty, testWorld())).toEqual({ blocks: 0, bytes: 0 });
  });

  it("says how much there is in all, as long as nothing of it was found here", async () => {
    const { root, blocks } = aTree(40);
    const fake = await startFakeGateway(blocks);
    const all = sum(blocks);
    const totals = async (home: HomeNode) => {
      const said: Progress[] = [];
      const world = testWorld({ progress: (progress) => void said.push(progress) });
      await fetchMissing(root, home, from(fake), plenty, world);
      return said.map(({ total }) => total);
    };
    expect(await totals(memoryHome())).toEqual(blocks.map(() => all));
    // The leaf visited first; the folder itself.
    expect(await totals(memoryHome([blocks[0]!]))).toEqual([all, ...blocks.slice(2).map(() => undefined)]);
    expect(await totals(memoryHome([blocks.at(-1)!]))).toEqual(blocks.slice(1).map(() => undefined));
  });

  it("goes on where a run was ended", async () => {
    const { root, blocks } = aTree(80, 1_000_000);
    const fake = await startFakeGateway(blocks);
    const home = memoryHome();
    const stop = new AbortController();
    const world = testWorld({
      signal: stop.signal,
      progress: ({ done }) => void (done > 25e6 && stop.abort(new Error("ended"))),
    });
    await expect(fetchMissing(root, home, from(fake), plenty, world)).rejects.toThrow("ended");
    const stored = home.held.size;
    expect(stored).toBeGreaterThan(15);
    const { blocks: left } = await fetchMissing(root, home, from(fake), plenty, testWorld());
    expect(left).toBe(blocks.length - stored);
  });

  it("is not fetched beyond the limit; what was fetched stays", async () => {
    const { root, blocks } = aTree(30, 10_000);
    const fake = await startFakeGateway(blocks);
    const home = memoryHome();
    await expect(fetchMissing(root, home, from(fake), { limitBytes: 100_000 }, testWorld())).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(
        new RegExp(`below ${root} would go beyond 100000 bytes \\(\\d+ blocks, \\d+ bytes so far\\)`),
      ),
      hint: expect.stringContaining("limits"),
    });
    expect(sum([...home.held.values()])).toBeGreaterThan(80_000);
    expect(sum([...home.held.values()])).toBeLessThanOrEqual(100_000);
  });

  it.each([1, 40])("that is out of reach is named (%i missing), and what wasn't is kept", async (missing) => {
    const { root, blocks } = aTree(60);
    const gone = blocks.slice(0, missing);
    const fake = await startFakeGateway(blocks.slice(missing));
    const home = memoryHome();
    const error = await fetchMissing(root, home, from(fake), plenty, testWorld()).catch((error) => error);
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(error.message).toContain(`below ${root} ${missing === 1 ? "is" : "are"} out of reach: ${gone[0]!.cid}`);
    expect(error.message).toContain(`not on a map, nor on gateway ${fake.url}`);
    expect(home.held.has(`${root}`)).toBe(true);
    expect(home.held.has(`${gone[0]!.cid}`)).toBe(false);
  });

  it("says why a gateway could not be asked", async () => {
    const { root } = aTree(3);
    const fake = await startFakeGateway();
    fake.fail("server error");
    await expect(fetchMissing(root, memoryHome(), from(fake), plenty, testWorld())).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("answered 502"),
    });
  });

  it("that the disk has no room for stops it", async () => {
    const { root, blocks } = aTree(3);
    const fake = await startFakeGateway(blocks);
    const full: HomeNode = { ...memoryHome(), put: () => Promise.reject(new Error("disk full")) };
    await expect(fetchMissing(root, full, from(fake), plenty, testWorld())).rejects.toThrow("disk full");
  });
});

/** One folder of distinct files; blocks in the order of their names, the folder last. */
function aTree(files: number, bytes = 100) {
  const leaves = Array.from({ length: files }, (_, i) =>
    blockOf(codecs.raw, new Uint8Array(bytes).fill(i % 251).fill(1 + (i >> 8), 0, 1)),
  );
  const { cid: root, blocks } = directory(leaves);
  return { root, blocks: [...leaves, ...blocks] };
}

function directory(leaves: readonly Block[]) {
  const blocks: Block[] = [];
  const entries = leaves.map(({ cid, bytes }, i) => ({ name: `${i}`.padStart(4, "0"), cid, tsize: bytes.length }));
  const { cid } = makeDirectory(entries, profiles["cid-v1"], (block) => void blocks.push(block));
  return { cid, blocks };
}

/** Not taken for silent, however long a busy machine takes to let it answer. */
function from({ url }: FakeGateway) {
  return gateways([url], { silence: 20_000 });
}

function memoryHome(blocks: readonly Block[] = []) {
  const key = (cid: Block["cid"]) => `${cid.toV1()}`;
  const held = new Map(blocks.map((block) => [key(block.cid), block]));
  const reads: string[] = [];
  const unasked = () => Promise.reject(new Error("nobody asked for that"));
  return {
    name: "a map",
    held,
    reads,
    get: async (cid) => {
      reads.push(`${cid}`);
      return held.get(key(cid))?.bytes;
    },
    has: async (cid) => held.has(key(cid)),
    put: async (more) => {
      for await (const block of more) held.set(key(block.cid), block);
    },
    pin: unasked,
    unpin: unasked,
    pins: unasked,
  } satisfies HomeNode & { held: unknown; reads: unknown };
}

function sum(blocks: readonly Block[]): number {
  return blocks.reduce((bytes, block) => bytes + block.bytes.length, 0);
}
