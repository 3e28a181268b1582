/** Computes the root of a tree: a pure function of tree.yaml, the sizes of its leaves and the profile of directories. */
import { Failure } from "../../core/failure.ts";
import type { Tree } from "../../core/tree/tree.ts";
import { assemble } from "../../dag/assemble.ts";
import type { Link, Put } from "../../dag/block.ts";
import { type ProfileName, profiles } from "../../dag/profile.ts";

/** `sizes`: Tsize of every leaf by its CID as written. Directory blocks go to `put`, children before parents. */
export function assembleTree(tree: Tree, sizes: ReadonlyMap<string, number>, profile: ProfileName, put: Put): Link {
  return assemble(leavesOf(tree, sizes), profiles[profile], put);
}

function* leavesOf(tree: Tree, sizes: ReadonlyMap<string, number>) {
  for (const leaf of tree.values()) {
    if (leaf.kind === "empty-folder") {
      yield { path: leaf.path, empty: true } as const;
      continue;
    }
    const { path, cid, written } = leaf;
    const tsize = sizes.get(cid.toString());
    if (tsize === undefined) throw new Failure("unavailable", `the size of ${path} (${written}) is not known`);
    yield { path, cid, tsize };
  }
}
