import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { World } from "../../../pipeline/core/world.ts";
import { codecs } from "../../../pipeline/dag/block.ts";
import { encodePb } from "../../../pipeline/dag/codec/dag-pb.ts";
import { blockOf } from "../../../pipeline/dag/hash.ts";
import type { Source } from "../../../pipeline/ipfs/fallback.ts";
import { type Bounds, budgetOf } from "../../../pipeline/stages/review/budget.ts";
import { probeReachability } from "../../../pipeline/stages/review/reachability.ts";
import { raw, v1 } from "../../core/cids.ts";
import { fakeHome } from "../../fakes/home.ts";
import { lacking, sourceOf } from "../../fakes/review.ts";
import { testWorld } from "../../fakes/world.ts";

const plenty: Bounds = { blocks: 10_000, bytes: 1e9, time: 60_000 };

const reach = async (roots: readonly CID[], sources: readonly Source[], bounds: Partial<Bounds> = {}) => {
  const reached = await probeReachability(roots, sources, budgetOf({ ...plenty, ...bounds }, testWorld()), testWorld());
  return reached.map(({ root, reach }) => ({ ...reach, ...(root && { root }) }));
};

/** A root of `width` chunks on a node, with the chunks' CIDs. */
async function aDag(width = 20) {
  const home = fakeHome();
  const chunks = Array.from({ length: width }, (_, i) => blockOf(codecs.raw, new TextEncoder().encode(`chunk ${i}`)));
  const links = chunks.map(({ cid, bytes }) => ({ name: "", cid, tsize: bytes.length }));
  const root = blockOf(codecs.dagPb, encodePb({ links, data: new Uint8Array([8, 1]) }));
  await home.put([root, ...chunks], testWorld());
  return { home, root: root.cid, chunks: chunks.map(({ cid }) => cid) };
}

/** Whatever it is asked for, it gives a block that leads to a hundred others. */
function bottomless(size = 0): { source: Source; asked: () => number; given: () => number } {
  let [asked, given] = [0, 0];
  const get: Source["get"] = async () => {
    const links = Array.from({ length: 100 }, (_, i) => ({
      name: "",
      cid: CID.parse(v1(100 * asked + i)),
      tsize: 5e11,
    }));
    asked++;
    const bytes = encodePb({ links, data: new Uint8Array(size) });
    given += bytes.length;
    return bytes;
  };
  return { source: { name: "bottomless", get }, asked: () => asked, given: () => given };
}

const failing = (name: string, calls: string[] = []): Source => ({
  name,
  get: async (cid) => {
    calls.push(`${cid}`);
    throw new Failure("unavailable", `${name}: no answer in 15 s`);
  },
});

describe("data", () => {
  it("of one CID at many leaves is asked for once", async () => {
    const { home, root } = await aDag(0);
    const asked: string[] = [];
    const source = sourceOf(home, "one");
    const get: Source["get"] = async (cid, world) => {
      asked.push(`${cid}`);
      return source.get(cid, world);
    };
    const counted: Source = { ...source, get };
    const found = await reach(Array(500).fill(root), [counted], { blocks: 100 });
    expect(asked).toEqual([`${root}`]);
    expect(found).toHaveLength(500);
    expect(new Set(found.map(({ from }) => `${from}`))).toEqual(new Set(["one"]));
  });

  it("can be reached at every source that gave its root and the sample below", async () => {
    const { home, root } = await aDag();
    const [found] = await reach(
      [root],
      [sourceOf(home, "one"), lacking(home, "two", () => true), sourceOf(home, "three")],
    );
    expect(found).toMatchObject({ from: ["one", "three"], blocks: 9 });
    expect(found!.problem).toBeUndefined();
  });

  it("is not reached at a source that has the root and nothing below", async () => {
    const { home, root } = await aDag();
    const [found] = await reach([root], [lacking(home, "hollow", (cid) => !cid.equals(root))]);
    expect(found).toMatchObject({ from: [], problem: expect.stringMatching(/^hollow lacks block bafk/) });
  });

  it("counts where several have it together, which no single one is named for", async () => {
    const { home, root, chunks } = await aDag(8);
    const half = (odd: number) => (cid: CID) => chunks.findIndex((chunk) => chunk.equals(cid)) % 2 === odd;
    const [found] = await reach([root], [lacking(home, "odd", half(0)), lacking(home, "even", half(1))]);
    expect(found).toMatchObject({ from: [], blocks: 9, partial: "no source alone has all of it" });
    expect(found!.problem).toBeUndefined();
  });

  it("is out of reach with each source's reason", async () => {
    const { root } = await aDag();
    const [found] = await reach([root], [failing("gateway.example.org"), sourceOf(fakeHome(), "node")]);
    expect(found).toEqual({ from: [], blocks: 0, problem: "gateway.example.org: no answer in 15 s; node lacks it" });
    expect((await reach([root], []))[0]).toMatchObject({
      problem: "campaign.yaml names no node, service or gateway that could be asked for it",
    });
  });

  it("is reported in the order of the request, whichever source answers first", async () => {
    const { home, root, chunks } = await aDag();
    const roots = [root, ...chunks.slice(0, 12)];
    const late: Source = {
      name: "late",
      get: async (cid, world) => {
        for (let turns = 20 - roots.findIndex((root) => root.equals(cid)); turns > 0; turns--) await undefined;
        return home.get(cid, world);
      },
    };
    const found = await reach(roots, [late]);
    expect(found.map(({ root }) => root?.length)).toEqual(
      roots.map((cid) => home.blocks.get(Buffer.from(cid.multihash.bytes).toString("hex"))!.length),
    );
  });

  it("is judged by the same blocks every time", async () => {
    const { home, root } = await aDag(200);
    const seen = async () => {
      const asked: string[] = [];
      const get: Source["get"] = async (cid, world) => {
        asked.push(`${cid}`);
        return home.get(cid, world);
      };
      await reach([root], [{ name: "a", get }]);
      return asked;
    };
    expect(await seen()).toEqual(await seen());
  });
});

