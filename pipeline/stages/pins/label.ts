/**
 * What our pins are called. A label keeps one root, so no two things may ever share one: a campaign's name holds neither
 * slash nor colon, and whatever a contributor wrote stands last.
 */

/** So that every old release keeps its own. */
export function label(campaign: string, what: "tree" | "portal" | "release", release: number): string {
  return `${campaign}/${what}@${release}`;
}

/** Of a leaf that a node fetches for itself, before the tree is kept. */
export function leafLabel(campaign: string, path: string): string {
  return `${campaign}/leaf/${path}`;
}

/** Of what was added from this machine, until a release keeps it. `path` is absolute. */
export function addedLabel(path: string): string {
  return `${addedPrefix}${path}`;
}

export function isAdded(label: string): boolean {
  return label.startsWith(addedPrefix);
}

const addedPrefix = "added:";

/** What a label is of. */
export type Pinned =
  | { readonly what: "tree" | "portal" | "release"; readonly release: number }
  | { readonly what: "leaf" | "added"; readonly path: string }
  | { readonly what: "other" };

/** The other way round. Labels of other campaigns on the same node, and of older versions, are `other`. */
export function pinnedBy(label: string, campaign: string): Pinned {
  if (isAdded(label)) return { what: "added", path: label.slice(addedPrefix.length) };
  const leaf = leafLabel(campaign, "");
  if (label.startsWith(leaf)) return { what: "leaf", path: label.slice(leaf.length) };
  if (!label.startsWith(`${campaign}/`)) return { what: "other" };
  const [, what, number] = /^(tree|portal|release)@(\d+)$/.exec(label.slice(campaign.length + 1)) ?? [];
  if (number === undefined) return { what: "other" };
  return { what: what as "tree" | "portal" | "release", release: Number(number) };
}
