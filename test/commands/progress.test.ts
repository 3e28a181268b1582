/** How much there is in all, where a verb can know it: without it nobody is told how long it will take. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Call, Verb } from "../../pipeline/cli/verb.ts";
import { car } from "../../pipeline/commands/car.ts";
import { cat } from "../../pipeline/commands/cat.ts";
import { get } from "../../pipeline/commands/get.ts";
import type { Progress } from "../../pipeline/core/world.ts";
import { type Block, codecs, type Link } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { memory } from "../dag/memory.ts";
import { testWorld } from "../fakes/world.ts";
import { aFolder } from "./program.ts";

const profile = profiles["cid-v1"];
const chunk = profile.chunkSize;

describe("the time left can be computed", () => {
  it("of a file that is printed: the total is its contents, and its root is read once", async () => {
    const node = memory();
    const { cid } = fileOf(noise(3 * chunk), profile, node.put);
    const said = await saidBy(cat, [cid], node);
    expect(said.map(({ done, total }) => [done, total])).toEqual([1, 2, 3].map((n) => [n * chunk, 3 * chunk]));
    expect(node.asked.filter((each) => each === `${cid}`)).toHaveLength(1);
  });

  it("of a file that is copied", async () => {
    const node = memory();
    const { cid } = fileOf(noise(3 * chunk), profile, node.put);
    const said = await saidBy(get, [cid], node);
    expect(said.map(({ done, total }) => [done, total])).toEqual([1, 2, 3].map((n) => [n * chunk, 3 * chunk]));
  });

  it("of a folder that is copied, each of two equal files counted", async () => {
    const node = memory();
    const file = fileOf(noise(chunk), profile, node.put);
    const { cid, tsize } = folder([file, file], node.put);
    const said = await saidBy(get, [cid], node);
    expect(said.map(({ done, total }) => [done, total])).toEqual([1, 2].map((n) => [n * chunk, tsize]));
    expect(tsize).toBeLessThan(2 * chunk + 500);
  });

  it("of an export: the total is what the root claims", async () => {
    const node = memory();
    const { cid, tsize } = folder([fileOf(noise(3 * chunk), profile, node.put)], node.put);
    const said = await saidBy(car, ["export", cid], node, { scope: "all" });
    expect(new Set(said.map(({ total }) => total))).toEqual(new Set([tsize]));
    expect(said.at(-1)).toEqual({ task: "exporting", done: tsize, total: tsize, unit: "bytes" });
  });
});

describe("no time left is claimed", () => {
  it.each<[string, Verb, readonly string[]]>([
    ["copying", get, []],
    ["exporting", car, ["export"]],
  ])("once %s has gone beyond what a folder claims of itself", async (_, verb, before) => {
    const node = memory();
    const files = [0, 1].map((seed) => ({ ...fileOf(noise(1000, seed), profile, node.put), tsize: 600 }));
    const { cid, tsize } = folder(files, node.put);
    const said = await saidBy(verb, [...before, cid], node, { scope: "all" });
    expect(said[0]!.total).toBe(tsize);
    expect(said.at(-1)!.done).toBeGreaterThan(tsize);
    expect(said.at(-1)).not.toHaveProperty("total");
  });

  it("of the listing of a folder, which its Tsize says nothing of", async () => {
    const node = memory();
    const { cid } = folder([fileOf(noise(1000), profile, node.put)], node.put);
    const said = await saidBy(car, ["export", cid], node, { scope: "entity" });
    expect(said.map((each) => "total" in each)).toEqual([false]);
  });

  it("of all that a release links to", async () => {
    const node = memory();
    const { encode } = await import("@ipld/dag-cbor");
    const release = blockOf(codecs.dagCbor, encode({ root: fileOf(noise(1000), profile, node.put).cid }));
    node.put(release);
    const said = await saidBy(car, ["export", release.cid], node, { scope: "all" });
    expect(said.map((each) => "total" in each)).toEqual([false, false]);
  });
});

/** What a verb says of how far it has come, in a campaign whose node holds these blocks. */
async function saidBy(
  verb: Verb,
  args: readonly (string | Block["cid"])[],
  node: ReturnType<typeof memory>,
  flags: Call["flags"] = {},
): Promise<Progress[]> {
  const said: Progress[] = [];
  const cwd = await aFolder();
  const call = {
    args: args.map(String),
    flags: { output: join(cwd, "out"), ...flags },
    world: testWorld({ progress: (progress) => void said.push(progress) }),
    out: { json: true, result: () => {}, bytes: async () => {}, taken: async () => {} },
    cwd,
    folderAround: () => cwd,
    store: async () => ({ get: node.get }),
  };
  await verb.run(call as unknown as Call);
  return said;
}

function folder(files: readonly Link[], put: (block: Block) => void): Link {
  const entries = files.map(({ cid, tsize }, i) => ({ name: `${i}`, cid, tsize }));
  return makeDirectory(entries, profile, put);
}

function noise(bytes: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i * i + seed + (i >> 16)) % 251);
}
