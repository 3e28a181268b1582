import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../pipeline/core/failure.ts";
import { editTree, moveLeaf, removeLeaf, setLeaf } from "../../../pipeline/core/tree/edit.ts";
import type { Edit } from "../../../pipeline/core/tree/edited-tree.ts";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { raw, v0, v1 } from "../cids.ts";
import { handwritten } from "../handwritten.ts";
import { fits, type Model, paths, trees, writtenAt } from "../trees.ts";

const before = `# our campaign
products:   # level 2
    HALO:
        a.zarr: ${v1(1)}   # calibrated
        c.zarr:
            ${v0(2)}

    # the ship
    Meteor:
        ship.nc: "${v1(3)}"
raw: ${raw(4)}
`;

describe("setting a leaf", () => {
  it("replaces the CID and keeps every other byte, the comment behind it included", () => {
    expect(setLeaf(before, "products/HALO/a.zarr", v1(9))).toEqual({
      text: before.replace(v1(1), v1(9)),
      replaced: v1(1),
    });
    expect(setLeaf(before, "products/Meteor/ship.nc", v1(9)).text).toBe(before.replace(`"${v1(3)}"`, v1(9)));
    expect(setLeaf(before, "products/HALO/c.zarr", v1(9)).text).toBe(before.replace(v0(2), v1(9)));
  });

  it("adds a line between its neighbours where they are in order, with their indentation", () => {
    const { text, replaced } = setLeaf(before, "products/HALO/b.zarr", v1(9));
    expect(replaced).toBeUndefined();
    expect(text).toBe(before.replace("# calibrated\n", `# calibrated\n        b.zarr: ${v1(9)}\n`));
  });

  it("makes the folders on the way", () => {
    expect(setLeaf(before, "products/HALO/new/deep/x", v1(9)).text).toBe(
      before.replace(v0(2), `${v0(2)}\n        new:\n            deep:\n                x: ${v1(9)}`),
    );
    expect(setLeaf("", "a/b", v1(9)).text).toBe(`a:\n  b: ${v1(9)}\n`);
    expect(setLeaf("# only this", "a", v1(9)).text).toBe(`# only this\na: ${v1(9)}`);
    expect(setLeaf("{}\n", "a/b", v1(9)).text).toBe(`a:\n  b: ${v1(9)}\n`);
  });

  it.each([
    ["a:\n", `a:\n  x: ${v1(9)}\n`],
    ["a:   # nothing yet\nb:\n", `a:   # nothing yet\n  x: ${v1(9)}\nb:\n`],
    ["a: {}  # nothing yet\nb:\n", `a:  # nothing yet\n  x: ${v1(9)}\nb:\n`],
    ['a: ""', `a:\n  x: ${v1(9)}`],
  ])("fills the empty folder %j", (text, expected) => {
    expect(setLeaf(text, "a/x", v1(9)).text).toBe(expected);
  });

  it.each([
    [`a:   # c\n`, `a: ${v1(9)}   # c\n`],
    [`a: {} # c\n`, `a: ${v1(9)} # c\n`],
    [`a: >- # c\n  ${v1(1)}\n\nb:\n`, `a: ${v1(9)} # c\n\nb:\n`],
    [`a: |\n   ${v1(1)}\n`, `a: ${v1(9)}\n`],
    [`a: 'foo'\n`, `a: ${v1(9)}\n`],
    [`a: foo\n  bar\n`, `a: ${v1(9)}\n`],
    [`a: {b: ${v1(1)}}\n`, `a: ${v1(9)}\n`],
    [`a: # c\n  b: ${v1(1)} # d\n  # e\n  c:\n   d:\n# f\nx:\n`, `a: ${v1(9)} # c\n# f\nx:\n`],
  ])("on %j gives %j", (text, expected) => {
    expect(setLeaf(text, "a", v1(9)).text).toBe(expected);
  });

  it("says what it replaced", () => {
    expect(setLeaf(before, "products", v1(9)).replaced).toBe("a folder of 3 leaves");
    expect(setLeaf("a:\n", "a", v1(9)).replaced).toBe("an empty folder");
    expect(setLeaf("a: foo\n", "a", v1(9)).replaced).toBe("foo");
    expect(setLeaf(`a: ${v1(1)}\n`, "a", v1(1))).toEqual({ text: `a: ${v1(1)}\n` });
  });

  it("makes an empty folder, too, without blanks before nothing", () => {
    expect(setLeaf(`a: ${v1(1)}  # c\n`, "a", "").text).toBe("a:  # c\n");
    expect(setLeaf(`a:\n  ${v1(1)}\n`, "a", "").text).toBe("a:\n");
    expect(setLeaf(`a: >-\n  ${v1(1)}\n`, "a", "").text).toBe("a:\n");
    expect(setLeaf(before, "products/x", "").text).toBe(before.replace("raw:", "    x:\nraw:"));
  });

  it("puts names in quotes where YAML, or another reader of it, would take them for something else", () => {
    for (const name of [
      "1.10",
      "true",
      "null",
      "2024-08-10",
      "1e5",
      "- x",
      "# x",
      "a: b",
      "a #b",
      "*x",
      "&x",
      '"',
      "'",
      "ä",
      " ",
      "~",
    ]) {
      expect([...readTree(setLeaf("a:\n", name, v1(9)).text).tree.keys()]).toEqual(["a", name]);
    }
    expect(setLeaf("", "1.10", v1(9)).text).toBe(`"1.10": ${v1(9)}\n`);
    expect(setLeaf("", "HALO-20240810a.zarr", v1(9)).text).toBe(`HALO-20240810a.zarr: ${v1(9)}\n`);
  });

  it("keeps Windows line ends, a byte order mark, and a last line without an end", () => {
    expect(setLeaf(`\ufeffa:\r\n   b: ${v1(1)}`, "a/c", v1(9)).text).toBe(
      `\ufeffa:\r\n   b: ${v1(1)}\r\n   c: ${v1(9)}`,
    );
    expect(setLeaf(`a:\r\n`, "b/c", v1(9)).text).toBe(`a:\r\nb:\r\n  c: ${v1(9)}\r\n`);
  });

  it("replaces a CID inside {…}, and refuses to add one there", () => {
    expect(setLeaf(`a: {b: ${v1(1)}, c: ${v1(2)}}\n`, "a/c", v1(9)).text).toBe(`a: {b: ${v1(1)}, c: ${v1(9)}}\n`);
    for (const edit of [
      () => setLeaf(`a: {b: ${v1(1)}}\n`, "a/c", v1(9)),
      () => removeLeaf(`a: {b: ${v1(1)}, c: }\n`, "a/b"),
    ]) {
      expect(edit).toThrow("line 1 of the tree writes a folder as {…}");
    }
  });

  it.each([
    ["raw/x", v1(9), "raw is a leaf; nothing can be below it"],
    ["a//b", v1(9), 'the name "" is empty'],
    ["../b", v1(9), 'the name ".." means a folder itself'],
    ["a\nb: x", v1(9), "control character"],
    ["x", "foo\n  evil: y", "is not a CID"],
    [Array(40).fill("x").join("/"), v1(9), "has 40 names; a path has at most 32"],
  ])("refuses %j: %s", (path, cid, says) => {
    expect(() => setLeaf(before, path, cid)).toThrow(says);
  });

  it.each([
    `a: ${v1(1)}\na: ${v1(2)}\n`,
    `a: &x ${v1(1)}\n`,
    `a:\n\tb: ${v1(1)}\n`,
    "- a\n",
    `a: 1\n---\nb: 2\n`,
    "a: '\n",
    "foo\n",
  ])("refuses to edit around %j", (text) => {
    expect(() => setLeaf(text, "new", v1(9))).toThrow(/^line \d of the tree can't be edited around: /);
  });

  it("edits a text with findings that don't blur its meaning, and corrects them", () => {
    expect(setLeaf(`a: foo\nb: ${v0(1)}\n`, "a", v1(9)).text).toBe(`a: ${v1(9)}\nb: ${v0(1)}\n`);
  });
});

it("an edit that reads back as something else is refused, and is for a person to make", () => {
  // What looks like an empty file opens a text, in which everything below would stand.
  expect(() => setLeaf("|\n", "products", v1(9))).toThrow(
    /^the tree is written in a way that "?products"? can't be changed in safely$/,
  );
});

describe("taking a leaf out", () => {
  it("takes its line and the folders that held nothing else, and no comment on a line of its own", () => {
    expect(removeLeaf(before, "products/HALO/a.zarr")).toBe(before.replace(/ {8}a\.zarr.*\n/, ""));
    expect(removeLeaf(before, "products/HALO/c.zarr")).toBe(before.replace(/ {8}c\.zarr:\n.*\n/, ""));
    expect(removeLeaf(before, "products/Meteor/ship.nc")).toBe(before.replace(/ {4}Meteor:\n.*\n/, ""));
    expect(removeLeaf(`a:\n  b:\n    c: ${v1(1)}\n# d\n`, "a/b/c")).toBe("# d\n");
    expect(removeLeaf(`a:\nb: ${v1(1)}`, "b")).toBe("a:");
  });

  it("leaves an empty folder next to it, and one with something unreadable", () => {
    expect(removeLeaf(`a:\n  b: ${v1(1)}\n  c:\n`, "a/b")).toBe("a:\n  c:\n");
    expect(removeLeaf(`a:\n  b: ${v1(1)}\n  c: foo\n`, "a/b")).toBe("a:\n  c: foo\n");
  });

  it("reports that there is none", () => {
    expect(() => removeLeaf(before, "products/HALO/x")).toThrow("there is no products/HALO/x in the tree");
    expect(() => removeLeaf(before, "raw/x")).toThrow("there is no raw/x in the tree");
  });
});

describe("moving a leaf", () => {
  it("renames it in place, or moves it with the comment behind it", () => {
    expect(moveLeaf(before, "products/HALO/a.zarr", "products/HALO/z.zarr")).toBe(before.replace("a.zarr", "z.zarr"));
    expect(moveLeaf(before, "products/HALO/a.zarr", "raw2/a")).toBe(
      `${before.replace(/ {8}a\.zarr.*\n/, "")}raw2:\n    a: ${v1(1)}  # calibrated\n`,
    );
    expect(moveLeaf(before, "raw", "products/HALO/raw")).toContain(`        raw: ${raw(4)}\n`);
  });

  it("never lands on something", () => {
    expect(() => moveLeaf(before, "raw", "products/HALO")).toThrow("products/HALO is in the tree already");
    expect(() => moveLeaf(before, "nothing", "x")).toThrow("there is no leaf nothing in the tree");
    expect(() => moveLeaf(before, "raw", "x:\ny")).toThrow("control character");
  });
});

describe("many edits at once", () => {
  it("may turn leaves into folders and folders into leaves", () => {
    const text = `a: ${v1(1)}\nb:\n  c: ${v1(2)}\n  d: ${v1(3)}\n`;
    const edits = [
      { path: "a" },
      { path: "a/x", written: v1(4) },
      { path: "b/c" },
      { path: "b/d" },
      { path: "b", written: v1(5) },
    ];
    expect(editTree(text, edits)).toBe(`b: ${v1(5)}\na:\n  x: ${v1(4)}\n`);
  });

  const changes = fc.array(fc.tuple(paths, fc.oneof(fc.nat(9).map(v1), fc.constantFrom("", undefined))), {
    maxLength: 8,
  });

  it("give the tree that was asked for, and every line that has no part in it stays where it was", () => {
    let refused = 0;
    fc.assert(
      fc.property(trees, changes, handwritten, (model, wishes, write) => {
        const text = write(model);
        expect(leavesOf(text), "the hand writes what it should").toEqual(model);
        const { edits, next } = planned(model, wishes);
        let result: string;
        try {
          result = editTree(text, edits);
        } catch (error) {
          // A folder in braces is refused in words; nothing else is.
          if (!isFailure(error, "input") || !/writes a folder as/.test(error.message)) throw error;
          refused++;
          return;
        }
        expect(leavesOf(result)).toEqual(next);
        expect(missingFrom(result, untouched(text, edits))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
    expect(refused, "edits refused of 1000").toBeLessThan(300);
  });

  it("of nothing change nothing", () => {
    fc.assert(
      fc.property(trees, handwritten, (model, write) => {
        expect(editTree(write(model), [])).toBe(write(model));
      }),
    );
  });

  it("one after the other give the same tree", () => {
    fc.assert(
      fc.property(trees, changes, handwritten, (model, wishes, write) => {
        const { edits, next } = planned(model, wishes);
        const inOrder = [
          ...edits.filter(({ written }) => written === undefined),
          ...edits.filter(({ written }) => written !== undefined),
        ];
        let text = write(model);
        if (text.includes("{")) return;
        for (const { path, written } of inOrder)
          text = written === undefined ? removeLeaf(text, path) : setLeaf(text, path, written).text;
        expect(leavesOf(text)).toEqual(next);
      }),
    );
  });
});

function leavesOf(text: string): Map<string, string> {
  return new Map([...readTree(text).tree.values()].map((leaf) => [leaf.path, writtenAt(leaf)]));
}

/** The wishes that make sense one after the other, and the tree they lead to. No folder is overwritten. */
function planned(model: Model, wishes: readonly (readonly [string, string | undefined])[]) {
  const next = new Map(model);
  const edits: Edit[] = [];
  for (const [path, written] of wishes) {
    if (edits.some((edit) => edit.path === path)) continue;
    if (written === undefined ? !next.has(path) : !next.has(path) && !fits(next, path)) continue;
    edits.push(written === undefined ? { path } : { path, written });
    if (written === undefined) next.delete(path);
    else next.set(path, written);
  }
  return { edits, next };
}

/** First lines of leaves that no edit names (nor one beside them in `{…}`), and comments; inside a folder only while none can go with its last leaf. */
function untouched(text: string, edits: readonly Edit[]): string[] {
  const edited = new Set(edits.map(({ path }) => path));
  const leaves = [...readTree(text).tree.values()];
  const kept = new Set(leaves.filter(({ path }) => !edited.has(path)).map(({ line }) => line));
  for (const { path, line } of leaves) if (edited.has(path)) kept.delete(line);
  const lines = linesOf(text);
  const removes = edits.some(({ written }) => written === undefined);
  const isKept = (line: string, index: number) => {
    if (!/^ *# note/.test(line)) return kept.has(index + 1);
    const next = lines.slice(index + 1).find((other) => /^ *[^ #]/.test(other));
    return !removes || (line.startsWith("#") && !next?.startsWith(" "));
  };
  return lines.filter(isKept);
}

function linesOf(text: string): string[] {
  return text.replace("\ufeff", "").split(/\r?\n/);
}

/** The first of `lines` that `text` does not have in that order. */
function missingFrom(text: string, lines: readonly string[]): string | undefined {
  const has = linesOf(text);
  let at = 0;
  return lines.find((line) => {
    at = has.indexOf(line, at) + 1;
    return at === 0;
  });
}
