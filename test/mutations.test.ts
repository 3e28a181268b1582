import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { faults, timesIn } from "./faults.ts";

it.each(faults)("the fault “$fault” can still be made: its text is in its file once", ({ file, tests, changes }) => {
  const text = readFileSync(file, "utf8");
  for (const [from, to] of changes) {
    expect(timesIn(text, from), from).toBe(1);
    expect(to).not.toBe(from);
  }
  for (const test of tests) expect(existsSync(test), test).toBe(true);
});
