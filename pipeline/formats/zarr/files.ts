/**
 * What the names of a store's files show: chunks that are not there, and metadata that went stale.
 *
 * Nothing is decoded. A chunk that isn't there is no fault by itself, since zarr-python leaves out those that consist of
 * the fill value alone; but a copy that broke off has the same names, and reads as fill values without a warning. So a finding reports it,
 * as loudly as it is likely to be a loss.
 */

import { type DatasetFinding, type Folder, TooManyNames } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import { stableJson } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { chunksPer, product } from "../codecs/block.ts";
import type { Decompressors } from "../decompressors.ts";
import { arrayOf, type ZarrArray } from "./array.ts";
import { limits, readJsonObject } from "./json.ts";
import { openStore, type ZarrStore } from "./store.ts";

/** Findings of one kind; chunks of one array that are counted, so that a listing costs seconds at most. */
const most = { alike: 20, chunks: 1_000_000 } as const;

/** @throws what the folder throws. */
export async function checkFiles(
  folder: Folder,
  using: Decompressors,
  world: World,
): Promise<readonly DatasetFinding[]> {
  const store = await openStore(folder, world);
  const missing: DatasetFinding[] = [];
  const stale: DatasetFinding[] = [];
  for (const [path, document] of store.arrays) {
    if (missing.length < most.alike) missing.push(...(await chunksMissing(folder, arrayIn(store, path, using), world)));
    if (store.consolidated && stale.length < most.alike)
      stale.push(...(await staleMetadata(folder, path, document.document, store.version, world)));
  }
  return [...missing, ...stale];
}

/** `undefined` for one that makes no sense, which is reported where the store is described. */
function arrayIn({ arrays, version }: ZarrStore, path: string, using: Decompressors): ZarrArray | undefined {
  try {
    return arrayOf(path, arrays.get(path)!, version, using);
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return undefined;
  }
}

async function chunksMissing(
  folder: Folder,
  array: ZarrArray | undefined,
  world: World,
): Promise<readonly DatasetFinding[]> {
  if (!array?.storedChunks) return [];
  const counts = chunksPer(array.shape, array.storedChunks);
  const expected = product(counts);
  if (expected === 0) return [];
  if (expected > most.chunks) return [uncounted(array)];
  const counted = await countChunks(folder, array, counts, world);
  if (!counted) return [uncounted(array)];
  const { there, empty } = counted;
  return [
    ...(there < expected && !isPlaceholder(array) ? [missingChunks(array, expected - there, expected)] : []),
    ...(empty > 0 ? [emptyChunks(array, empty)] : []),
  ];
}

/**
 * Files whose names are those of chunks of this grid, and how many of them have no bytes; `undefined` where a folder has
 * more names than are listed.
 */
async function countChunks(
  root: Folder,
  { path, keys, shape }: ZarrArray,
  counts: readonly number[],
  world: World,
): Promise<{ there: number; empty: number } | undefined> {
  const parts = [
    ...(keys.prefix === "c" ? ["c"] : []),
    ...(keys.prefix === "" && shape.length === 0 ? ["0"] : []),
    ...counts,
  ];
  const fits = (names: readonly string[]) =>
    names.every((name, i) => {
      const part = parts[i];
      return typeof part === "string" ? name === part : /^(0|[1-9]\d*)$/.test(name) && Number(name) < (part ?? 0);
    });
  let [there, empty] = [0, 0];
  const walk = async (folder: Folder, above: readonly string[]): Promise<void> => {
    world.signal.throwIfAborted();
    for (const [name, entry] of folder.entries) {
      const names = [...above, ...(keys.separator === "." ? name.split(".") : [name])];
      if (names.length > parts.length || !fits(names)) continue;
      if (names.length < parts.length) {
        const inner = keys.separator === "/" ? await folder.folder(name, world) : undefined;
        if (inner) await walk(inner, names);
        continue;
      }
      there++;
      if (entry.size === 0) empty++;
    }
  };
  try {
    const listing = path === "" ? root : await root.folder(path, world);
    if (listing) await walk(listing, []);
  } catch (error) {
    if (error instanceof TooManyNames) return undefined;
    throw error;
  }
  return { there, empty };
}

