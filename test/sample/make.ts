/**
 * `npm run sample`: writes `sample/`, the data of the sample campaign, below which every path is the one in tree.yaml.
 *
 * The bytes are the same on every machine. Changing them changes the CIDs in tree.yaml; `sample.test.ts` says to what.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { cameraSidecar, dropsondes, type Image, infrared, report, surfaceMeteorology, track } from "./campaign.ts";
import { writeZarr2, writeZarr3 } from "./zarr.ts";

export function writeSample(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  writeZarr2(join(folder, "products/ALMA/surface_meteorology.zarr"), surfaceMeteorology());
  writeZarr3(join(folder, "products/KITE/KITE-20260126a/track.zarr"), track());
  writeZarr3(join(folder, "products/KITE/KITE-20260126a/dropsondes.zarr"), dropsondes());

  const raw = join(folder, "raw/KITE/KITE-20260126a");
  const camera = join(raw, "infrared_camera");
  mkdirSync(camera, { recursive: true });
  writeFileSync(join(camera, "dataset_meta.yaml"), cameraSidecar);
  for (const [frame, time] of ["122900", "125900", "132900"].entries()) {
    writeFileSync(join(camera, `KITE_20260126T${time}Z.png`), png(infrared(frame)));
  }
  writeFileSync(join(raw, "report.md"), report);
}

/** An 8-bit grey PNG (ISO/IEC 15948, 5 and 11), stored without compression: zlib's versions compress differently. */
function png({ width, height, grey }: Image): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(grey.slice(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(rows, { level: 0 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  chunk.set(named, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}

if (import.meta.main) writeSample(join(import.meta.dirname, "../../sample"));
