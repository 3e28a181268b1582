/** Groups (platforms) and their colours: the style sheet has eight, that colour-blind readers can distinguish, for light and for dark. */

/** Number of colours in the style sheet: `--group-0` … `--group-7`. What follows shares the last. */
export const groupColours = 8;

/**
 * The number of a group's colour. The commonest groups get the first colours, so that they differ; all others share the last.
 *
 * @param groups names of all groups, the commonest first
 */
export function groupOf(group: string | undefined, groups: readonly string[]): number {
  const at = group === undefined ? -1 : groups.indexOf(group);
  return at < 0 ? groupColours - 1 : Math.min(at, groupColours - 1);
}

/** Names of the groups of datasets, the commonest first; alphabetically where two are as common. "" is no group. */
export function groupsIn(names: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== "") counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
}
