/**
 * Datasets of Open Data Fabric, as kamu writes them: a folder with a chain of metadata blocks, and slices of data in Parquet.
 *
 * @see https://github.com/open-data-fabric/open-data-fabric/blob/master/open-data-fabric.md
 */
import type { FolderReader } from "../reader.ts";

export const odf: FolderReader = {
  name: "odf",
  version: 1,
  folders: {
    recognises: (names) => names.has("refs") && names.has("blocks"),
    // Loaded when the first such dataset is described, since most campaigns have none.
    describe: async (folder, world) => (await import("./describe.ts")).describe(folder, world),
  },
};
