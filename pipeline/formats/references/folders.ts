/**
 * Folders that only refer to data or store it in a form that is not read, recognised so that no reader takes them for something
 * else: kerchunk references in Parquet, which look like a consolidated Zarr store, and Icechunk repositories. VirtualiZarr
 * writes both.
 *
 * @see https://icechunk.io/en/latest/reference/spec/
 */
import type { DatasetFinding, Description, Folder } from "../../core/dataset/dataset.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { FolderReader } from "../reader.ts";
import { Unsupported } from "../unsupported.ts";
import { limits, readJsonObject } from "../zarr/json.ts";

/** `zarr`, which describes a folder of kerchunk references from its metadata alone. */
export function withReferences(zarr: FolderReader): FolderReader {
  return {
    ...zarr,
    version: zarr.version * 10 + 1,
    folders: {
      ...zarr.folders,
      async describe(folder, world) {
        if (!(await isReferences(folder, world))) return zarr.folders.describe(folder, world);
        const { findings, ...described } = await zarr.folders.describe(metadataOf(folder), world);
        return { ...described, access: { format: "files", files: [] }, findings: [inParquet, ...findings] };
      },
    },
  };
}

/** Whether a `.zmetadata` states how many references a file has, as no Zarr store does. */
async function isReferences(folder: Folder, world: World): Promise<boolean> {
  const { entries } = folder;
  if (!entries.has(".zmetadata") || entries.has(".zgroup") || entries.has(".zarray") || entries.has("zarr.json"))
    return false;
  const bytes = await folder.read(".zmetadata", world, { offset: 0, length: limits.bytes + 1 });
  try {
    return bytes !== undefined && typeof readJsonObject(bytes, ".zmetadata").record_size === "number";
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    // The reader of the store reports what is wrong with it.
    return false;
  }
}

/** The folder without values: an absent chunk would stand for the fill value. */
const metadataOf = (folder: Folder): Folder => ({
  ...folder,
  read: async (path, world, range) => {
    if (path === ".zmetadata") return folder.read(path, world, range);
    throw new Unsupported("its values are references to other files");
  },
});

const inParquet: DatasetFinding = {
  level: "warning",
  rule: "values-elsewhere",
  says: "it has kerchunk references in Parquet: the values are in other files, which are not part of it, and are not read",
  fix: "publish those files, too, and refer to them by ipfs:// addresses; or publish the data as Zarr or NetCDF",
};

/** Described as far as the folder describes itself; its sidecar may add to it. */
export const icechunk: FolderReader = {
  name: "icechunk",
  version: 1,
  folders: {
    recognises: (names) => ["snapshots", "manifests", "transactions"].every((name) => names.has(name)),
    describe: describeRepository,
  },
};

/** "ICE🧊CHUNK" begins each of its binary files. */
const magic = new TextEncoder().encode("ICE🧊CHUNK");

/** @throws Failure `input` where the folder has the names of a repository, and no snapshot of one */
async function describeRepository(folder: Folder, world: World): Promise<Description> {
  const snapshots = await folder.folder("snapshots", world);
  const [first] = snapshots?.entries.keys() ?? [];
  const start =
    first === undefined ? undefined : await snapshots?.read(first, world, { offset: 0, length: magic.length });
  if (!start || start.length < magic.length || !magic.every((byte, i) => start[i] === byte))
    throw new Failure(
      "input",
      "it has the folders of an Icechunk repository, but its snapshots are none of Icechunk's",
    );
  return {
    attributes: {},
    dimensions: [],
    variables: [],
    access: { format: "files", files: [] },
    findings: [
      {
        level: "hint",
        rule: "kind-not-read",
        says: "an Icechunk repository is not read: its variables, times and places are unknown",
        fix: "describe it in a dataset_meta.yaml in it, or publish a Zarr store",
      },
    ],
  };
}
