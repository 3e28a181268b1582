/**
 * HDF5 files, read by ranges: what is in them, and values of what is sought, without the rest of the file.
 *
 * Structures are read as they are needed, independent ones in parallel. No number in a file is trusted: every
 * size is checked against the file or a budget before memory is allocated, every checksum there is is verified, and no
 * tree is followed twice through a node. So any bytes end in values or in a Failure `input` with the byte that is wrong.
 *
 * Not read, and named where met: superblocks above 3, compressed fractal heaps, virtual datasets, external files, VAX and
 * other floats than IEEE's, filters whose codec the project lacks.
 *
 * ```ts
 * const file = await openHdf5(withBlocks(source), decompressors);
 * for (const link of await file.root.links()) await file.root.open(link);
 * ```
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_s_p_e_c.html
 */

import type { RangeSource } from "../../core/dataset/range-source.ts";
import type { Decompressors } from "../decompressors.ts";
import { type KnownAttributes, knownAttributes } from "./messages/known-attributes.ts";
import type { Hdf5File } from "./model.ts";
import { linksByName, objectAt } from "./objects.ts";
import { damaged } from "./structure/failures.ts";
import { objectsIn } from "./structure/objects.ts";
import { readSuperblock } from "./structure/superblock.ts";

/**
 * @param source through `withBlocks`: it is asked for thousands of small ranges.
 * @param using what undoes the filters deflate, zstd and bzip2; without one, datasets that need it have a `problem`.
 * @param known of files opened before: attributes that are the same are not read again.
 * @throws Failure `input` where it is no HDF5 file or damaged; `unavailable` as the source does.
 */
export async function openHdf5(
  source: RangeSource,
  using: Decompressors,
  known: KnownAttributes = knownAttributes(),
): Promise<Hdf5File> {
  const superblock = await readSuperblock(source);
  const objects = objectsIn(superblock, known);
  const file = { objects, using, root: superblock.root, ledThrough: linksByName(objects) };
  const root = await objectAt(file, superblock.root, "/");
  if (root.kind !== "group") throw damaged("its root is no group", superblock.storage.base + superblock.root);
  return {
    superblock: superblock.version,
    userBlock: superblock.storage.base,
    root,
    objectAt: (address, path) => objectAt(file, address, path),
  };
}
