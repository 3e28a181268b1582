/**
 * What we ask of a dataset format.
 *
 * A dataset is a folder, recognised by the names in it, or one file, recognised by its first bytes. A reader returns
 * which of them it knows and what such a dataset is about. It has never heard of STAC; `core/stac`, which makes items
 * of descriptions, has never heard of Zarr.
 *
 * To add one: write it in this folder, name it in `readers.ts`, and prove it in `test/formats/` (CONTRIBUTING.md, "Add a reader").
 */
import type { DatasetFinding, Description, Folder } from "../core/dataset/dataset.ts";
import type { RangeSource } from "../core/dataset/range-source.ts";
import type { World } from "../core/world.ts";
import { withBlocks } from "./block-cache.ts";

export interface FormatReader {
  readonly name: string;
  /** Raise it when the same bytes would be described differently: remembered descriptions of other versions are not used. */
  readonly version: number;
  /** Absent where no dataset of this format is a folder. */
  readonly folders?: FolderFormat;
  /** Absent where no dataset of this format is a single file. */
  readonly files?: FileFormat;
}

/** A reader whose datasets are folders. */
export interface FolderReader extends FormatReader {
  readonly folders: FolderFormat;
}

/** The names in a folder. */
export type Names = Pick<ReadonlySet<string>, "has" | "keys" | "size">;

export interface FolderFormat {
  recognises(names: Names): boolean;
  /**
   * Read only what the description needs.
   *
   * @throws Failure `input` where the content is bad (it stays bad, so this may be remembered); `unavailable` where
   * bytes could not be had (never remembered).
   */
  describe(folder: Folder, world: World): Promise<Description>;
  /**
   * What is missing of a folder that no reader recognises, but that is what is left of a dataset: "no .zgroup at its
   * root". `undefined` for any other folder. `inner` are the names of the folders in it.
   */
  missing?(folder: Folder, inner: readonly string[], world: World): Promise<string | undefined>;
  /** What shows in the names of all files of a dataset. For data of this machine only, where listing them costs little. */
  checkFiles?(folder: Folder, world: World): Promise<readonly DatasetFinding[]>;
}

/** Bytes from the start of a file that show its format. HDF5 may begin behind a user block of 512, 1024 or 2048 bytes. */
export const startLength = 32_768;

export interface FileFormat {
  /** `start`: the first {@link startLength} bytes, or all of a shorter file. Its name does not count: extensions can be wrong. */
  recognises(start: Uint8Array): boolean;
  /** As for a folder. `file` remembers the blocks that were read of it last (`withBlocks`). */
  describe(file: RangeSource, world: World): Promise<Description>;
  /**
   * Where in the file, which is at `url`, its values are. Depends on nothing but the file, `url` and the reader's version.
   * Absent where such files are read as a whole.
   *
   * @throws Failure as `describe` does.
   */
  references?(file: RangeSource, url: string, world: World): Promise<References>;
  /**
   * The same of several files that continue one another, or why these don't. Absent where files of the format never do.
   *
   * @throws Failure `unavailable` as the sources do.
   */
  joinedReferences?(files: readonly FilePart[], world: World): Promise<References>;
}

/** One of several files of a folder. */
export interface FilePart {
  readonly name: string;
  readonly url: string;
  open(): Promise<RangeSource>;
}

/** A file's arrays as Zarr's readers take them: kerchunk's JSON and what it lacks, or why there is none. */
export type References =
  | {
      readonly json: string;
      /** Whether it has consolidated metadata, without which groups below the root are not found. */
      readonly consolidated: boolean;
      readonly leftOut: readonly string[];
    }
  | { readonly why: string };

/** The first of `readers` that describes folders with these names, and how. */
export function folderReaderOf(
  readers: readonly FormatReader[],
  names: Names,
): { readonly reader: FormatReader; readonly folders: FolderFormat } | undefined {
  for (const reader of readers) {
    if (reader.folders?.recognises(names)) return { reader, folders: reader.folders };
  }
  return undefined;
}

/** A file whose first bytes were read. */
export interface StartedFile {
  readonly start: Uint8Array;
  /** The first of the readers that describes files beginning like this one, and how. */
  readonly recognised?: { readonly reader: FormatReader; describe(world: World): Promise<Description> };
}

/** Finds the reader of a file by its first bytes. Nothing else is read of it, and nothing at all where no reader reads files. */
export async function startFile(readers: readonly FormatReader[], source: RangeSource): Promise<StartedFile> {
  if (source.size === 0 || readers.every(({ files }) => files === undefined)) return { start: new Uint8Array(0) };
  const file = withBlocks(source);
  const start = await file.read(0, startLength);
  for (const reader of readers) {
    const { files } = reader;
    if (files?.recognises(start))
      return { start, recognised: { reader, describe: (world) => files.describe(file, world) } };
  }
  return { start };
}

/** The first of `readers` that describes files beginning like this one, and how. Few bytes are read of any other file. */
export async function fileReaderOf(
  readers: readonly FormatReader[],
  source: RangeSource,
): Promise<StartedFile["recognised"]> {
  return (await startFile(readers, source)).recognised;
}

/** The first of `readers` that knows the folder for the rest of a dataset, and what is missing of it. */
export async function incompleteDataset(
  readers: readonly FormatReader[],
  folder: Folder,
  inner: readonly string[],
  world: World,
): Promise<{ readonly reader: string; readonly missing: string } | undefined> {
  if (inner.length === 0) return undefined;
  for (const { name, folders } of readers) {
    const missing = await folders?.missing?.(folder, inner, world);
    if (missing !== undefined) return { reader: name, missing };
  }
  return undefined;
}