const uncounted = ({ path }: ZarrArray): DatasetFinding => ({
  level: "hint",
  rule: "missing-chunks",
  says: `chunks of ${name(path)} are too many to see whether all are there`,
});

function missingChunks(array: ZarrArray, missing: number, expected: number): DatasetFinding {
  const { path, pipeline, fillValue } = array;
  const unit = pipeline?.sharding ? "shard" : "chunk";
  const some =
    missing < expected
      ? `${missing} of ${expected} ${unit}s`
      : expected === 1
        ? `the only ${unit}`
        : `all ${expected} ${unit}s`;
  const [are, read] = some.startsWith("the only") ? ["is", "reads"] : ["are", "read"];
  const as = fillValue === null ? `0, though it declares no fill value` : `its fill value (${fillText(array)})`;
  return {
    level: isProbablyLost(array, missing === expected) ? "warning" : "hint",
    rule: "missing-chunks",
    says: `${some} of ${name(path)} ${are} not there and ${read} as ${as}`,
    fix: "where they hold data, copy them, too; where they don't, nothing is wrong",
  };
}

/** Single values that carry attributes alone, such as grid mappings: they are 0, and 0 is not written. */
const isPlaceholder = (array: ZarrArray) =>
  product(array.shape) === 1 && !isCoordinate(array) && (array.fillValue === null || Number(array.fillValue) === 0);

const isCoordinate = ({ path, dimensionNames }: ZarrArray) =>
  dimensionNames?.length === 1 && dimensionNames[0] === path.slice(path.lastIndexOf("/") + 1);

/**
 * Sparse data are as they should be where writers leave out what is all fill value. That is not so for arrays without
 * one, for coordinates, and hardly for an array of which nothing is there; single values are often the fill value.
 */
function isProbablyLost(array: ZarrArray, isAll: boolean): boolean {
  return product(array.shape) > 1 && (array.fillValue === null || isCoordinate(array) || isAll);
}

const fillText = ({ fillValue }: ZarrArray) =>
  shown(typeof fillValue === "string" ? fillValue || '""' : JSON.stringify(fillValue), 40);

const emptyChunks = ({ path }: ZarrArray, empty: number): DatasetFinding => ({
  level: "warning",
  rule: "empty-chunks",
  says: `${empty} chunk file${empty === 1 ? "" : "s"} of ${name(path)} ${empty === 1 ? "has" : "have"} no bytes and can't be read`,
  fix: "copy them again",
});

const name = (path: string) => (path ? shown(path) : "the array");

/** Readers take the consolidated metadata: data that were appended without writing these again are not found. */
async function staleMetadata(
  folder: Folder,
  path: string,
  consolidated: object,
  version: 2 | 3,
  world: World,
): Promise<readonly DatasetFinding[]> {
  if (path === "") return [];
  const file = `${path}/${version === 2 ? ".zarray" : "zarr.json"}`;
  const bytes = await folder.read(file, world, { offset: 0, length: limits.bytes + 1 });
  if (!bytes) return [];
  const own = documentOr(bytes, file);
  const differing = ["shape", "chunks", "chunk_grid", "dtype", "data_type", "fill_value", "codecs", "compressor"].find(
    (key) => stableJson(own?.[key]) !== stableJson((consolidated as Record<string, unknown>)[key]),
  );
  if (differing === undefined) return [];
  return [
    {
      level: "warning",
      rule: "stale-metadata",
      says: `${file} has another ${differing} than the consolidated metadata, which are what readers take`,
      fix: `zarr.consolidate_metadata(store, zarr_format=${version})`,
    },
  ];
}

function documentOr(bytes: Uint8Array, file: string) {
  try {
    return readJsonObject(bytes, file);
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return undefined;
  }
}
