/**
 * HDF5's filters as codecs of numcodecs, which Zarr's readers in Python have.
 *
 * Parameters that only matter for encoding are those of the codec's own defaults.
 *
 * @see https://numcodecs.readthedocs.io/
 */
import type { Hdf5Filter } from "../../hdf5/model.ts";
import type { Codec } from "./array.ts";

export interface Codecs {
  readonly filters: readonly Codec[];
  readonly compressor?: Codec;
}

const compressors = new Set(["zlib", "zstd", "blosc", "bz2"]);

/** In the order of `filters`, or why there are none. @param size bytes of an element. */
export function codecsOf(filters: readonly Hdf5Filter[], size: number): Codecs | string {
  const codecs: Codec[] = [];
  for (const filter of filters) {
    const codec = codecOf(filter, size);
    if (codec === undefined) return `numcodecs has no codec for HDF5's filter ${filter.name} (${filter.id})`;
    if (codec !== "none") codecs.push(codec);
  }
  const last = codecs.at(-1);
  if (!last || !compressors.has(last.id)) return { filters: codecs };
  return { filters: codecs.slice(0, -1), compressor: last };
}

/** `none` for what leaves nothing to undo. LZ4 has other frames in HDF5 than in numcodecs, LZF is not there. */
function codecOf({ id, parameters }: Hdf5Filter, size: number): Codec | "none" | undefined {
  switch (id) {
    case 1:
      return { id: "zlib", level: parameters[0] ?? 1 };
    case 2:
      return { id: "shuffle", elementsize: parameters[0] || size };
    case 3:
      return { id: "fletcher32" };
    case 307:
      return { id: "bz2", level: parameters[0] ?? 1 };
    case 32001:
      return { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 0 };
    case 32015:
      return { id: "zstd", level: parameters[0] ?? 0 };
    case 32022:
    case 32023:
      return "none";
    default:
      return undefined;
  }
}
