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
