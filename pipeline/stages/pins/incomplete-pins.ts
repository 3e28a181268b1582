/**
 * Pins on the campaign's own node that lack blocks: which leaves of the tree that concerns, and the message about it.
 *
 * A pin below which blocks are missing counts for nothing: the plan has its leaves brought anew.
 */
import type { CID } from "multiformats/cid";
import type { Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { describeMissing, missingCids } from "../../ipfs/missing-message.ts";
import type { IncompletePin } from "../../ipfs/node.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";

export interface PinnedAtHome {
  /** What is pinned and complete, by label. */
  readonly complete: ReadonlyMap<string, CID>;
  /** CIDs of what is pinned and complete. */
  readonly kept: ReadonlySet<string>;
  readonly incomplete: readonly IncompletePin[];
}

export async function pinnedAtHome({ home }: Pick<Parts, "home">, world: World): Promise<PinnedAtHome> {
  const complete = await home.pins(world);
  const incomplete = (await home.incomplete?.(world)) ?? [];
  return { complete, kept: new Set([...complete.values()].map(String)), incomplete };
}

/** CIDs of the leaves of the live tree that are complete though the tree is not: none where not every hole is known. */
export function completeLeaves(live: Tree, head: Head | undefined, incomplete: readonly IncompletePin[]): string[] {
  const tree = incomplete.find(({ root }) => head?.release.root.equals(root));
  if (!tree || tree.missing.length < Math.max(1, tree.count)) return [];
  const paths = tree.missing.map(({ path }) => path);
  const isComplete = (leaf: string) => !paths.some((path) => isWithin(path, leaf) || isWithin(leaf, path));
  return [...live.values()].filter(({ path }) => isComplete(path)).map(({ cid }) => cid.toString());
}

/** Whether `path` is `folder`, or below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

/**
 * A line for each leaf of `tree` that lacks blocks, where the tree's own pin is incomplete:
 * `tree.yaml:3: products/a/x lacks block bafy…`, and the file that had it in place, where one did: `(/data/x is gone)`.
 */
export function leafLines(root: CID, tree: Tree, incomplete: readonly IncompletePin[]): string[] {
  const missing = incomplete.find((pin) => pin.root.equals(root))?.missing ?? [];
  return [...tree.values()].flatMap(({ path, line }) => {
    const below = missing.filter((block) => isWithin(block.path, path));
    const [first] = below;
    if (!first) return [];
    const others = below.some(({ cid }) => !cid.equals(first.cid)) ? " and others" : "";
    const why = below.find(({ why }) => why !== undefined)?.why;
    return [`tree.yaml:${line}: ${path} lacks block ${first.cid}${others}${why === undefined ? "" : ` (${why})`}`];
  });
}

/** Pins named one by one. */
const fewPins = 5;

/** A line for each kind of hole, with the labels that have it: `test/tree@1, test/tree@2: products/a/x lacks 1 block`. */
export function incompleteLines(pins: readonly IncompletePin[]): string[] {
  const alike = [...Map.groupBy(pins, describeMissing)];
  const lines = alike.slice(0, fewPins).map(([says, those]) => {
    const labels = those.slice(0, fewPins).map(({ label }) => label);
    const more = those.length > labels.length ? ` and ${those.length - labels.length} others` : "";
    const cids = those[0]!.missing.length > 0 ? `: ${missingCids(those[0]!)}` : "";
    return `${labels.join(", ")}${more}: ${says}${cids}`;
  });
  return alike.length > fewPins ? [...lines, `and ${alike.length - fewPins} more`] : lines;
}
