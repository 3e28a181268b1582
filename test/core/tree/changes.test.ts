import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identity, parseCid } from "../../../pipeline/core/cid.ts";
import { byBytes } from "../../../pipeline/core/text/order.ts";
import { type Change, changesBetween } from "../../../pipeline/core/tree/changes.ts";
import { readTree, type Tree } from "../../../pipeline/core/tree/tree.ts";
import { raw, v0, v1 } from "../cids.ts";
import { textOf, trees } from "../trees.ts";

const between = (base: string, next: string) => changesBetween(readTree(base).tree, readTree(next).tree);

describe("what differs between two trees", () => {
  it("is one of five kinds, in byte order of the paths", () => {
    const base = `same: ${v1(0)}\nold: ${v1(1)}\nhere: ${v1(2)}\nnewer: ${v1(3)}\nspelt: ${v0(4)}\n`;
    const next = `spelt: ${v1(4)}\nsame: ${v1(0)}\nnewer: ${raw(3)}\nthere: ${v1(2)}\nfresh: ${v1(5)}\n`;
    expect(between(base, next)).toEqual([
      { op: "add", path: "fresh", to: v1(5) },
      { op: "update", path: "newer", from: v1(3), to: raw(3) },
      { op: "remove", path: "old", from: v1(1) },
      { op: "respell", path: "spelt", from: v0(4), to: v1(4) },
      { op: "move", path: "there", from: "here", to: v1(2) },
    ]);
  });

  it("is nothing where only comments, order and indentation differ", () => {
    expect(
      between(`a:\n  b: ${v1(1)}\n  c: ${v1(2)}\n`, `# hi\na:\n    c: "${v1(2)}"\n    b:\n      ${v1(1)}\n`),
    ).toEqual([]);
  });

  it("counts a move that changes the spelling too as a move", () => {
    expect(between(`a: ${v0(1)}\n`, `b: ${v1(1)}\n`)).toEqual([{ op: "move", path: "b", from: "a", to: v1(1) }]);
  });

  it("pairs moved copies in order, and the one too many was added or removed", () => {
    expect(between(`a: ${v1(1)}\nb: ${v1(1)}\n`, `d: ${v1(1)}\n`)).toEqual([
      { op: "remove", path: "b", from: v1(1) },
      { op: "move", path: "d", from: "a", to: v1(1) },
    ]);
    expect(between(`a: ${v1(1)}\n`, `d: ${v1(1)}\nc: ${v1(1)}\n`)).toEqual([
      { op: "move", path: "c", from: "a", to: v1(1) },
      { op: "add", path: "d", to: v1(1) },
    ]);
  });

  it("moves no empty folders", () => {
    const empty = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    expect(between("a:\n", "b:\n").map(({ op }) => op)).toEqual(["remove", "add"]);
    expect(between(`a: ${empty}\n`, "b:\n").map(({ op }) => op)).toEqual(["remove", "add"]);
  });

  it("applied to the one gives the other, and the other way round names the same paths", () => {
    fc.assert(
      fc.property(trees, trees, (one, other) => {
        const [base, next] = [readTree(textOf(one)).tree, readTree(textOf(other)).tree];
        const changes = changesBetween(base, next);
        expect(applied(base, changes)).toEqual(spellings(next));
        const paths = changes.map(({ path }) => path);
        expect(paths).toEqual([...paths].sort(byBytes));
        expect(changesBetween(base, base)).toEqual([]);
        for (const change of changes) {
          const same =
            "from" in change && "to" in change && change.op !== "move" && data(change.from) === data(change.to);
          expect(same).toBe(change.op === "respell");
        }
      }),
    );
  });

  // Were each compared with each, it would not end in time.
  it("of 100 000 equal leaves that all moved is found", () => {
    const text = (prefix: string) => Array.from({ length: 50_000 }, (_, at) => `${prefix}${at}: ${v1(1)}\n`).join("");
    const [base, next] = [readTree(text("a")).tree, readTree(text("b")).tree];
    expect(changesBetween(base, next)).toHaveLength(50_000);
  });
});

it("byte order is that of UTF-8, for every pair of names", () => {
  const names = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(names, names, (a, b) => {
      expect(Math.sign(byBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(byBytes("\uff5e", "\u{1f6f0}")).toBeLessThan(0);
});

function data(cid: string): string {
  return identity(parseCid(cid));
}

function spellings(tree: Tree): Map<string, string> {
  return new Map(
    [...tree.values()].map(({ path, cid }) => [path, cid.toString()] as const).sort(([a], [b]) => byBytes(a, b)),
  );
}

/** What a reader of the changes would do, and all it needs. */
function applied(base: Tree, changes: readonly Change[]): Map<string, string> {
  const result = spellings(base);
  for (const change of changes) {
    if (change.op === "remove") result.delete(change.path);
    if (change.op === "move") result.delete(change.from);
  }
  for (const change of changes) if (change.op !== "remove") result.set(change.path, change.to);
  return new Map([...result].sort(([a], [b]) => byBytes(a, b)));
}
