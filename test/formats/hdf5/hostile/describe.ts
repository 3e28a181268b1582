/** A process that describes files, one after another: a line of JSON for each, and at the end what memory it took at most. */
import { open } from "node:fs/promises";
import { decompressors } from "../../../../pipeline/campaign/readers/decompressors.ts";
import { isFailure } from "../../../../pipeline/core/failure.ts";
import { withBlocks } from "../../../../pipeline/formats/block-cache.ts";
import { netcdf } from "../../../../pipeline/formats/netcdf/netcdf.ts";
import { testWorld } from "../../../fakes/world.ts";

const reader = netcdf(decompressors);
for (const path of process.argv.slice(2)) {
  const file = await open(path);
  const { size } = await file.stat();
  let blocks = 0;
  const read = async (offset: number, length: number) => {
    blocks += Math.ceil(length / 262_144);
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  try {
    const { findings } = await reader.files!.describe(withBlocks({ size, read }), testWorld());
    console.log(JSON.stringify({ says: findings.map(({ says }) => says), blocks }));
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    console.log(JSON.stringify({ fails: error.message, blocks }));
  }
  await file.close();
}
// In kilobytes, since the process began.
console.log(JSON.stringify({ memory: process.resourceUsage().maxRSS * 1024 }));
