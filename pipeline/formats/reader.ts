/**
 * What we ask of a dataset format.
 *
 * A reader looks at a folder's names to say whether it knows the format, and into its files to say what the dataset
 * is about. It has never heard of STAC; `core/stac`, which makes items of descriptions, has never heard of Zarr.
 *
 * To add one: write it beside the others, name it in `readers.ts`, and put a tiny dataset under `test/datasets/`.
 */
import type { Description, Folder } from "../core/dataset.ts";
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
}
