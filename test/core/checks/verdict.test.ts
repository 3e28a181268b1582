import { expect, it } from "vitest";
import { verdictOf } from "../../../pipeline/core/checks/verdict.ts";
import type { DatasetFinding } from "../../../pipeline/core/dataset/dataset.ts";

it.each<[string, [DatasetFinding["level"], DatasetFinding["rule"]][]]>([
  ["ready to publish", []],
  [
    "ready to publish, 1 hint",
    [
      ["hint", "no-summary"],
      ["hint", "no-summary"],
    ],
  ],
  [
    "publishable, 1 thing to improve, 1 hint",
    [
      ["warning", "no-title"],
      ["hint", "no-summary"],
    ],
  ],
  [
    "publishable, not readable by ipfsspec or xarray, 2 things to improve",
    [
      ["warning", "xarray-refuses"],
      ["warning", "sharded-directory"],
    ],
  ],
  [
    "publish it only once corrected, 1 error, 1 warning",
    [
      ["error", "truncated"],
      ["warning", "no-title"],
    ],
  ],
])("a dataset is %s by what was found", (text, findings) => {
  expect(verdictOf(findings.map(([level, rule]) => ({ level, rule }))).text).toBe(text);
});