describe("a stranger's data costs what it may", () => {
  it("however deep it goes: a root and eight blocks", async () => {
    const { source, asked } = bottomless();
    const [found] = await reach([CID.parse(v1(1))], [source]);
    expect(found).toMatchObject({ from: ["bottomless"], blocks: 9 });
    expect(asked()).toBe(9);
  });

  it("however many there are: roots before anything below them", async () => {
    const { source, asked } = bottomless();
    const roots = Array.from({ length: 500 }, (_, i) => CID.parse(v1(1_000_000 + i)));
    const found = await reach(roots, [source], { blocks: 600 });
    expect(asked()).toBe(500);
    expect(found.every(({ from, problem }) => from.length === 1 && problem === undefined)).toBe(true);
  });

  it("and however few blocks it may have: what is left unasked is out of reach", async () => {
    const { source, asked } = bottomless();
    const roots = Array.from({ length: 100 }, (_, i) => CID.parse(v1(1_000_000 + i)));
    const found = await reach(roots, [source], { blocks: 10 });
    expect(asked()).toBe(10);
    expect(found.at(-1)).toMatchObject({ from: [], problem: "bottomless: the examination ended after 10 blocks" });
  });

  it("however big its blocks are: no more than a block for each request beyond the bytes it may have", async () => {
    const { source, given } = bottomless(1_000_000);
    const roots = Array.from({ length: 100 }, (_, i) => CID.parse(v1(1_000_000 + i)));
    const found = await reach(roots, [source], { bytes: 20_000_000 });
    expect(given()).toBeLessThan(20_000_000 + 16 * 1_010_000);
    expect(found[0]).toMatchObject({ from: ["bottomless"] });
    expect(found.at(-1)).toMatchObject({ from: [], problem: "bottomless: the examination ended after 20 MB" });
  });

  it("however long it takes: what has not answered in time is out of reach, and nothing is left running", async () => {
    const { root } = await aDag();
    let waiting = 0;
    const silent: Source = {
      name: "silent",
      get: (_, world: World) =>
        new Promise((_, reject) => {
          waiting++;
          world.signal.addEventListener("abort", () => {
            waiting--;
            reject(world.signal.reason);
          });
        }),
    };
    const [found] = await reach([root], [silent], { time: 50 });
    expect(found).toMatchObject({ from: [], problem: "silent: the examination ended after 0.05 s" });
    expect(waiting).toBe(0);
  });

  it("and a root that came in time is there, though looking ended below it", async () => {
    const { home, root } = await aDag();
    const [found] = await reach([root], [sourceOf(home)], { blocks: 9, bytes: 100 });
    expect(found).toMatchObject({ from: ["node"], partial: "the examination ended after 100 B" });
    expect(found!.problem).toBeUndefined();
  });

  it("and a source that fails and fails is not asked for all of it", async () => {
    const calls: string[] = [];
    const roots = Array.from({ length: 100 }, (_, i) => CID.parse(raw(i)));
    const found = await reach(roots, [failing("dead", calls)]);
    expect(calls.length).toBeLessThanOrEqual(16);
    expect(found.at(-1)!.problem).toBe("dead: no answer in 15 s");
  });
});
