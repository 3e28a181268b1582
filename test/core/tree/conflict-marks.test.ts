import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../pipeline/core/failure.ts";
import { withMarks } from "../../../pipeline/core/tree/conflict-marks.ts";
import { type Conflict, mergeTrees } from "../../../pipeline/core/tree/merge.ts";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { v1 } from "../cids.ts";
import { handwritten } from "../handwritten.ts";
import { textOf, trees, writtenAt } from "../trees.ts";

const base = `products:  # all of them
  HALO:
    a: ${v1(1)}  # kept
    c: ${v1(3)}
raw: ${v1(4)}
`;

const marked = (ours: string, theirs: string, from = base) =>
  withMarks({ base: from, ours, theirs }, mergeTrees(from, ours, theirs).conflicts);

/** The text with one side of each marked place taken. */
function resolved(text: string, side: "ours" | "theirs"): string {
  const parts = /<<<<<<< ours(?:\r?\n)(.*?)(?:\|{7} base\r?\n.*?)?=======\r?\n(.*?)>>>>>>> theirs\r?\n/gs;
  return text.replace(parts, (_, ours: string, theirs: string) => (side === "ours" ? ours : theirs));
}

/** None where a side is written in a way that is not edited. */
function conflictsOf(base: string, ours: string, theirs: string): readonly Conflict[] {
  try {
    return mergeTrees(base, ours, theirs).conflicts;
  } catch (error) {
    if (isFailure(error, "input")) return [];
    throw error;
  }
}

describe("a merge to be finished by hand", () => {
  it("has each path with two answers between git's marks, and everything else merged", () => {
    const ours = base.replace(v1(1), v1(5)).replace("    c:", `    b: ${v1(2)}\n    c:`);
    const theirs = base.replace(v1(1), v1(6)).replace(v1(4), v1(7));
    expect(marked(ours, theirs)).toBe(`products:  # all of them
  HALO:
<<<<<<< ours
    a: ${v1(5)}  # kept
||||||| base
    a: ${v1(1)}
=======
    a: ${v1(6)}
>>>>>>> theirs
    b: ${v1(2)}
    c: ${v1(3)}
raw: ${v1(7)}
`);
  });

  it("shows what one side took away as nothing, whichever it was", () => {
    const [without, changed] = [base.replace(/raw:.*\n/, ""), base.replace(v1(4), v1(5))];
    expect(marked(without, changed)).toContain(
      `<<<<<<< ours\n||||||| base\nraw: ${v1(4)}\n=======\nraw: ${v1(5)}\n>>>>>>> theirs\n`,
    );
    expect(marked(changed, without)).toContain(
      `<<<<<<< ours\nraw: ${v1(5)}\n||||||| base\nraw: ${v1(4)}\n=======\n>>>>>>> theirs\n`,
    );
  });

  it("shows a folder against a leaf as a whole", () => {
    const [leaf, folder] = [`${base}new: ${v1(7)}\n`, `${base}new:\n  x:\n    q: ${v1(8)}\n`];
    const both = `<<<<<<< ours\nnew: ${v1(7)}\n||||||| base\n=======\nnew:\n  x:\n    q: ${v1(8)}\n>>>>>>> theirs\n`;
    expect(marked(leaf, folder)).toBe(base + both);
    expect(resolved(marked(folder, leaf), "ours")).toBe(folder);
  });

  it("is no tree that could be published", () => {
    const text = marked(base.replace(v1(4), v1(5)), base.replace(v1(4), v1(6)));
    expect(readTree(text).findings.some(({ level }) => level === "error")).toBe(true);
  });

  it("where places share a line has both files whole", () => {
    const [one, two] = [`x: {a: ${v1(1)}, b: ${v1(2)}}\n`, `x: {a: ${v1(3)}, b: ${v1(2)}}\n`];
    expect(marked(one, two, "x: {}\n")).toBe(`<<<<<<< ours\n${one}=======\n${two}>>>>>>> theirs\n`);
  });

  it("gives each side's answer where that side is taken, and everything that merges on both", () => {
    fc.assert(
      fc.property(trees, trees, trees, handwritten, (was, here, there, write) => {
        const [base, ours, theirs] = [textOf(was), write(here), textOf(there)];
        const conflicts = conflictsOf(base, ours, theirs);
        fc.pre(conflicts.length > 0);
        const text = withMarks({ base, ours, theirs }, conflicts);
        expect(text).toContain("<<<<<<< ours");
        const whole = text.startsWith("<<<<<<< ours") && text.trimEnd().endsWith(">>>>>>> theirs");
        for (const [side, own] of [
          ["ours", here],
          ["theirs", there],
        ] as const) {
          const { tree, findings } = readTree(resolved(text, side));
          const writtenIn = (path: string) => {
            const leaf = tree.get(path);
            return leaf && writtenAt(leaf);
          };
          expect(findings.filter(({ level }) => level === "error")).toEqual([]);
          for (const conflict of conflicts) {
            expect(writtenIn(conflict.path) ?? null, conflict.path).toBe(conflict[side]);
          }
          const near = (path: string) =>
            conflicts.some(({ path: other }) => `${path}/`.startsWith(`${other.split("/")[0]}/`));
          for (const path of new Set([...was.keys(), ...here.keys(), ...there.keys()])) {
            if (near(path) || whole) continue;
            const merged = here.get(path) === was.get(path) ? there.get(path) : here.get(path);
            if (merged !== "") expect(writtenIn(path), path).toBe(merged);
          }
          if (whole) expect(tree.size).toBe(own.size);
        }
      }),
    );
  });
});
