import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTree } from "../../../pipeline/core/tree/format.ts";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { v0, v1 } from "../cids.ts";
import { handwritten } from "../handwritten.ts";
import { trees, writtenAt } from "../trees.ts";

describe("tidying a tree", () => {
  it("gives two blanks a level, one entry a line, and leaves every comment with its neighbours", () => {
    const text = `\ufeff---
# the campaign


products:   # level 2${"   "}\r
      # the aircraft
      HALO:
           b.zarr:
              ${v1(1)}   # wrapped
           "1.10": '${v1(2)}'
           # a.zarr: gone
      # the ship
      Meteor: {x: ${v1(3)}, y: , "z": {deep: ${v1(4)}}}   # braces
      later: {}
          # to come
raw: >-   # folded
    ${v0(5)}

# the end

...
`;
    expect(formatTree(text)).toBe(`# the campaign


products:   # level 2
  # the aircraft
  HALO:
    b.zarr: ${v1(1)}   # wrapped
    "1.10": ${v1(2)}
    # a.zarr: gone
  # the ship
  Meteor:
    x: ${v1(3)}
    y:
    "z":
      deep: ${v1(4)}   # braces
  later:
    # to come
raw: ${v0(5)}   # folded

# the end
`);
  });

  it("leaves a comment between a name and its value there", () => {
    expect(formatTree(`a:   # why\n    # and how\n    ${v1(1)} # so\n`)).toBe(
      `a:   # why\n  # and how\n  ${v1(1)} # so\n`,
    );
  });

  it.each(["", "# only this\n", `a: ${v1(1)}\n`, "a:\n  b:\n    c:\n", "a: foo\n", 'a: "b: c"\n'])(
    "leaves %j as it is",
    (text) => {
      expect(formatTree(text)).toBe(text);
    },
  );

  it("keeps what is no CID for what it is", () => {
    const text = "a: foo\n  bar\nb: |\n  x # y\nc: 'it''s'\nd: \"\\t\"\n";
    const values = (of: string) => readTree(of).findings.map(({ path, says }) => [path, says]);
    expect(values(formatTree(text))).toEqual(values(text));
    expect(values(text)).toHaveLength(4);
  });

  it("refuses what it can't be sure of, naming the line", () => {
    expect(() => formatTree(`a: ${v1(1)}\na: ${v1(2)}\n`)).toThrow("line 2 of the tree can't be tidied");
    expect(() => formatTree("a:\n\tb:\n")).toThrow("line 2 of the tree can't be tidied: a tab");
  });

  it("changes no leaf and no comment, and nothing when done again, whatever hand wrote it", () => {
    const comments = (text: string) => text.match(/# (?:note|behind).*?(?=\s*$)/gm) ?? [];
    fc.assert(
      fc.property(trees, handwritten, (model, write) => {
        const text = write(model);
        const tidy = formatTree(text);
        expect([...readTree(tidy).tree.values()].map((leaf) => [leaf.path, writtenAt(leaf)])).toEqual(
          [...readTree(text).tree.values()].map((leaf) => [leaf.path, writtenAt(leaf)]),
        );
        expect(comments(tidy)).toEqual(comments(text));
        expect(formatTree(tidy)).toBe(tidy);
        expect(tidy).not.toMatch(/[ \t]$|\r/m);
        expect(tidy).toMatch(/^$|^[^\n](?:.|\n)*[^\n]\n$/);
        for (const line of tidy.split("\n")) expect(/^ */.exec(line)![0].length % 2).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });
});
