/**
 * What we ask of a dataset format.
 *
 * A reader looks at a folder's names to say whether it knows the format, and into its files to say what the dataset
 * is about. It has never heard of STAC; `core/stac`, which makes items of descriptions, has never heard of Zarr.
 *
 * To add one: write it beside the others, name it in `readers.ts`, and put a tiny dataset under `test/datasets/`.
 */
import type { DatasetFinding, Description, Folder } from "../core/dataset/dataset.ts";
import type { World } from "../core/world.ts";

/** The names in a folder. */
export type Names = Pick<ReadonlySet<string>, "has" | "keys" | "size">;

export interface FormatReader {
  readonly name: string;
  /** Raise it when the same bytes would be described differently: remembered descriptions of other versions are not used. */
  readonly version: number;
  recognises(names: Names): boolean;
  /**
   * Read only what the description needs.
   *
   * @throws Failure `input` where the content is bad (it stays bad, so this may be remembered); `unavailable` where
   * bytes could not be had (never remembered).
   */
  describe(folder: Folder, world: World): Promise<Description>;
  /**
   * What is missing of a folder that nobody recognises, but that is what is left of a dataset: "no .zgroup at its root".
   * `undefined` for any other folder. `inner` are the names of the folders in it.
   */
  missing?(folder: Folder, inner: readonly string[], world: World): Promise<string | undefined>;
  /** What shows in the names of all files of a dataset. For data of this machine only, where listing them costs little. */
  checkFiles?(folder: Folder, world: World): Promise<readonly DatasetFinding[]>;
}

/** The first of `readers` that knows the folder for the rest of a dataset, and what is missing of it. */
export async function incompleteDataset(
  readers: readonly FormatReader[],
  folder: Folder,
  inner: readonly string[],
  world: World,
): Promise<{ readonly reader: string; readonly missing: string } | undefined> {
  if (inner.length === 0) return undefined;
  for (const reader of readers) {
    const missing = await reader.missing?.(folder, inner, world);
    if (missing !== undefined) return { reader: reader.name, missing };
  }
  return undefined;
}
