/** What a large tree.yaml full of one mistake costs: findings and bytes are counted here, whatever the machine does besides. */
import { describe, expect, it } from "vitest";
import { condensed, formatCounted } from "../../../pipeline/core/report/condense.ts";
import {
  boundedFindings,
  findingCount,
  findingList,
  mostOfOneRule,
} from "../../../pipeline/core/report/finding-list.ts";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { v0, v1 } from "../cids.ts";

const leaves = 5000;
const tree = (line: (at: number) => string) => Array.from({ length: leaves }, (_, at) => `${line(at)}\n`).join("");
const hint = (line: number) => ({ level: "hint", rule: "a", line, column: 1, path: "", says: `${line}` }) as const;

describe("of each rule", () => {
  it.each([
    ["one CID", tree((at) => `n${at}: ${v1(1)}`), { "same-content": leaves - 1 }],
    ["CIDv0", tree((at) => `n${at}: ${v0(at)}`), { "cid-v0": leaves }],
    ["no CIDs, under one name", tree(() => "x: foo"), { "not-a-cid": leaves, "duplicate-key": leaves - 1 }],
    ["one name below bad names", tree((at) => `"a/${at}": ${v1(at)}`), { "bad-name": leaves }],
    ["names that differ in case", tree((at) => `${caseOf(at)}: ${v1(at)}`), { "case-only": leaves - 1 }],
    ["names in other forms", tree((at) => `e\u0301${at}: ${v1(at)}`), { "not-nfc": leaves }],
    ["lists", tree((at) => `n${at}: []`), { list: leaves }],
  ])("a thousand findings are listed and the others counted: %s", (_, text, rules) => {
    const { findings } = readTree(text);
    for (const [rule, count] of Object.entries(rules)) {
      const these = findings.filter((finding) => finding.rule === rule);
      expect(these, rule).toHaveLength(mostOfOneRule + 1);
      expect(findingCount(these), rule).toBe(count);
      expect(these.filter(({ count }) => count !== undefined)).toEqual([these.at(-1)]);
    }
    expect(JSON.stringify(findings).length).toBeLessThan(2 * 400 * mostOfOneRule);
  });

  it("no finding names the other leaves of its CID, however many they are", () => {
    const { findings } = readTree(tree((at) => `n${at}: ${v1(1)}`));
    expect(findings[0]!.says).toBe("the same content as n0 in line 1");
    expect(Math.max(...findings.map(({ says }) => says.length))).toBeLessThan(120);
  });

  it("what is counted costs no text", () => {
    let described = 0;
    const list = findingList();
    for (let line = 1; line <= leaves; line++) {
      list.add("hint", "a", () => {
        described++;
        return hint(line);
      });
    }
    expect(described).toBe(mostOfOneRule + 1);
    expect(findingCount(list.all())).toBe(leaves);
  });

  it("the finding that counts is where the first that is not listed would be, and offers no fix", () => {
    const { findings } = readTree(tree((at) => `n${at}: ${v0(at)}`));
    expect(findings.at(-1)).toEqual({
      ...{ level: "hint", rule: "cid-v0", line: 1001, column: 8, path: "n1000", count: 4000 },
      says: "4000 more of this rule, the first of them here: no more than 1000 are listed one by one",
    });
    expect(findings.at(-2)).toMatchObject({ line: 1000, fix: v1(999) });
  });

  it.each([0, 1, 999, 1000, 1001])("%i are all listed", (count) => {
    const findings = Array.from({ length: count }, (_, at) => hint(at + 1));
    expect(boundedFindings(findings)).toEqual(findings);
  });
});

describe("for a person", () => {
  it("those that are only counted are counted with the rest", () => {
    const { findings } = readTree(tree((at) => `n${at}: ${v0(at)}`));
    expect(condensed(findings).map(({ count }) => count)).toEqual([leaves]);
    const errors = condensed(readTree(tree((at) => `n${at}: foo`)).findings);
    expect(errors).toHaveLength(100);
    expect(formatCounted(errors.at(-1)!)).toMatch(/^4901 times, as here: "foo" is not a CID/);
  });

  it("a single finding with a count prints its number once", () => {
    const last = readTree(tree((at) => `n${at}: ${v0(at)}`)).findings.at(-1)!;
    expect(condensed([last]).map(formatCounted)).toEqual([last.says]);
  });
});

/** One word, its letters large or small by the bits of `at`. */
function caseOf(at: number): string {
  return [..."abcdefghijklm"].map((letter, bit) => ((at >> bit) & 1 ? letter.toUpperCase() : letter)).join("");
}
