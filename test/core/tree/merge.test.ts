import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeTrees } from "../../../pipeline/core/tree/merge.ts";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { v0, v1 } from "../cids.ts";
import { handwritten } from "../handwritten.ts";
import { type Model, textOf, trees, writtenAt } from "../trees.ts";

const base = `# campaign
products:
  HALO:   # aircraft
    a: ${v1(1)}
    c: ${v1(3)}
raw: ${v1(4)}
`;
const leavesOf = (text: string) =>
  new Map([...readTree(text).tree.values()].map((leaf) => [leaf.path, writtenAt(leaf)]));

describe("merging two edited trees", () => {
  it("takes what either side did, where git would see a conflict, and keeps our comments and their new ones", () => {
    const ours = base.replace("    c:", `    b: ${v1(2)}   # ours\n    c:`).replace("# campaign", "# the campaign");
    const theirs = base.replace("    c:", `    b2: ${v1(9)}   # theirs\n    c:`).replace(v1(4), v1(5));
    expect(mergeTrees(base, ours, theirs)).toEqual({
      conflicts: [],
      text: `# the campaign
products:
  HALO:   # aircraft
    a: ${v1(1)}
    b: ${v1(2)}   # ours
    b2: ${v1(9)}  # theirs
    c: ${v1(3)}
raw: ${v1(5)}
`,
    });
  });

  it("takes the same change made on both sides once", () => {
    const both = base.replace(v1(4), v1(5));
    expect(mergeTrees(base, both, `${both}# theirs\n`)).toEqual({ text: both, conflicts: [] });
  });

  it.each([
    ["two updates", v1(5), v1(6)],
    ["two spellings of one update", v1(5), v0(5)],
    ["a respelling and an update", v0(4), v1(6)],
  ])("has a conflict of %s, with the path and both CIDs, and leaves ours alone", (_, mine, yours) => {
    const [ours, theirs] = [base.replace(v1(4), mine), base.replace(v1(4), yours)];
    const { text, conflicts } = mergeTrees(base, ours, theirs);
    expect(text).toBe(ours);
    expect(conflicts).toEqual([
      {
        path: "raw",
        base: v1(4),
        ours: mine,
        theirs: yours,
        says: `raw was ${v1(4)}; ours is ${mine}, theirs is ${yours}`,
      },
    ]);
  });

  it("has a conflict where one side took out what the other changed or moved", () => {
    const without = base.replace(/raw:.*\n/, "");
    expect(mergeTrees(base, without, base.replace(v1(4), v1(5))).conflicts).toMatchObject([
      { path: "raw", ours: null, theirs: v1(5) },
    ]);
    expect(mergeTrees(base, base.replace("raw", "level0"), base.replace(v1(4), v1(5))).conflicts).toMatchObject([
      { path: "raw" },
    ]);
  });

  it("has a conflict where two added one path with different data", () => {
    expect(mergeTrees(base, `${base}new: ${v1(7)}\n`, `${base}new: ${v1(8)}\n`).conflicts).toMatchObject([
      { path: "new", base: null, ours: v1(7), theirs: v1(8) },
    ]);
  });

  it("has a conflict of a leaf against a folder, whichever side has which", () => {
    const [leaf, folder] = [`${base}new: ${v1(7)}\n`, `${base}new:\n  x: ${v1(8)}\n`];
    expect(mergeTrees(base, leaf, folder).conflicts).toEqual([
      {
        path: "new",
        base: null,
        ours: v1(7),
        theirs: null,
        says: `new is ${v1(7)} in ours and a folder in theirs, with ${v1(8)} at new/x`,
      },
    ]);
    expect(mergeTrees(base, folder, leaf).conflicts).toMatchObject([{ path: "new", ours: null, theirs: v1(7) }]);
  });

  it("lets an empty folder give way to what the other side put into it", () => {
    const empty = `${base}new:\n`;
    expect(mergeTrees(base, empty, `${base}new:\n  x: ${v1(8)}\n`)).toEqual({
      text: `${empty}  x: ${v1(8)}\n`,
      conflicts: [],
    });
    const emptied = base.replace(/ {4}[ac]:.*\n/g, "");
    expect(
      leavesOf(mergeTrees(base, emptied, base.replace("    c:", `    b: ${v1(2)}\n    c:`)).text).get(
        "products/HALO/b",
      ),
    ).toBe(v1(2));
  });

  it.each([
    [`a: ${v1(1)}\na: ${v1(2)}\n`, "is here twice"],
    ["a: foo\n", "is not a CID"],
  ])("refuses sides with errors, naming side and line: %j", (broken, says) => {
    expect(() => mergeTrees(base, `${base}# x\n`, broken)).toThrow(/^theirs, line \d: .*/);
    expect(() => mergeTrees(base, broken, `${base}# x\n`)).toThrow(says);
  });
});

