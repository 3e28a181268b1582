import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type RuleName, rules, rulesBySubject } from "../../../pipeline/core/checks/rules.ts";
import type { DatasetFinding } from "../../../pipeline/core/dataset/dataset.ts";

it("a finding of a rule that is not in the list does not compile", () => {
  // @ts-expect-error: no such rule
  const finding: DatasetFinding = { level: "hint", rule: "no-such-rule", says: "" };
  expect(Object.keys(rules)).not.toContain(finding.rule);
});

it("each rule is in one subject, and says in sentences what it finds, why, and what to do", () => {
  const names = Object.values(rulesBySubject).flatMap((subject) => Object.keys(subject));
  expect(names.toSorted()).toEqual(Object.keys(rules).toSorted());
  for (const [name, { finds, reason, fix }] of Object.entries(rules)) {
    for (const text of [finds, reason, fix])
      expect(text, name).toMatch(/^(?:[A-Z`]|netCDF|xarray|pandas|time_coverage|geospatial|dataset_meta).*\.$/);
  }
});

it("findings have the level that their rule has in the list, and no rule is listed that nothing reports", () => {
  const sources = readdirSync("pipeline", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.includes("core/checks/rules"))
    .map((file) => readFileSync(`pipeline/${file}`, "utf8"));
  const differing = sources.flatMap((source) =>
    [...source.matchAll(/level: "(\w+)",\s*rule: "([\w-]+)"/g)].flatMap(([, level, name]) => {
      const rule = Object.hasOwn(rules, name!) ? rules[name as RuleName] : undefined;
      return rule && ![rule.level].flat().includes(level as DatasetFinding["level"]) ? [`${name}: ${level}`] : [];
    }),
  );
  expect(differing).toEqual([]);
  const all = sources.join("\n");
  expect(Object.keys(rules).filter((name) => !all.includes(`"${name}"`) && !all.includes(` ${name}:`))).toEqual([]);
});
