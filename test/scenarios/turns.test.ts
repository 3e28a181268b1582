/** While a command works through very many of anything, signals, timers and requests have their turns. */
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { describe, expect, it, onTestFinished } from "vitest";
import { Failure } from "../../pipeline/core/failure.ts";
import type { DataLeaf } from "../../pipeline/core/tree/tree.ts";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { fetchMissing } from "../../pipeline/ipfs/fetch-missing.ts";
import { missingBlocks } from "../../pipeline/ipfs/missing.ts";
import { sizesOf } from "../../pipeline/stages/tree/sizes.ts";
import { memory } from "../dag/memory.ts";
import { fakeHome } from "../fakes/home.ts";
import { wideFolders } from "../fakes/hostile-dags.ts";
import { longestTurn } from "../fakes/turns.ts";
import { testWorld } from "../fakes/world.ts";

/** ms of this thread's time that one turn of the event loop may take. Each of these was one turn, of half a second and more. */
const ceiling = 400;

/** The collection of garbage may fall into any turn, so the least of five runs counts. */
async function expectTurns(work: () => Promise<unknown>): Promise<void> {
  let longest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5 && longest >= ceiling; run++) longest = Math.min(longest, await longestTurn(work()));
  expect(longest).toBeLessThan(ceiling);
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("others have their turns", { timeout: 60_000 }, () => {
  it("while a large file is hashed that is only looked at", async () => {
    const path = join(await aFolder(), "large.bin");
    await writeFile(path, new Uint8Array(1));
    await truncate(path, 2 ** 29);
    const hashing = async () => {
      for await (const _ of blocksOf(path, { profile: "cid-v1", symlinks: "keep" }, testWorld()));
    };
    await expectTurns(hashing);
  });

  it("while every block below a root is read", async () => {
    const { put, get } = memory();
    const root = wideFolders(8, 20_000, put);
    const missingBelow = missingBlocks({ has: () => true, get, readRaw: 16 }, testWorld());
    await expectTurns(() => missingBelow(root));
  });

  it("while a DAG is looked through for what has to be fetched", async () => {
    const home = fakeHome();
    const blocks: Block[] = [];
    const root = wideFolders(9, 180_000, (block) => void blocks.push(block));
    await home.put(blocks, testWorld());
    const fetching = () => fetchMissing(root, home, undefined, { limitBytes: 1 }, testWorld());
    await expectTurns(fetching);
    expect(await fetching()).toEqual({ blocks: 0, bytes: 0 });
  });

  it("while the sizes of very many leaves are asked for", async () => {
    const { cid } = blockOf(codecs.raw, new TextEncoder().encode("a leaf"));
    const leafAt = (i: number): [string, DataLeaf] => [
      `leaf-${i}`,
      { kind: "data", path: `leaf-${i}`, cid, written: `${cid}`, line: i, column: 1 },
    ];
    const tree = new Map(Array.from({ length: 100_000 }, (_, i) => leafAt(i)));
    const get = async (cid: CID): Promise<Uint8Array> => {
      throw new Failure("unavailable", `${cid} is not here`);
    };
    const remembered = { get: () => undefined, set: () => {}, save: async () => {} };
    const asking = sizesOf(tree, get, remembered, testWorld());
    expect(await longestTurn(asking)).toBeLessThan(ceiling);
    expect((await asking).missing).toHaveLength(100_000);
  });
});
