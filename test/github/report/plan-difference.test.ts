/** A plan that a pull request's own run left behind, against the one computed here. */
import { expect, it } from "vitest";
import { planDifference } from "../../../pipeline/github/report/plan-difference.ts";
import { v1 } from "../../core/cids.ts";
import { aChange, aFinding, aReport } from "../../fakes/report.ts";

const report = aReport({
  sha: "a".repeat(40),
  baseSha: "b".repeat(40),
  changes: [aChange()],
  findings: [aFinding({ level: "error" })],
});
const said = (more: object) => JSON.parse(JSON.stringify({ ...report, ...more })) as unknown;

it("finds nothing where both say the same, whatever could be reached from where", () => {
  expect(planDifference(said({}), report)).toBeUndefined();
  expect(
    planDifference(said({ state: "data out of reach", root: { ...report.root, to: null } }), report),
  ).toBeUndefined();
  const elsewhere = [
    ...report.findings,
    aFinding({ level: "error", rule: "not-unixfs" }),
    aFinding({ level: "warning", rule: "x" }),
  ];
  expect(planDifference(said({ findings: elsewhere }), report)).toBeUndefined();
});

it("has nothing to say of a plan against another base", () => {
  expect(planDifference(said({ baseSha: "c".repeat(40), changes: [] }), report)).toBeUndefined();
});

it.each([
  ["for another commit", { sha: "c".repeat(40) }, "another commit"],
  ["with another root", { root: { ...report.root, to: v1(200) } }, "root after the merge"],
  ["from another root", { root: { ...report.root, from: v1(200) } }, "root before the merge"],
  ["without a change", { changes: [] }, "changes"],
  ["with a change more", { changes: [aChange(), aChange({ path: "z" })] }, "changes"],
  ["without a finding", { findings: [] }, "findings"],
  ["with a conflict", { conflicts: [{ path: "a" }] }, "conflicts"],
  ["of another shape", { changes: { length: 1 } }, "not a plan"],
])("says of a plan %s what differs", (_, more, says) => {
  expect(planDifference(said(more), report)).toContain(says);
});

it.each([[null], [[]], ["plan"], [{ __proto__: null }], [{}]])("says of %j that it is no plan", (odd) => {
  expect(planDifference(odd, report)).toBe("it is not a plan");
});
