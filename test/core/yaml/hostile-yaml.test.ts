import fc from "fast-check";
import { expect, it } from "vitest";
import { readCampaign } from "../../../pipeline/core/campaign/campaign.ts";
import { isFailure } from "../../../pipeline/core/failure.ts";
import { moveLeaf, removeLeaf, setLeaf } from "../../../pipeline/core/tree/edit.ts";
import { formatTree } from "../../../pipeline/core/tree/format.ts";
import { mergeTrees } from "../../../pipeline/core/tree/merge.ts";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { v0, v1 } from "../cids.ts";

/** Everything YAML has a meaning for, and what people and attackers mix with it, in any order. */
const pieces = fc.constantFrom(
  ...[
    "a",
    "b",
    "a/b",
    ":",
    ": ",
    " ",
    "  ",
    "\n",
    "\n  ",
    "\n    ",
    "\r\n",
    "\r",
    "\t",
    "#",
    "# c",
    "{",
    "}",
    "[",
    "]",
    ",",
  ],
  ...[
    "- ",
    "? ",
    "&x ",
    "*x",
    "!t ",
    "!!str ",
    "'",
    '"',
    "|",
    "|-",
    ">",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "<<",
    "=",
    "@",
    "`",
  ],
  ...["~", "null", "true", "1.10", "\ufeff", "\\u0000", "é", "\u0308", "\ud800", "\u202e", "__proto__", "constructor"],
  ...["campaign: ", "node: ", "kind: ", "gateways: ", "scan: ", v1(1), v0(2)],
);
const text = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(""));

/** What `make` makes; nothing where it refuses in words. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return undefined;
  }
}

it("whatever a file holds, it is read, or refused in words: findings in order, edits right, nothing thrown", () => {
  fc.assert(
    fc.property(text, text, text, (one, two, three) => {
      const { tree, findings } = readTree(one);
      const lines = findings.map(({ line }) => line);
      expect(lines).toEqual([...lines].sort((a, b) => a - b));
      for (const { line, column } of findings) expect(Math.min(line, column)).toBeGreaterThan(0);
      readTree(new TextEncoder().encode(one));
      readCampaign(one);
      readCampaign(`campaign: a\n${two}`);

      const tidy = unlessRefused(() => formatTree(one));
      if (tidy !== undefined) expect(formatTree(tidy)).toBe(tidy);
      const set = unlessRefused(() => setLeaf(one, "q/w", v1(9)).text);
      if (set !== undefined) expect(readTree(set).tree.get("q/w")).toMatchObject({ written: v1(9) });
      for (const path of tree.keys()) {
        const left = unlessRefused(() => removeLeaf(one, path));
        if (left !== undefined) expect(readTree(left).tree.has(path)).toBe(false);
        unlessRefused(() => moveLeaf(one, path, "q/w"));
      }
      unlessRefused(() => mergeTrees(one, two, three));
    }),
    { numRuns: Number(process.env.FUZZ ?? 3000) },
  );
}, 600_000);
