/** Describes NetCDF files of this disk as a scan does, and prints the blocks of 256 KiB that were read: a contestant of `netcdf.ts`. */
import { readers } from "../pipeline/campaign/readers/readers.ts";
import type { RangeSource } from "../pipeline/core/dataset/range-source.ts";
import { localFile } from "../pipeline/disk/folder.ts";
import { fileReaderOf } from "../pipeline/formats/reader.ts";
import { testWorld } from "../test/fakes/world.ts";

let blocks = 0;
const counted = ({ size, read }: RangeSource): RangeSource => ({
  size,
  read(offset, length) {
    blocks += Math.ceil(length / 262_144);
    return read(offset, length);
  },
});

for (const path of process.argv.slice(2)) {
  const found = await fileReaderOf(readers, counted(await localFile(path)));
  if (!found) throw new Error(`${path} is not recognised`);
  await found.describe(testWorld());
}
console.log(blocks);
