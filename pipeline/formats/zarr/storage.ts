/**
 * How the arrays of a store are stored: their chunks' number and sizes, as metadata and directory links have them.
 *
 * Nothing of a chunk is read. A store's own directory has the bytes of each array, which with the number of chunks is
 * enough for most. Only of an array whose chunks seem too small, too large or too many for one directory a part of that
 * directory is read, of few blocks.
 */
import { goodChunk, type StoredArray, tiny } from "../../core/checks/storage.ts";
import { inOrder } from "../../core/concurrency.ts";
import type { Folder, FolderSample } from "../../core/dataset/dataset.ts";
import type { Json } from "../../core/json.ts";
import type { World } from "../../core/world.ts";
import { product } from "../codecs/block.ts";
import { evenly } from "../read-limits.ts";
import type { ZarrArray } from "./array.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { ZarrStore } from "./store.ts";

/** Arrays whose directories are read; how many at once; chunks of each that are measured. */
const most = { arrays: 16, atOnce: 4, sizes: 256 } as const;

/** Bytes of a CIDv1, which a directory has for each name; bytes of both beyond which it is split: see `dag/profile.ts`. */
const directory = { cid: 36, splitFrom: 262_144 } as const;

/** @throws what the folder throws. */
export async function storageOf(
  folder: Folder,
  { arrays: documents }: ZarrStore,
  arrays: readonly ZarrArray[],
  world: World,
): Promise<readonly StoredArray[]> {
  const known = arrays.map((array) => byMetadata(folder, array, documents.get(array.path)?.document ?? {}));
  if (known.reduce((sum, { bytes }) => sum + bytes, 0) < tiny) return known.map(({ stored }) => stored);
  const unsure = known
    .filter(({ isSure }) => !isSure)
    .sort((a, b) => b.stored.chunks - a.stored.chunks)
    .slice(0, most.arrays);
  const measured = new Map<ZarrArray, StoredArray>();
  const measure = async ({ array, stored }: Known) => [array, await byDirectory(folder, array, stored, world)] as const;
  for await (const [array, stored] of inOrder(unsure, most.atOnce, measure)) measured.set(array, stored);
  return known.map(({ array, stored }) => measured.get(array) ?? stored);
}

interface Known {
  readonly array: ZarrArray;
  readonly stored: StoredArray;
  /** Bytes in memory. */
  readonly bytes: number;
  /** Whether its directory would add nothing. */
  readonly isSure: boolean;
}

function byMetadata(folder: Folder, array: ZarrArray, document: JsonObject): Known {
  const { path, shape, storedChunks, itemSize, keys } = array;
  const bytes = product(shape) * itemSize;
  const compressed = isCompressed(document);
  const grid = shape.map((length, i) => Math.ceil(length / (storedChunks?.[i] ?? length)) || 0);
  const chunks = Math.max(1, product(grid));
  const stored = { name: path || "array", bytes, compressed, chunks };
  if (!storedChunks || chunks === 1) return { array, stored, bytes, isSure: true };

  const names = keys.separator === "/" ? (grid.at(-1) ?? 1) : chunks;
  const mayBeSplit = names * (directory.cid + (keys.separator === "/" ? 1 : 2 * grid.length)) > directory.splitFrom;
  // A shard is fetched in parts, which have the size of its inner chunks.
  if (array.pipeline?.sharding) return { array, stored, bytes, isSure: !mayBeSplit };
  const whole = product(storedChunks.map((length, i) => Math.min(length, shape[i]!))) * itemSize;
  if (whole > 0 && (!compressed || whole < goodChunk.least))
    return { array, stored: { ...stored, chunkBytes: whole }, bytes, isSure: !mayBeSplit };
  // The link to an array in a group has its size in the group's directory, which is not read for that.
  const mean = (folder.entries.get(path)?.size ?? 0) / chunks;
  const isFine = mean >= goodChunk.least && mean <= goodChunk.most;
  return { array, stored: isFine ? { ...stored, chunkBytes: mean } : stored, bytes, isSure: isFine && !mayBeSplit };
}

async function byDirectory(folder: Folder, array: ZarrArray, stored: StoredArray, world: World): Promise<StoredArray> {
  const { path, keys, shape } = array;
  const isFlat = keys.separator === ".";
  const isBelow = keys.prefix === "c" && !isFlat;
  let at = [...(path === "" ? [] : [path]), ...(isBelow ? ["c"] : [])].join("/");
  let sample: FolderSample | undefined;
  let isSplit = false;
  // A folder for each dimension but the last, where there are folders.
  for (let left = isFlat ? 0 : shape.length - 1; ; left--) {
    sample = await folder.sample?.(at, world);
    if (!sample) return stored;
    isSplit ||= sample.isSplit;
    if (left <= 0) break;
    const inner = namesOfChunks(sample)[0];
    if (inner === undefined) return stored;
    at = at === "" ? inner : `${at}/${inner}`;
  }
  const names = namesOfChunks(sample);
  if (names.length === 0) return { ...stored, isSplit };
  const chosen = evenly(names.length, most.sizes).map((i) => names[i]!);
  const entries = sample.entries;
  const chunkBytes = median(chosen.map((name) => entries.get(name)?.size ?? 0));
  return {
    ...stored,
    ...(isFlat && sample.isWhole && { chunks: names.length }),
    ...(!array.pipeline?.sharding && { chunkBytes }),
    isSplit,
  };
}

const namesOfChunks = ({ entries }: FolderSample) =>
  [...entries.keys()].filter((name) => /^(c\.)?\d+(\.\d+)*$/.test(name));

function median(sizes: readonly number[]): number {
  return sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0;
}

/** What changes no number of bytes to speak of: order, checksums, types. */
const plainCodec =
  /^(bytes|endian|transpose|crc32c?|adler32|jenkins_lookup3|fletcher32|vlen-(utf8|bytes|array)|astype|shuffle|delta|fixedscaleoffset)$/;

/** Whether an array's metadata name a codec that compresses: in version 2 `compressor` and `filters`, in version 3 `codecs`. */
function isCompressed({ compressor, filters, codecs }: JsonObject): boolean {
  const named = [compressor, ...(Array.isArray(filters) ? filters : []), ...(Array.isArray(codecs) ? codecs : [])];
  return named.some((codec: Json | undefined) => {
    if (!isObject(codec)) return false;
    const name = String(codec.id ?? codec.name).replace(/^numcodecs\./, "");
    if (name === "sharding_indexed")
      return isObject(codec.configuration) && isCompressed({ codecs: codec.configuration.codecs ?? null });
    return !plainCodec.test(name);
  });
}
