/** Rules on how a dataset is stored: what it costs to open and to read over a network. */
import type { Rules } from "../rule.ts";

export const storageRules = {
  "small-chunks": {
    level: "warning",
    finds: "Chunks are smaller than 64 kB.",
    reason: "Each chunk is a request of its own; over a network, many small ones take mostly waiting.",
    fix: "Rechunk to a megabyte or more a chunk before adding, or use Zarr's sharding.",
  },
  "large-chunks": {
    level: "warning",
    finds: "Chunks are larger than 64 MB.",
    reason: "A chunk is loaded whole for a single value.",
    fix: "Rechunk to some megabytes a chunk before adding.",
  },
  "sharded-directory": {
    level: "warning",
    finds: "A directory has so many names that it is split over blocks (a HAMT).",
    reason: "Some clients, ipfsspec among them, can't list it.",
    fix: 'Write it with dimension_separator="/", with larger chunks, or with Zarr\'s sharding.',
  },
  "many-chunks": {
    level: "hint",
    finds: "A Zarr array is stored in more than 10 000 files and not sharded.",
    reason: "Each file is announced, pinned and fetched by itself.",
    fix: "Write it with Zarr's sharding (version 3), or with larger chunks.",
  },
  uncompressed: {
    level: "hint",
    finds: "Arrays of 16 MB or more are stored without compression.",
    reason: "All of it is stored, pinned and fetched at full size.",
    fix: "Write it with a compressor, such as zstd; `nccopy -4 -d 4 -s` for NetCDF.",
  },
  "better-as-zarr": {
    level: "hint",
    finds: "A NetCDF or HDF5 file has 64 MB or more.",
    reason: "Of a Zarr store, a part is fetched in fewer requests, and by more programs.",
    fix: "Convert it with the lines below, which give the same CID each time.",
  },
  "not-consolidated": {
    level: "warning",
    finds: "A Zarr store has no consolidated metadata.",
    reason: "Opening it takes a request for each array, and some tools can't.",
    fix: "Run `zarr.consolidate_metadata(store)` before adding.",
  },
  "stale-metadata": {
    level: "warning",
    finds: "A Zarr array's own metadata differ from the consolidated ones.",
    reason: "Readers take the consolidated ones, so what was appended is invisible.",
    fix: "Run `zarr.consolidate_metadata(store)` before adding.",
  },
  "two-versions": {
    level: "hint",
    finds: "A folder has metadata of Zarr version 2 and 3.",
    reason: "Programs may read different data.",
    fix: "Remove zarr.json, or .zgroup, .zarray, .zattrs and .zmetadata, whichever is older.",
  },
  "no-group": {
    level: "warning",
    finds: "A folder in a Zarr store has arrays, and no group metadata of its own.",
    reason: "Programs do not see its arrays.",
    fix: "Copy its dot-files as well, or write the group's metadata.",
  },
  "missing-chunks": {
    level: ["warning", "hint"],
    finds: "Chunks of a Zarr array are missing.",
    reason: "They read as the fill value. That is right for sparse data, and a loss after an incomplete copy.",
    fix: "Where they hold data, copy them as well; where they don't, nothing is wrong.",
  },
  "empty-chunks": {
    level: "warning",
    finds: "Chunk files have no bytes.",
    reason: "They can't be read.",
    fix: "Copy them again.",
  },
  "many-files": {
    level: "warning",
    finds: "A folder has more files than an item lists.",
    reason: "The others are not in the catalog, and many small files take long to fetch.",
    fix: "Pack them into few large ones.",
  },
  "members-differ": {
    level: ["warning", "hint"],
    finds: "Like files in one folder, which are one dataset, differ in their variables.",
    reason: "Programs that open them together fail, or fill what is missing.",
    fix: "Write all files with the same variables, or put those that differ into a folder of their own.",
  },
  "many-members": {
    level: "warning",
    finds: "A folder has more like files than an item lists.",
    reason: "The others are not in the catalog, and many small files take long to fetch.",
    fix: "Put them into folders of fewer files, such as one for each flight or month, or into few larger files.",
  },
} as const satisfies Rules;
