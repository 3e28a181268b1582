/** Add a file or folder of this machine to the campaign's node, by the fastest way the node has. */

import type { World } from "../core/world.ts";
import type { Block } from "../dag/block.ts";
import type { Added, AddOptions } from "../dag/build/add-options.ts";
import { blocksOf } from "../dag/build/files.ts";
import type { HomeNode } from "./node.ts";

/**
 * @returns what was added, after all of it survives a power cut. It is not pinned yet.
 * @throws Failure `input` for what can't be added, `refused` where the disk is full; adding again finishes what was begun.
 */
export async function addFiles(home: HomeNode, path: string, options: AddOptions, world: World): Promise<Added> {
  if (home.add) return home.add(path, options, world);
  let added: Added | undefined;
  const blocks = async function* (): AsyncGenerator<Block> {
    added = yield* blocksOf(path, options, world);
  };
  await home.put(blocks(), world);
  return added!;
}
