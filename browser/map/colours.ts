/** Colours of groups (platforms): the style sheet has eight, that colour-blind readers tell apart, for light and for dark. */

/** Number of colours in the style sheet: `--group-0` … `--group-7`. */
export const groupColours = 8;

/**
 * The number of a group's colour. The commonest groups get the first colours, so that they differ; what follows shares the last.
 *
 * @param groups names of all groups, the commonest first
 */
export function colourOf(group: string, groups: readonly string[]): number {
  const at = groups.indexOf(group);
  return at < 0 ? groupColours - 1 : Math.min(at, groupColours - 1);
}

/** Names of the groups of tracks, the commonest first; alphabetically where two are as common. */
export function groupsOf(tracks: readonly { readonly group: string }[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { group } of tracks) if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([group]) => group);
}
