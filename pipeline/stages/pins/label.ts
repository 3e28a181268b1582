/**
 * Labels of pins. A label stands for one root, so no two things may ever have the same one.
 *
 * A campaign's name has neither slash nor colon, and what a contributor wrote comes last. At services the label of a leaf
 * has its path where those of the tree and the portal have a word, so the paths that are such a word are set apart by `./`,
 * with which no path begins; and so are names under `extra:` that could be read as something of a release.
 */
import type { CID } from "multiformats/cid";
import type { PinTarget } from "./pin-target.ts";

/** On the campaign's own node; at services see {@link serviceLabel}. Each old release has its own. */
export function label(campaign: string, what: "tree" | "portal" | "release", release: number): string {
  return `${campaign}/${what}@${release}`;
}

/**
 * At a pin service: `campaign/tree@N`, `campaign/PATH@N`, `campaign/NAME` for what campaign.yaml adds.
 *
 * Only where two could be equal is the label another: a leaf at the path `tree`, `portal` or `release`, and an extra whose
 * name ends in `@N` or begins with `./`. All others are labelled as they always were, so pins of earlier releases are
 * recognised.
 */
export function serviceLabel(campaign: string, target: PinTarget, release: number): string {
  switch (target.kind) {
    case "tree":
    case "portal":
      return label(campaign, target.kind, release);
    case "leaf":
      return `${campaign}/${/^(?:tree|portal|release)$/.test(target.path) ? "./" : ""}${target.path}@${release}`;
    case "extra":
      return `${campaign}/${/@\d+$|^\.\//.test(target.name) ? "./extra:" : ""}${target.name}`;
  }
}

/** Of a leaf that a node fetches for itself, before the tree is pinned. */
export function leafLabel(campaign: string, path: string): string {
  return `${campaign}/leaf/${path}`;
}

/** Of leaves that a node fetches together, until the tree is pinned. */
export function fetchingLabel(campaign: string): string {
  return `${campaign}/fetching`;
}

/** Of what was added from this machine, until a release has it. `path` is absolute. */
export function addedLabel(path: string): string {
  return `${addedPrefix}${path}`;
}

export function isAdded(label: string): boolean {
  return label.startsWith(addedPrefix);
}

/** Of what was pulled under `name`, at `root`. Earlier roots have labels of their own, so that they can still be read. */
export function pulledLabel(name: string, root: CID): string {
  return `${pulledPrefix}${name}@${root}`;
}

const addedPrefix = "added:";
const pulledPrefix = "pulled:";

/** What a label on the campaign's own node is of. */
export type Pinned =
  | { readonly what: "tree" | "portal" | "release"; readonly release: number }
  | { readonly what: "leaf" | "added"; readonly path: string }
  | { readonly what: "other" };

/** The inverse of the labels on the campaign's own node. Labels of other campaigns, and of older versions, are `other`. */
export function pinnedBy(label: string, campaign: string): Pinned {
  if (isAdded(label)) return { what: "added", path: label.slice(addedPrefix.length) };
  const leaf = leafLabel(campaign, "");
  if (label.startsWith(leaf)) return { what: "leaf", path: label.slice(leaf.length) };
  if (!label.startsWith(`${campaign}/`)) return { what: "other" };
  const [, what, number] = /^(tree|portal|release)@(\d+)$/.exec(label.slice(campaign.length + 1)) ?? [];
  if (number === undefined) return { what: "other" };
  return { what: what as "tree" | "portal" | "release", release: Number(number) };
}
