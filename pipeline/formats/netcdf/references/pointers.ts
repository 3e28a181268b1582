/** An array whose chunks stay where they are in the file. */
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import type { NetcdfVariable } from "../file.ts";
import { chunkKey, type Reference, type ZarrArray } from "./array.ts";
import { base64 } from "./base64.ts";
import { codecsOf } from "./codecs.ts";
import { fillOf } from "./fill.ts";
import type { Storage } from "./storage.ts";

/** Bytes of a chunk that are put into the reference: fetching them would take longer than reading about them. */
const smallest = 500;

/** Or why there is none. @throws as the source does. */
export async function pointersTo(
  variable: NetcdfVariable,
  storage: Storage,
  source: RangeSource,
  url: string,
): Promise<ZarrArray | string> {
  const { shape } = variable;
  const { dtype, itemSize, chunkShape, pieces, filters, uneven, bytes } = storage;
  if (uneven) return uneven;
  const codecs = codecsOf(filters, itemSize);
  if (typeof codecs === "string") return codecs;
  const fill = fillOf(variable, storage);
  if (typeof fill === "string") return fill;

  const chunks = new Map<string, Reference>();
  if (bytes && bytes.length > 0) chunks.set(chunkKey(shape.map(() => 0)), base64(bytes));
  const isSmall = pieces.reduce((all, { size }) => all + size, 0) <= smallest;
  for (const { index, offset, size } of pieces) {
    chunks.set(chunkKey(index), isSmall ? base64(await source.read(offset, size)) : [url, offset, size]);
  }
  return { shape, chunkShape, dtype, ...codecs, ...fill, chunks };
}
