import { encode as encodeCbor } from "@ipld/dag-cbor";
import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { assemble } from "../../../pipeline/dag/assemble.ts";
import { type Block, codecs, keyOf } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { blockOf } from "../../../pipeline/dag/hash.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import { difference } from "../../../pipeline/dag/read/difference.ts";
import { walk } from "../../../pipeline/dag/read/read.ts";
import { type Memory, memory } from "../memory.ts";

const profile = profiles["cid-v1"];
/** Files of more than one block from a few bytes. */
const smallChunks = { ...profile, chunkSize: 4, maxLinks: 3 };

/** A tree of files in memory: path → text. */
function treeOf(files: Readonly<Record<string, string>>, into: Memory): CID {
  const leaves = Object.entries(files).map(([path, text]) => ({
    path,
    ...fileOf(Buffer.from(text), smallChunks, into.put),
  }));
  return assemble(leaves, profile, into.put).cid;
}

async function keysBelow(root: CID, { get }: Memory): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { cid } of walk(root, get, { scope: "all" })) keys.add(keyOf(cid));
  return keys;
}

async function differing(next: CID, previous: CID | undefined, { get, asked }: Memory) {
  asked.length = 0;
  const blocks: Block[] = [];
  for await (const block of difference(next, previous, get)) blocks.push(block);
  return { keys: blocks.map(({ cid }) => keyOf(cid)), blocks, reads: asked.length };
}

