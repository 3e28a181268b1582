/**
 * Datasets below a folder: which there are, and what each says of itself.
 *
 * A folder is recognised by the names in it. What is recognised is not searched further, so no chunk directory is ever
 * walked; what is not is searched one level down, and so on, within bounds. The same search serves a leaf of the tree
 * and a folder of this machine, because both are {@link Folder}s.
 */
import { inOrder } from "../core/concurrency.ts";
import type { Description, Folder } from "../core/dataset.ts";
import { isFailure } from "../core/failure.ts";
import { byBytes } from "../core/order.ts";
import type { World } from "../core/world.ts";
import type { FormatReader } from "../formats/reader.ts";

export type Found = FoundDataset | FoundFailure;

interface FoundAt {
  /** Path below the folder that was searched; "" for the folder itself. */
  readonly below: string;
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  readonly reader: string;
}

export interface FoundDataset extends FoundAt {
  readonly description: Description;
}

export interface FoundFailure extends FoundAt {
  readonly failure: { readonly kind: "input" | "corrupt"; readonly message: string };
}

/** Directories looked into below one leaf, and how deep: a leaf of raw files must not cost hours. */
export const bounds = { directories: 10_000, depth: 16 } as const;

const atOnce = 8;

/**
 * Every dataset in `folder`, in byte order of their paths.
 *
 * Bad content of one dataset is its own {@link FoundFailure}. Throws where bytes are out of reach.
 */
export async function findDatasets(
  folder: Folder,
  size: number,
  readers: readonly FormatReader[],
  world: World,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  let looked = 0;
  let level: readonly Place[] = [{ below: "", folder, size }];
  for (let depth = 0; level.length > 0 && depth <= bounds.depth; depth++) {
    const next: Place[] = [];
    for await (const { here, below } of inOrder(level, atOnce, (place) => lookInto(place, readers, world))) {
      if (here) found.push(here);
      next.push(...below);
    }
    looked += level.length;
    level = next;
    if (looked + next.length > bounds.directories) break;
  }
  if (level.length > 0) {
    world.log(`${folder.cid}: searched ${looked} folders for datasets and left ${level.length} deeper ones unsearched`);
  }
  return found.sort((a, b) => byBytes(a.below, b.below));
}

interface Place {
  readonly below: string;
  readonly folder: Folder;
  readonly size: number;
}

async function lookInto(
  { below, folder, size }: Place,
  readers: readonly FormatReader[],
  world: World,
): Promise<{ here?: Found; below: readonly Place[] }> {
  world.signal.throwIfAborted();
  const names = new Set(folder.entries.keys());
  const reader = readers.find(({ recognises }) => recognises(names));
  if (reader) {
    const at = { below, cid: folder.cid, size, reader: reader.name };
    try {
      return { here: { ...at, description: await reader.describe(folder, world) }, below: [] };
    } catch (error) {
      if (!isFailure(error, "input", "corrupt")) throw error;
      return {
        here: { ...at, failure: { kind: error.kind as "input" | "corrupt", message: error.message } },
        below: [],
      };
    }
  }
  const places: Place[] = [];
  for (const [name, entry] of folder.entries) {
    if (places.length >= bounds.directories) break;
    const inner = await folder.folder(name, world);
    if (inner) places.push({ below: below ? `${below}/${name}` : name, folder: inner, size: entry.size });
  }
  return { below: places };
}
