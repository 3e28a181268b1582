import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { emptyDirectory } from "../../../pipeline/core/cid.ts";
import { Failure } from "../../../pipeline/core/failure.ts";
import { readTree, type Tree } from "../../../pipeline/core/tree/tree.ts";
import { codecs, keyOf } from "../../../pipeline/dag/block.ts";
import { cidOf } from "../../../pipeline/dag/hash.ts";
import { assembleTree } from "../../../pipeline/stages/tree/assemble.ts";
import { checkRoot } from "../../../pipeline/stages/verify/check-root.ts";
import { type Model, textOf, trees } from "../../core/trees.ts";

const utf8 = new TextEncoder();

/** Blocks of directories, and which of them were read. */
function aStore() {
  const blocks = new Map<string, Uint8Array>();
  const read: string[] = [];
  const get = async (cid: CID) => {
    read.push(cid.toString());
    const bytes = blocks.get(keyOf(cid));
    if (!bytes) throw new Failure("unavailable", `${cid} is no directory of ours`);
    return bytes;
  };
  const rootOf = (tree: Tree) => {
    const sizes = new Map([...tree.values()].map(({ cid }) => [cid.toString(), 10]));
    return assembleTree(tree, sizes, "cid-v1", ({ cid, bytes }) => void blocks.set(keyOf(cid), bytes)).cid;
  };
  return { get, read, rootOf };
}

const grown = (model: Model): Tree => readTree(textOf(model)).tree;

/** A tree of these leaves: text by path, nothing for an empty folder. */
const treeOf = (leaves: Readonly<Record<string, string>>): Tree =>
  grown(
    new Map(Object.entries(leaves).map(([path, text]) => [path, text && `${cidOf(codecs.raw, utf8.encode(text))}`])),
  );

describe("a root", () => {
  const leaves = {
    "products/halo/radar": "r",
    "products/halo/lidar": "l",
    "products/atr/radar": "a",
    "notes/empty": "",
  };

  const { "notes/empty": _, ...halo } = leaves;
  const { "products/atr/radar": __, ...fewer } = halo;

  it.each<[string, Record<string, string>, string]>([
    ["another leaf", { ...leaves, "products/halo/radar": "R" }, "products/halo/radar is bafk"],
    ["a leaf more", { ...leaves, "products/halo/more": "m" }, "products/halo/more stands in the root, and not in"],
    ["a folder more", { ...leaves, "products/more/radar": "m" }, "products/more stands in the root, and not in"],
    ["a folder in the place of a leaf", { ...fewer, "products/atr/radar/a": "a" }, "products/atr/radar is bafy"],
    ["something in an empty folder", { ...halo, "notes/empty/a": "a" }, "notes/empty/a stands in the root"],
    ["a leaf less", fewer, "products/atr stands in tree.yaml, and not in the root"],
  ])("with %s is not that tree's, and the path is given", async (_, given, says) => {
    const { get, rootOf } = aStore();
    const checked = checkRoot(rootOf(treeOf(given)), treeOf(leaves), undefined, get);
    await expect(checked).rejects.toMatchObject({ kind: "corrupt", message: expect.stringContaining(says) });
  });

  it("with an empty folder is checked without that folder's block", async () => {
    const { get, read, rootOf } = aStore();
    await checkRoot(rootOf(treeOf(leaves)), treeOf(leaves), undefined, get);
    expect(read).not.toContain(emptyDirectory.toString());
    expect(read.length).toBeGreaterThan(3);
  });

  it("of a sharded folder is read whole", async () => {
    const { get, rootOf } = aStore();
    const many = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`products/${"long".repeat(25)}-${i}`, `${i}`]),
    );
    await checkRoot(rootOf(treeOf(many)), treeOf(many), undefined, get);
    const changed = Object.keys(many)[711]!;
    const other = treeOf({ ...many, [changed]: "changed" });
    await expect(checkRoot(rootOf(other), treeOf(many), undefined, get)).rejects.toThrow(changed);
  });
});

describe("a root that follows one already checked", () => {
  const leaves = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`products/p${i % 10}/flight${i}`, `${i}`]));

  it("costs what changed: folders on the way to it, now and before", async () => {
    const { get, read, rootOf } = aStore();
    const before = treeOf(leaves);
    const next = treeOf({ ...leaves, "products/p3/flight3": "changed" });
    const checked = await checkRoot(rootOf(before), before, undefined, get);
    read.length = 0;
    await checkRoot(rootOf(next), next, checked, get);
    expect(new Set(read).size).toBe(6);
  });

  it("and is the same one, is still held against its own tree", async () => {
    const { get, rootOf } = aStore();
    const before = treeOf(leaves);
    const checked = await checkRoot(rootOf(before), before, undefined, get);
    const next = treeOf({ ...leaves, "products/p3/flight3": "changed" });
    await expect(checkRoot(checked.cid, next, checked, get)).rejects.toThrow("products/p3/flight3");
  });
});

it("says yes to a tree's own root and no to every other, whatever was checked before", async () => {
  await fc.assert(
    fc.asyncProperty(trees, trees, async (one, two) => {
      const { get, rootOf } = aStore();
      const [before, next] = [grown(one), grown(two)];
      const checked = await checkRoot(rootOf(before), before, undefined, get);
      await checkRoot(rootOf(next), next, checked, get);
      const same = checked.cid.equals(rootOf(next));
      for (const earlier of [undefined, checked]) {
        const wrong = checkRoot(checked.cid, next, earlier, get);
        if (same) await wrong;
        else await expect(wrong).rejects.toBeInstanceOf(Failure);
      }
    }),
    { numRuns: 200 },
  );
});
