/** Datasets that exist in files alone, which `add --in-place` left where they are: for people and for machines. */
import type { CID } from "multiformats/cid";
import { dataLeaves, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { keyOf } from "../../dag/block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { printable } from "./terminal.ts";

export interface LeafInPlace {
  readonly path: string;
  readonly line: number;
  readonly cid: CID;
  /** What was added in place: the absolute path of a file or folder. */
  readonly added: string;
}

/** The leaves of `tree` of which this machine has a block in a file and nowhere else. */
export async function leavesInPlace(tree: Tree, home: HomeNode, world: World): Promise<LeafInPlace[]> {
  if (!home.inPlaceOnly) return [];
  const leaves = dataLeaves(tree);
  const found = await home.inPlaceOnly(
    leaves.map(({ cid }) => cid),
    world,
  );
  const addedOf = new Map(found.map(({ root, added }) => [keyOf(root), added]));
  return leaves.flatMap(({ path, line, cid }) => {
    const added = addedOf.get(keyOf(cid));
    return added === undefined ? [] : [{ path, line, cid, added }];
  });
}

/** Formats `  tree.yaml:4: products/a, in /data/a`. */
export function inPlaceLines(leaves: readonly LeafInPlace[]): string[] {
  return leaves.map(({ path, line, added }) => `  tree.yaml:${line}: ${printable(path)}, in ${printable(added)}`);
}

/** The same in JSON; no field where there is none. */
export function inPlaceData(leaves: readonly LeafInPlace[]) {
  const inPlace = leaves.map(({ path, cid, added }) => ({ path, cid: cid.toString(), added }));
  return inPlace.length > 0 && { inPlace };
}
