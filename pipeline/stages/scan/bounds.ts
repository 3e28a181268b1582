/** Bounds of the search below one leaf, so that raw files can't take hours, and three crafted blocks can't take gigabytes. */

export const bounds = {
  /** Distinct folders read, and their greatest depth. */
  folders: 10_000,
  depth: 16,
  /** Entries of all these folders together. One folder may have `mostNames`. */
  entries: 5_000_000,
  /** Links to folders that are followed; several links to one folder count several times. */
  links: 100_000,
  /** Files whose first bytes are read. */
  files: 20_000,
  /** Names of other files below the leaf that are listed for a search by name, and their characters. */
  names: 1000,
  nameCharacters: 64 * 2 ** 10,
  /** Datasets listed, and bytes of their descriptions as JSON. */
  datasets: 10_000,
  descriptions: 64 * 2 ** 20,
} as const;

export type SearchBounds = { readonly [bound in keyof typeof bounds]: number };

/** Bounds for a leaf that is searched concurrently with many others. */
export const smallBounds: SearchBounds = {
  ...bounds,
  folders: 2000,
  entries: 20_000,
  links: 5000,
  files: 500,
  datasets: 2000,
};

/** A bound was exceeded. The caller may search again with larger bounds. */
export class TooLarge extends Error {}
