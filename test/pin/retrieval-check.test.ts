import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import { assemble } from "../../pipeline/dag/assemble.ts";
import { keyOf } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { linksOf } from "../../pipeline/dag/codec/decode.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { walk } from "../../pipeline/dag/read/read.ts";
import { type BlockSource, checkRetrieval } from "../../pipeline/pin/retrieval-check.ts";
import { type Memory, memory } from "../dag/memory.ts";
import { testWorld } from "../fakes/world.ts";

const world = testWorld();
const profile = { ...profiles["cid-v1"], chunkSize: 4, maxLinks: 3 };

function treeOf(files: Readonly<Record<string, string>>, into: Memory): CID {
  const leaves = Object.entries(files).map(([path, text]) => ({
    path,
    ...fileOf(Buffer.from(text), profile, into.put),
  }));
  return assemble(leaves, profile, into.put).cid;
}

/** Seven datasets of ten chunks: 1 + 7 · (1 + 10) blocks. */
const aTree = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`set-${i % 7}.zarr/${i}`, `c${i}`]));

/** Looks at a service that has what is in `store`; `asked` fills with what it is asked for. */
function looking(store: Memory): BlockSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    links: linksOf,
    async retrieve(cid) {
      asked.push(keyOf(cid));
      return store.held.get(Buffer.from(cid.multihash.bytes).toString("hex"))?.bytes;
    },
  };
}

async function below(root: CID, { get }: Memory): Promise<CID[]> {
  const cids: CID[] = [];
  for await (const { cid } of walk(root, get, { scope: "all" })) cids.push(cid);
  return cids;
}

describe("a check of what is reported as pinned", () => {
  it("requests the root and the given number of blocks below, the same each time", async () => {
    const store = memory();
    const root = treeOf(aTree, store);
    const [first, again] = [looking(store), looking(store)];
    expect(await checkRetrieval(root, 12, first, world)).toEqual({ retrieved: true, blocks: 13 });
    await checkRetrieval(root, 12, again, world);
    expect(first.asked[0]).toBe(keyOf(root));
    expect(new Set(first.asked).size).toBe(13);
    expect(again.asked).toEqual(first.asked);
  });

  it("asks for the same blocks whatever the service takes for its answers", async () => {
    const store = memory();
    const root = treeOf(aTree, store);
    const [quick, uneven] = [looking(store), looking(store)];
    let asked = 0;
    const late: BlockSource = {
      links: linksOf,
      async retrieve(cid, world) {
        for (let i = 0; i < (asked++ * 7) % 5; i++) await new Promise(setImmediate);
        return uneven.retrieve(cid, world);
      },
    };
    await checkRetrieval(root, 40, quick, world);
    await checkRetrieval(root, 40, late, world);
    expect(new Set(uneven.asked)).toEqual(new Set(quick.asked));
  });

  it("looks at others under another root", async () => {
    const store = memory();
    const places = await Promise.all(
      ["", "x"].map(async (suffix) => {
        const names = Object.entries(aTree).map(([path, text]) => [path, `${text}${suffix}`]);
        const look = looking(store);
        const root = treeOf(Object.fromEntries(names), store);
        await checkRetrieval(root, 12, look, world);
        const all = (await below(root, store)).map(keyOf);
        return look.asked.map((key) => all.indexOf(key)).sort();
      }),
    );
    expect(places[0]).not.toEqual(places[1]);
  });

  it("gets down to the data, and into every dataset before it is twice in one", async () => {
    const store = memory();
    const root = treeOf(aTree, store);
    const look = looking(store);
    await checkRetrieval(root, 14, look, world);
    const sets = linksOf(root, (await look.retrieve(root, world))!);
    const asked = new Set(look.asked);
    expect(sets.filter((cid) => asked.has(keyOf(cid)))).toHaveLength(7);
    expect(
      look.asked.filter((key) => key.startsWith("85 ")),
      "raw leaves",
    ).toHaveLength(7);
  });

  it("requests everything once where there is less than the given number", async () => {
    const store = memory();
    const root = treeOf({ ...aTree, "set-0.zarr/same": "c1", "set-1.zarr/same": "c2" }, store);
    const all = await below(root, store);
    const look = looking(store);
    expect(await checkRetrieval(root, 1000, look, world)).toEqual({ retrieved: true, blocks: all.length });
    expect(look.asked.toSorted()).toEqual(all.map(keyOf).sort());
  });

  it("finds any lost block of a small DAG, and names it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom("a/1", "a/2", "b/1", "b/c/1", "d"), fc.string({ maxLength: 30 }), { minKeys: 1 }),
        fc.nat(),
        async (files, which) => {
          const store = memory();
          const root = treeOf(files, store);
          const all = await below(root, store);
          const lost = all[which % all.length]!;
          store.lose(lost);
          const look = looking(store);
          const found = await checkRetrieval(root, all.length, look, world);
          expect(found).toMatchObject({ retrieved: false });
          expect(keyOf((found as { lacks: CID }).lacks).split(" ")[1]).toBe(keyOf(lost).split(" ")[1]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("with a sample of none asks for the root alone", async () => {
    const store = memory();
    const root = treeOf(aTree, store);
    const look = looking(store);
    expect(await checkRetrieval(root, 0, look, world)).toEqual({ retrieved: true, blocks: 1 });
    store.lose(root);
    expect(await checkRetrieval(root, 8, look, world)).toEqual({ retrieved: false, lacks: root });
  });

  it("that could not be checked is neither confirmed nor refuted", async () => {
    const store = memory();
    const root = treeOf(aTree, store);
    const look = looking(store);
    let asked = 0;
    const failing: BlockSource = {
      ...look,
      async retrieve(cid, world) {
        if (++asked === 4) throw new Failure("unavailable", "mirror: gateway answered 502");
        return look.retrieve(cid, world);
      },
    };
    await expect(checkRetrieval(root, 12, failing, world)).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("ends in a DAG that is made to be endless to walk", async () => {
    const store = memory();
    let level = fileOf(Buffer.from("x"), profile, store.put);
    let cid = level.cid;
    // Each level links to the one below twice: forty blocks, 2^40 ways.
    for (let i = 0; i < 40; i++) {
      level = {
        ...level,
        ...assemble(
          [
            { path: "l", ...level },
            { path: "r", ...level },
          ],
          profile,
          store.put,
        ),
      };
      cid = level.cid;
    }
    const look = looking(store);
    expect(await checkRetrieval(cid, 1000, look, world)).toEqual({ retrieved: true, blocks: 41 });
    expect(look.asked).toHaveLength(41);
  });

  it("asks for several at once, and never for more than eight", async () => {
    const store = memory();
    const root = treeOf(aTree, store);
    const look = looking(store);
    let atOnce = 0;
    let most = 0;
    const counting: BlockSource = {
      ...look,
      async retrieve(cid, world) {
        most = Math.max(most, ++atOnce);
        await new Promise(setImmediate);
        atOnce--;
        return look.retrieve(cid, world);
      },
    };
    await checkRetrieval(root, 60, counting, world);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(8);
  });
});
