import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Assembly, assemble, assembly, type Leaf } from "../../pipeline/dag/assemble.ts";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { profiles } from "../../pipeline/dag/profile.ts";

const profile = profiles["cid-v1"];
const drop = () => {};
const some = (seed: number) => ({ cid: cidOf(codecs.dagPb, Buffer.from(`${seed}`)), tsize: seed });
const root = (from: Assembly) => from.root(drop).cid.toString();

/** More than fits one block, by far: 7 000 names. */
const manyLeaves = Array.from({ length: 7_000 }, (_, i) => ({ path: `flights/flight-${i}.zarr`, ...some(i) }));

describe("the root from the tree", () => {
  it("does not depend on the order of the leaves", () => {
    expect(assemble(manyLeaves.toReversed(), profile, drop)).toEqual(assemble(manyLeaves, profile, drop));
  });

  it("links leaves as they are written, v0 or v1", () => {
    const bytes = Buffer.from("the same");
    const v0 = assemble([{ path: "a", cid: cidOf(codecs.dagPb, bytes, 0), tsize: 8 }], profile, drop);
    const v1 = assemble([{ path: "a", cid: cidOf(codecs.dagPb, bytes, 1), tsize: 8 }], profile, drop);
    expect(v0.cid.equals(v1.cid)).toBe(false);
  });

  it("gives the blocks of all folders, children before parents, the empty one's too", () => {
    const made: Block[] = [];
    const leaves: Leaf[] = [
      { path: "a/b/c", ...some(1) },
      { path: "a/empty", empty: true },
      { path: "z", empty: true },
    ];
    const { cid, tsize } = assemble(leaves, profile, (block) => made.push(block));
    const empty = makeDirectory([], profile, drop);
    expect(made[0]!.cid).toEqual(empty.cid);
    expect(made.at(-1)!.cid).toEqual(cid);
    expect(made).toHaveLength(4);
    expect(tsize).toBe(made.slice(1).reduce((sum, { bytes }) => sum + bytes.length, 0) + 2 * empty.tsize + 1);
  });

  it("of an empty tree is the empty directory", () => {
    expect(assemble([], profile, drop).cid.toString()).toBe(
      "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
    );
  });

  it.each<[what: string, paths: string[], says: RegExp]>([
    ["a leaf that is a folder too", ["a/b", "a"], /a is a folder with leaves below it/],
    ["a leaf below a leaf", ["a", "a/b"], /a is a leaf, so a\/b can't lie below it/],
    ["the same path twice", ["a/b", "a/b"], /a\/b is there twice/],
    ["a path without a name", [""], /a name in it is empty/],
    ["a path that ends in a slash", ["a/"], /a name in it is empty/],
    ["two slashes", ["a//b"], /a name in it is empty/],
    ["a leading slash", ["/a"], /begins with a slash/],
    ["a way up", ["a/../b"], /a name in it is \.\./],
    ["half a character", ["a/\ud800"], /isn't Unicode/],
    ["a thousand folders, one in another", [`${"a/".repeat(1_000)}b`], /1000 folders/],
    ["a million folders, one in another", [`${"a/".repeat(1_000_000)}b`], /1000000 folders/],
  ])("refuses %s", (_, paths, says) => {
    expect(() =>
      assemble(
        paths.map((path, i) => ({ path, ...some(i) })),
        profile,
        drop,
      ),
    ).toThrow(says);
  });

  it("takes names that objects have of their own for names", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const asLeaves = assemble(
      names.map((path) => ({ path, ...some(1) })),
      profile,
      drop,
    );
    expect(asLeaves).toEqual(
      makeDirectory(
        names.map((name) => ({ name, ...some(1) })),
        profile,
        drop,
      ),
    );
  });
});

describe("a tree that is edited", () => {
  const path = fc
    .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 4 })
    .map((names) => names.join("/"));
  const edit = fc.record({
    path,
    seed: fc.option(fc.nat({ max: 5 }), { freq: 1 }),
    empty: fc.boolean(),
    look: fc.boolean(),
  });

  it("has the root it would have, had it been written so at once", () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
        const tree = assembly([], profile);
        const leaves = new Map<string, Leaf>();
        for (const { path, seed, empty, look } of edits) {
          if (seed === null) {
            if (leaves.delete(path)) tree.remove(path);
            else expect(() => tree.remove(path)).toThrow(/no leaf is at/);
          } else {
            const content = empty ? ({ empty: true } as const) : some(seed);
            const clashes = [...leaves.keys()].some(
              (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
            );
            if (clashes) expect(() => tree.set(path, content)).toThrow(/leaf/);
            else {
              tree.set(path, content);
              leaves.set(path, { path, ...content });
            }
          }
          if (look) expect(root(tree)).toBe(assemble(leaves.values(), profile, drop).cid.toString());
        }
        expect(tree.root(drop)).toEqual(assemble(leaves.values(), profile, drop));
      }),
    );
  });

  it("is sharded and unsharded as if it had always been of its size", () => {
    const tree = assembly([], profile);
    const shuffled = manyLeaves.toSorted((a, b) => (a.cid.toString() < b.cid.toString() ? -1 : 1));
    for (const [i, leaf] of shuffled.entries()) {
      tree.set(leaf.path, leaf);
      if (i % 499 === 0) expect(root(tree)).toBe(assemble(shuffled.slice(0, i + 1), profile, drop).cid.toString());
    }
    expect(root(tree)).toBe(assemble(manyLeaves, profile, drop).cid.toString());
    for (const [i, { path }] of shuffled.entries()) {
      if (i === 6_990) break;
      tree.remove(path);
      if (i % 499 === 0) expect(root(tree)).toBe(assemble(shuffled.slice(i + 1), profile, drop).cid.toString());
    }
    expect(root(tree)).toBe(assemble(shuffled.slice(6_990), profile, drop).cid.toString());
  });

  it("makes only what lies above a change again, shards of a large folder included", () => {
    const tree = assembly([...manyLeaves, { path: "other/folder/leaf", ...some(1) }], profile);
    tree.root(drop);
    tree.set("flights/flight-77.zarr", some(78));
    const made: Block[] = [];
    tree.root((block) => made.push(block));
    expect(made.length).toBeLessThanOrEqual(4);
    tree.root(() => expect.unreachable("nothing changed"));
  });

  it("loses the folders that lose their last leaf, made before or not", () => {
    const tree = assembly([{ path: "a", ...some(1) }], profile);
    const before = root(tree);
    for (const look of [true, false]) {
      tree.set("b/c/d", some(2));
      if (look) expect(root(tree)).not.toBe(before);
      tree.remove("b/c/d");
      expect(root(tree)).toBe(before);
    }
  });

  it("is left as it was by an edit that is refused", () => {
    const tree = assembly([{ path: "a/b", ...some(1) }], profile);
    const before = root(tree);
    expect(() => tree.set("a/b/c/d", some(2))).toThrow(/a\/b is a leaf/);
    expect(() => tree.set("new/..", some(2))).toThrow(/is \.\./);
    expect(() => tree.set("new/../x", some(2))).toThrow(/is \.\./);
    expect(() => tree.remove("a")).toThrow(/no leaf/);
    expect(root(tree)).toBe(before);
    tree.set("new", some(3));
    tree.remove("new");
    expect(root(tree)).toBe(before);
  });
});
