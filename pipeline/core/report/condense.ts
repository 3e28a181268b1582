/**
 * Findings as a person reads them, condensed: of each rule some are shown one by one, hints the fewest, and the last of
 * those counts the rest. JSON output has all that are listed (`finding-list.ts`).
 *
 * ```ts
 * condensed(findings); // [{ finding: <the first "cid-v0" hint>, count: 190 }]
 * ```
 */
import type { Finding } from "./finding.ts";
import { findingCount } from "./finding-list.ts";

/** Lines that findings of one rule take. */
const most: Readonly<Record<Finding["level"], number>> = { error: 100, warning: 10, hint: 1 };

export interface Condensed<F> {
  readonly finding: F;
  /** Findings that this one represents, itself included. */
  readonly count: number;
}

/** In the order given. `alike`: the key to group by, where it is not the rule alone. */
export function condensed<F extends Pick<Finding, "level" | "rule" | "count">>(
  findings: readonly F[],
  alike: (finding: F) => string = ({ level, rule }) => `${level} ${rule}`,
): Condensed<F>[] {
  const groups = Map.groupBy(findings, alike);
  const last = new Map<F, number>();
  for (const group of groups.values()) {
    const shown = Math.min(group.length, most[group[0]!.level]);
    for (const finding of group.slice(0, shown - 1)) last.set(finding, finding.count ?? 1);
    last.set(group[shown - 1]!, findingCount(group.slice(shown - 1)));
  }
  return findings.flatMap((finding) => {
    const count = last.get(finding);
    return count === undefined ? [] : [{ finding, count }];
  });
}

/** The message, and the number of findings it represents. */
export function formatCounted({ finding, count }: Condensed<Pick<Finding, "says" | "count">>): string {
  return count === (finding.count ?? 1) ? finding.says : `${count} times, as here: ${finding.says}`;
}
