/**
 * Findings in bounded number.
 *
 * A file with one mistake in each of 250 000 lines has 250 000 findings, which take more time and memory than reading it does.
 * Of each rule the first {@link mostOfOneRule} are listed; one finding more, where the next of them is, counts the rest.
 *
 * ```ts
 * const list = findingList();
 * list.add("hint", "cid-v0", () => ({ level: "hint", rule: "cid-v0", line: 1, column: 1, path: "a", says: "a CIDv0" }));
 * list.all();
 * ```
 */
import type { Finding } from "./finding.ts";

/** Findings of one level and rule that are listed one by one. */
export const mostOfOneRule = 1000;

export interface FindingList<F extends Finding> {
  /** `describe` is called only for a finding that is listed: beyond the bound a finding costs no text. */
  add(level: F["level"], rule: string, describe: () => F): void;
  /** In the order of adding. */
  all(): F[];
}

export function findingList<F extends Finding = Finding>(): FindingList<F> {
  const listed: F[] = [];
  /** `next`: index of the first finding beyond the bound. */
  const rules = new Map<string, { count: number; next: number }>();
  return {
    add(level, rule, describe) {
      const key = `${level} ${rule}`;
      let counted = rules.get(key);
      if (!counted) {
        counted = { count: 0, next: -1 };
        rules.set(key, counted);
      }
      counted.count++;
      if (counted.count > mostOfOneRule + 1) return;
      if (counted.count > mostOfOneRule) counted.next = listed.length;
      listed.push(describe());
    },
    all() {
      const all = [...listed];
      for (const { count, next } of rules.values()) {
        if (count > mostOfOneRule + 1) all[next] = theRest(all[next]!, count - mostOfOneRule);
      }
      return all;
    },
  };
}

/** The same for findings that exist already and each represent one. In their order. */
export function boundedFindings<F extends Finding>(findings: readonly F[]): F[] {
  const list = findingList<F>();
  for (const finding of findings) list.add(finding.level, finding.rule, () => finding);
  return list.all();
}

/** How many findings these are, where one may represent several. */
export function findingCount(findings: readonly Pick<Finding, "count">[]): number {
  return findings.reduce((sum, { count = 1 }) => sum + count, 0);
}

function theRest<F extends Finding>(first: F, count: number): F {
  const says = `${count} more of this rule, the first of them here: no more than ${mostOfOneRule} are listed one by one`;
  const { fix: _, ...rest } = { ...first, says, count };
  return rest as F;
}
