import fc from "fast-check";
import { expect, it } from "vitest";
import { maxDepth } from "../../../pipeline/core/tree/tree.ts";
import { differences, leavesIn } from "../../../pipeline/core/tree/written-leaves.ts";
import { readYaml } from "../../../pipeline/core/yaml/yaml.ts";
import { v1 } from "../cids.ts";
import { handwritten } from "../handwritten.ts";
import { trees } from "../trees.ts";

const rootOf = (text: string) => readYaml(text, { maxDepth }).documents[0];

it("two trees differ where their leaves do, however they are written", () => {
  fc.assert(
    fc.property(trees, trees, handwritten, handwritten, (one, other, write, writeOther) => {
      const paths = new Set([...one.keys(), ...other.keys()]);
      const wanted = [...paths].flatMap((path) => {
        const pair = [one.get(path), other.get(path)];
        return pair[0] === pair[1] ? [] : [[path, pair]];
      });
      const found = differences(rootOf(write(one)), rootOf(writeOther(other)));
      expect(new Map(found)).toEqual(new Map(wanted as [string, never][]));
    }),
    { numRuns: 500 },
  );
});

it("a leaf here and a folder there are two differences", () => {
  const [leaf, folder] = [`a: ${v1(1)}\n`, `a:\n  b: ${v1(2)}\n`].map(rootOf);
  expect([...differences(leaf, folder)]).toEqual([
    ["a", [v1(1), undefined]],
    ["a/b", [undefined, v1(2)]],
  ]);
});

it("nothing at all, an empty text and empty braces hold no leaf", () => {
  for (const text of ["", "# nothing yet\n", "{}\n", "word\n"]) expect(leavesIn(rootOf(text))).toEqual(new Map());
});