describe("whatever the three trees are, however they are written", () => {
  const three = fc.tuple(trees, trees, trees);

  it("a side that changed nothing yields to the other, to the byte", () => {
    fc.assert(
      fc.property(trees, trees, handwritten, (one, other, write) => {
        const [text, changed] = [write(one), write(other)];
        expect(mergeTrees(text, text, changed)).toEqual({ text: changed, conflicts: [] });
        expect(mergeTrees(text, changed, text)).toEqual({ text: changed, conflicts: [] });
        expect(mergeTrees(text, changed, changed)).toEqual({ text: changed, conflicts: [] });
      }),
    );
  });

  it("conflicts are the same from both sides, and without any the merged tree is, too", () => {
    let merged = 0;
    fc.assert(
      fc.property(three, ([b, o, t]) => {
        const [x, y, z] = [textOf(b), textOf(o), textOf(t)];
        const [there, back] = [mergeTrees(x, y, z), mergeTrees(x, z, y)];
        expect(there.conflicts.map(({ path, ours, theirs }) => [path, theirs, ours])).toEqual(
          back.conflicts.map(({ path, ours, theirs }) => [path, ours, theirs]),
        );
        if (there.conflicts.length > 0) return;
        merged++;
        expect(sorted(leavesOf(there.text))).toEqual(sorted(leavesOf(back.text)));
      }),
      { numRuns: 500 },
    );
    expect(merged, "merges without conflict of 500").toBeGreaterThan(50);
  });

  it("each path is as the side has it that changed it", () => {
    fc.assert(
      fc.property(three, handwritten, ([b, o, t], write) => {
        const [x, y, z] = [textOf(b), textOf(o), write(t)];
        const { text, conflicts } = mergeTrees(x, y, z);
        if (conflicts.length > 0) {
          expect(text).toBe(y);
          return;
        }
        const result = leavesOf(text);
        for (const path of new Set([...b.keys(), ...o.keys(), ...t.keys(), ...result.keys()])) {
          const wanted = o.get(path) === b.get(path) ? t.get(path) : o.get(path);
          const gaveWay = wanted === "" && [...result.keys()].some((other) => other.startsWith(`${path}/`));
          expect(result.get(path)).toBe(gaveWay ? undefined : wanted);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it("merges trees of 100 000 leaves, 1 000 of them changed on each side, and reads the result", () => {
  const tree = (change: (at: number) => string | undefined) =>
    Array.from({ length: 200 }, (_, folder) => {
      const lines = Array.from({ length: 500 }, (_, leaf) => {
        const at = folder * 500 + leaf;
        const cid = change(at) ?? cids[at];
        return cid === "gone"
          ? ""
          : `    d${leaf}.zarr: ${cid}\n${cid === cids[at] ? "" : `    e${leaf}.zarr: ${cid}\n`}`;
      });
      return `p${folder}:\n  q:\n${lines.join("")}`;
    }).join("");
  const cids = Array.from({ length: 100_000 }, (_, at) => v1(at));
  const b = tree(() => undefined);
  const ours = tree((at) => (at % 100 === 0 ? v1(200_000 + at) : undefined));
  const theirs = tree((at) => (at % 100 === 50 ? (at % 200 === 50 ? "gone" : v1(300_000 + at)) : undefined));
  const { text, conflicts } = mergeTrees(b, ours, theirs);
  expect(conflicts).toEqual([]);
  expect(readTree(text).tree.size).toBe(100_000 + 1000 - 500 + 500);
}, 180_000);

function sorted(model: Model): [string, string][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}
