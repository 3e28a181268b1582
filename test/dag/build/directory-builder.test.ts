import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, codecs } from "../../../pipeline/dag/block.ts";
import { directoryBuilder } from "../../../pipeline/dag/build/directory-builder.ts";
import { recordMemory } from "../../../pipeline/dag/build/record-sorter.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import type { DirectoryEntry } from "../../../pipeline/dag/directory-entry.ts";
import { cidOf } from "../../../pipeline/dag/hash.ts";
import { type Profile, type ProfileName, profiles } from "../../../pipeline/dag/profile.ts";
import { drained } from "../drained.ts";

describe.each(Object.keys(profiles) as ProfileName[])("by %s", (name) => {
  const profile = profiles[name];

  it("makes the blocks that makeDirectory makes, sharded or not", { timeout: 60_000 }, async () => {
    const entries = (count: number) =>
      Array.from({ length: count }, (_, i) => entry(`${"a name ".repeat(i % 9)}${i} ä`));
    for (const count of [0, 1, 2, 1000, 3000, 20_000])
      expect(await built(entries(count), profile)).toEqual(made(entries(count), profile));
  });

  it("shards at the very size at which makeDirectory does", async () => {
    // Names so long that a few dozen reach the threshold; the last is of any length around it.
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6000 }), async (last) => {
        const entries = Array.from({ length: 43 }, (_, i) => entry(`${i}`.padStart(6000, "x")));
        entries.push(entry("y".repeat(last)));
        expect(await built(entries, profile)).toEqual(made(entries, profile));
      }),
      { numRuns: 30 },
    );
  });
});

it("makes the same of more entries than it has in memory", { timeout: 60_000 }, async () => {
  const entries = Array.from({ length: 40_000 }, (_, i) => entry(`temperature/at/level/${i}`.replaceAll("/", ".")));
  expect(entries.length * 60).toBeGreaterThan(recordMemory);
  expect(await built(entries, profiles["cid-v1"])).toEqual(made(entries, profiles["cid-v1"]));
});

it("refuses a name that is twice, in a small directory and in a sharded one", async () => {
  for (const count of [2, 10_000]) {
    const directory = directoryBuilder(profiles["cid-v1"]);
    for (let i = 0; i < count; i++) directory.add(`${i}`, entry(`${i}`).cid.bytes, 1);
    directory.add("1", entry("another").cid.bytes, 1);
    await expect(drained(directory.finish())).rejects.toMatchObject({
      kind: "input",
      message: '"1" is twice in one directory',
    });
  }
});

it.each(["", ".", "..", "a/b", "a\0b"])("refuses %j as a name", (name) => {
  const directory = directoryBuilder(profiles["cid-v1"]);
  expect(() => directory.add(name, entry("x").cid.bytes, 1)).toThrow("a name in a directory");
});

function entry(name: string): DirectoryEntry {
  const isNode = name.length % 3 === 0;
  return {
    name,
    cid: cidOf(isNode ? codecs.dagPb : codecs.raw, Buffer.from(name), isNode ? 0 : 1),
    tsize: name.length * 977,
  };
}

function made(entries: readonly DirectoryEntry[], profile: Profile) {
  const blocks: Block[] = [];
  const { cid, tsize } = makeDirectory(entries, profile, (block) => void blocks.push(block));
  return { cid: `${cid}`, tsize, blocks: blocks.map((block) => `${block.cid}`) };
}

async function built(entries: readonly DirectoryEntry[], profile: Profile) {
  const blocks: Block[] = [];
  const directory = directoryBuilder(profile);
  for (const { name, cid, tsize } of entries) directory.add(name, cid.bytes, tsize);
  const { cid, tsize } = await drained(directory.finish(), (block) => void blocks.push(block));
  return { cid: `${cid}`, tsize, blocks: blocks.map((block) => `${block.cid}`) };
}
