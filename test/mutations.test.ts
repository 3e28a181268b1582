import { existsSync, readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect, it } from "vitest";

interface Mutation {
  readonly fault: string;
  readonly file: string;
  readonly tests: readonly string[];
  readonly changes: readonly (readonly [from: string, to: string])[];
}

const all = load(readFileSync("test/mutations.yaml", "utf8")) as readonly Mutation[];

it.each(all)("the fault “$fault” can still be made: its text is in its file once", ({ file, tests, changes }) => {
  const text = readFileSync(file, "utf8");
  for (const [from, to] of changes) {
    expect(text.split(from).length - 1, from).toBe(1);
    expect(to).not.toBe(from);
  }
  for (const test of tests) expect(existsSync(test), test).toBe(true);
});
