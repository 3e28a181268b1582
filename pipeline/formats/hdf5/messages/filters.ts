/** Section IV.A.2.l, "The Data Storage - Filter Pipeline Message", versions 1 and 2. */
import type { Hdf5Filter } from "../model.ts";
import { type Cursor, textOf } from "../structure/cursor.ts";

/** @see https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md */
const names: ReadonlyMap<number, string> = new Map([
  [1, "deflate"],
  [2, "shuffle"],
  [3, "fletcher32"],
  [4, "szip"],
  [5, "nbit"],
  [6, "scaleoffset"],
  [305, "lzo"],
  [307, "bzip2"],
  [32000, "lzf"],
  [32001, "blosc"],
  [32003, "snappy"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
  [32017, "sz"],
  [32019, "jpeg"],
  [32022, "bitgroom"],
  [32023, "granular bitround"],
  [32024, "sz3"],
  [32026, "blosc2"],
]);

const mostFilters = 32;

/** @throws Failure `input` where it contradicts itself. */
export function readFilters(cursor: Cursor): Hdf5Filter[] {
  const version = cursor.version("a filter pipeline", 1, 2);
  const count = cursor.uint(1);
  if (count > mostFilters) throw cursor.damage(`there are ${count} filters`);
  if (version === 1) cursor.skip(6);
  return Array.from({ length: count }, () => {
    const id = cursor.uint(2);
    // Version 2 leaves out the names of HDF5's own filters.
    const nameLength = version === 1 || id >= 256 ? cursor.uint(2) : 0;
    const flags = cursor.uint(2);
    const parameterCount = cursor.uint(2);
    const stored = textOf(cursor.take(version === 1 ? nameLength + (-nameLength & 7) : nameLength));
    const parameters = Array.from({ length: parameterCount }, () => cursor.uint(4));
    if (version === 1 && parameterCount % 2 === 1) cursor.skip(4);
    return { id, name: names.get(id) ?? (stored || `number ${id}`), parameters, optional: (flags & 1) !== 0 };
  });
}
