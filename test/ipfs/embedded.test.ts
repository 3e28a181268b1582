import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Progress } from "../../pipeline/core/world.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { homeNodeContract, raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";

homeNodeContract(async () => embedded(await aFolderOfOurs()));

it("reports the total while it adds much, so that the time left can be computed", async () => {
  const state = await aFolderOfOurs();
  const data = join(state, "..", "data");
  await mkdir(data);
  for (const name of ["one", "two"]) {
    await writeFile(join(data, name), "");
    await truncate(join(data, name), 200 * 2 ** 20);
  }
  const said: Progress[] = [];
  const node = await embedded(state);
  const world = testWorld({ progress: (progress) => void said.push(progress) });
  await node.add!(data, { profile: "cid-v1", symlinks: "keep" }, world);
  const all = 400 * 2 ** 20;
  expect(said.at(-1)).toEqual({ task: "adding", done: all, total: all, unit: "bytes" });
  expect(said.some(({ done, total }) => total === all && done < all)).toBe(true);
});

it("reports the total while it checks, so that the time left can be computed", async () => {
  // More than is read at once.
  const blocks = Array.from({ length: 6 }, (_, i) => raw(`${i}`.repeat(2 ** 20)));
  const node = await embedded(await aFolderOfOurs());
  await node.put(blocks, testWorld());
  const said: Progress[] = [];
  const checking = node.fsck!({ repair: false }, testWorld({ progress: (progress) => void said.push(progress) }));
  for await (const damage of checking) expect.fail(damage.says);
  const total = blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(said).toEqual([
    { task: "checking", done: expect.any(Number), total, unit: "bytes" },
    { task: "checking", done: total, total, unit: "bytes" },
  ]);
  expect(said[0]!.done).toBeLessThan(total);
});

it("reads a raw block to the memory it is given, verified; where it does not fit or is damaged, not", async () => {
  const folder = await aFolderOfOurs();
  const [block, other] = [raw("some bytes"), raw("others")];
  const node = embedded(folder);
  await node.put([block, other], testWorld());
  const memory = Buffer.alloc(64);
  const read = await node.getInto(block.cid, memory, testWorld());
  expect(read).toEqual(Buffer.from("some bytes"));
  expect(read!.buffer).toBe(memory.buffer);
  expect(memory.subarray(0, 10).toString()).toBe("some bytes");
  expect(await node.getInto(block.cid, Buffer.alloc(9), testWorld())).toBeUndefined();
  expect(await node.getInto(raw("absent").cid, memory, testWorld())).toBeUndefined();
  await node.close();
  const pack = join(folder, "packs", "00000001.car");
  const bytes = await readFile(pack);
  bytes[bytes.indexOf("some bytes")]! ^= 1;
  await writeFile(pack, bytes);
  const damaged = embedded(folder);
  expect(await damaged.get(other.cid, testWorld())).toBeDefined();
  expect(await damaged.getInto(block.cid, memory, testWorld())).toBeUndefined();
  expect(await damaged.getInto(other.cid, memory, testWorld())).toEqual(Buffer.from("others"));
  await damaged.close();
});

async function aFolderOfOurs(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-node-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, ".fieldtree");
}
