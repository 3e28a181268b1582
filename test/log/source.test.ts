import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { readSizes, sourceFiles } from "../../pipeline/log/source.ts";

const tree = CID.parse("bafkqaaa");
const bytes = (text: string) => new TextEncoder().encode(text);

it("writes sizes a line each, and reads back what it wrote", () => {
  for (const sizes of [[], [0], [3, 40_000_000_000, Number.MAX_SAFE_INTEGER]]) {
    const files = sourceFiles([{ tree, text: bytes("a: b\n"), sizes }]);
    expect(readSizes(files["trees/aa/bafkqaaa/sizes"]!)).toEqual(sizes);
    expect(files["trees/aa/bafkqaaa/tree.yaml"]).toEqual(bytes("a: b\n"));
  }
});

it.each(["-1\n", "1e3\n", "9999999999999999\n", "12", "12\r\n", "none\n", "\n", "1 2\n"])(
  "takes no %j for sizes",
  (text) => {
    expect(readSizes(bytes(text))).toBeUndefined();
  },
);