/** `count` files in folders of ten, or all in one. */
const manyFiles = (count: number, where: (i: number) => string, changed: readonly number[] = []) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${where(i)}/${i}`, changed.includes(i) ? `new ${i}` : `old ${i}`]),
  );

describe("the difference of two trees", () => {
  it.each<[what: string, where: (i: number) => string, most: number]>([
    ["in one sharded directory", () => "all", 14],
    ["in folders of ten", (i) => `platform-${i % 10}/${Math.floor(i / 100)}/${Math.floor(i / 10)}`, 12],
  ])("reads only the way to one changed leaf of 10 000 %s, and sends what is new", async (_, where, most) => {
    const store = memory();
    const previous = treeOf(manyFiles(10_000, where), store);
    const next = treeOf(manyFiles(10_000, where, [4567]), store);
    const had = await keysBelow(previous, store);
    const fresh = [...(await keysBelow(next, store))].filter((key) => !had.has(key));

    const { keys, reads } = await differing(next, previous, store);
    expect(keys.toSorted()).toEqual(fresh.toSorted());
    expect(reads).toBeLessThanOrEqual(most);
    expect(reads).toBeLessThanOrEqual(2 * keys.length);
  });

  it("is nothing where they are one, and reads nothing", async () => {
    const store = memory();
    const root = treeOf(
      manyFiles(100, () => "a"),
      store,
    );
    expect(await differing(root, root, store)).toEqual({ keys: [], blocks: [], reads: 0 });
  });

  it("is everything, each block once, where there is nothing before", async () => {
    const store = memory();
    const root = treeOf({ "a/same": "the same text", "b/same": "the same text", c: "other" }, store);
    const { keys } = await differing(root, undefined, store);
    expect(keys.toSorted()).toEqual([...(await keysBelow(root, store))].sort());
  });

  it("gives bytes that are what their CIDs say", async () => {
    const store = memory();
    const { blocks } = await differing(
      treeOf({ "a/x": "next text", b: "1" }, store),
      treeOf({ "a/x": "text", b: "1" }, store),
      store,
    );
    expect(blocks.length).toBeGreaterThan(3);
    for (const { cid, bytes } of blocks) expect(blockOf(cid.code, bytes).cid.equals(cid)).toBe(true);
  });

  it("leaves out a dataset that moved to another folder", async () => {
    const store = memory();
    const dataset = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`chunk-${i}`, `data ${i}`]));
    const at = (path: string) =>
      Object.fromEntries(Object.entries(dataset).map(([name, text]) => [`${path}/${name}`, text]));
    const previous = treeOf({ ...at("products/HALO/radar.zarr"), "notes/readme": "x" }, store);
    const next = treeOf({ ...at("notes/moved.zarr"), "notes/readme": "x", "products/HALO/other": "y" }, store);
    const { keys } = await differing(next, previous, store);
    expect(keys).toHaveLength(5); // The root, notes, products, HALO, other.
  });

  it("meets folders by name, so that one that came before them moves nothing", async () => {
    const store = memory();
    const folders = (names: readonly string[]) =>
      Object.fromEntries(names.flatMap((name) => [0, 1, 2].map((i) => [`${name}/deep/er/${i}`, `${name} ${i}`])));
    const previous = treeOf(folders(["b", "c", "d"]), store);
    const next = treeOf(
      { ...folders(["a", "b", "c", "d"]), "c/deep/er/1": "changed", "d/deep/er/1": "changed" },
      store,
    );
    const had = await keysBelow(previous, store);
    const fresh = [...(await keysBelow(next, store))].filter((key) => !had.has(key));
    expect((await differing(next, previous, store)).keys.toSorted()).toEqual(fresh.sort());
  });

  it("is only what was appended to a file", async () => {
    const store = memory();
    const text = Array.from({ length: 60 }, (_, i) => `${i}`.padStart(4, "0")).join("");
    const [previous, next] = [treeOf({ file: text }, store), treeOf({ file: `${text}more` }, store)];
    const had = await keysBelow(previous, store);
    const fresh = [...(await keysBelow(next, store))].filter((key) => !had.has(key));
    expect((await differing(next, previous, store)).keys.toSorted()).toEqual(fresh.sort());
  });

  it("sends more, and never less, where blocks of the older tree are out of reach", async () => {
    const store = memory();
    const [previous, next] = [treeOf({ "a/x": "1", b: "2" }, store), treeOf({ "a/x": "1", b: "3" }, store)];
    const all = await keysBelow(next, store);
    store.lose(previous);
    expect((await differing(next, previous, store)).keys.toSorted()).toEqual([...all].sort());
  });

  it("fails where a block of the newer is out of reach, and names it", async () => {
    const store = memory();
    const [previous, next] = [treeOf({ "a/x": "1" }, store), treeOf({ "a/x": "2" }, store)];
    const missing = blockOf(codecs.raw, Buffer.from("2")).cid;
    store.lose(missing);
    await expect(differing(next, previous, store)).rejects.toMatchObject({
      kind: "unavailable",
      message: `${missing} is out of reach`,
    });
  });

  it("is one of whole DAGs where one of them is a release", async () => {
    const store = memory();
    const tree = treeOf({ "a/x": "1", b: "2" }, store);
    const release = blockOf(codecs.dagCbor, encodeCbor({ number: 2, root: tree }));
    store.put(release);
    expect((await differing(release.cid, tree, store)).keys).toEqual([keyOf(release.cid)]);
    expect((await differing(tree, release.cid, store)).keys).toHaveLength((await keysBelow(tree, store)).size);
  });

  it("with what was there before makes the whole, and hardly sends a block too many", async () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 4 })
      .map((names) => `${names.join("/")}/file`);
    const text = fc.string({ maxLength: 60 });
    const files = fc.dictionary(path, text, { maxKeys: 20 });
    // Taken from the first tree, so that the second shares much of it: some files gone, changed, moved, and others new.
    const change = fc.record({
      gone: fc.array(fc.nat(20), { maxLength: 4 }),
      moved: fc.array(fc.tuple(fc.nat(20), path), { maxLength: 4 }),
      more: files,
    });
    await fc.assert(
      fc.asyncProperty(files, change, async (first, { gone, moved, more }) => {
        const paths = Object.keys(first);
        const second: Record<string, string> = { ...first };
        for (const i of gone) delete second[paths[i]!];
        for (const [i, to] of moved) {
          const from = paths[i];
          if (from === undefined || !(from in second)) continue;
          const contents = second[from]!;
          delete second[from];
          second[to] = contents;
        }
        Object.assign(second, more);
        const store = memory();
        const [previous, next] = [treeOf(first, store), treeOf(second, store)];
        const [had, wanted] = [await keysBelow(previous, store), await keysBelow(next, store)];
        const { keys } = await differing(next, previous, store);
        expect(new Set(keys).size, "each once").toBe(keys.length);
        for (const key of wanted) expect(had.has(key) || keys.includes(key), "nothing is left out").toBe(true);
        for (const key of keys) expect(wanted.has(key), "nothing of the older one alone").toBe(true);
        // What was copied, not moved, out of a folder that did not change can't be recognised; and so a folder that by what
        // went out of it became the same as one that nobody looked into.
        const fresh = [...wanted].filter((key) => !had.has(key)).length;
        const changes = 5 * gone.length + 15 * (moved.length + Object.keys(more).length);
        expect(keys.length).toBeLessThanOrEqual(fresh + changes);
      }),
      { numRuns: 200 },
    );
  });
});
