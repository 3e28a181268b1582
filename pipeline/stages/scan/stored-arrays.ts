/**
 * Compares the arrays of two versions of a Zarr store by the CIDs of their files: whether values changed follows from
 * directories alone, and no chunk is read.
 *
 * Chunks that differ may have the same values, compressed otherwise; those that are the same have the same.
 */

import type { CID } from "multiformats/cid";
import { identity, parseCid } from "../../core/cid.ts";
import { isFailure } from "../../core/failure.ts";
import type { DatasetEntry } from "../../core/stac/catalog-entry.ts";
import type { ArrayDifference } from "../../core/versions/difference.ts";
import { variableChanges, variablesOf } from "../../core/versions/variables.ts";
import { codecs, type Get } from "../../dag/block.ts";
import { listingOf } from "../../dag/read/listing.ts";
import { resolve, stat } from "../../dag/read/read.ts";

/** Of one dataset: arrays compared, directories of one array listed, entries of one of them. */
const most = { arrays: 500, directories: 1000, names: 50_000 } as const;

/**
 * The arrays that both have, in the order of `after`; `undefined` where they are not both Zarr stores.
 *
 * @throws Failure as `get` does.
 */
export async function comparedArrays(
  before: DatasetEntry,
  after: DatasetEntry,
  get: Get,
): Promise<ArrayDifference[] | undefined> {
  if (![before, after].every(({ item }) => item.assets.data?.["zarr:zarr_format"] !== undefined)) return undefined;
  const renamed = variableChanges(variablesOf(before.item), variablesOf(after.item)).flatMap((change) =>
    change.op === "renamed" ? [[change.name, change.from] as const] : [],
  );
  const oldNames = new Map(renamed);
  const earlier = new Set(arraysOf(before));
  const [from, to] = [parseCid(before.cid), parseCid(after.cid)];
  const compared: ArrayDifference[] = [];
  for (const name of arraysOf(after).slice(0, most.arrays)) {
    const oldName = oldNames.get(name) ?? name;
    if (!earlier.has(oldName)) continue;
    const [old, now] = [await resolve(from, oldName, get), await resolve(to, name, get)];
    // A dimension without a coordinate has no array.
    if (old && now) compared.push({ name, ...(await comparedArray(old, now, get)) });
  }
  return compared;
}

/** Paths of arrays in the store: those of variables, and of dimensions, which may have a coordinate. */
function arraysOf({ item }: DatasetEntry): string[] {
  const dimensions = (item.properties["cube:dimensions"] ?? {}) as Readonly<Record<string, unknown>>;
  return [...variablesOf(item).keys(), ...Object.keys(dimensions)].filter(isPath);
}

const isPath = (name: string) => name.split("/").every((part) => part !== "" && part !== "." && part !== "..");

type Compared = Omit<ArrayDifference, "name">;

async function comparedArray(old: CID, now: CID, get: Get): Promise<Compared> {
  if (identity(old) === identity(now)) return { values: "same", metadata: "same" };
  const counts = { changed: 0, added: 0, removed: 0 };
  let metadata: Compared["metadata"] = "same";
  const pairs: [old: CID, now: CID][] = [[old, now]];
  let listed = 0;
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    if (++listed > most.directories) return { values: "changed", metadata };
    const [before, after] = await Promise.all(pair.map((cid) => namesIn(cid, get)));
    if (!before || !after) return { values: "unknown", metadata: "unknown" };
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [before.get(name), after.get(name)];
      if (was && is && identity(was) === identity(is)) continue;
      if (isMetadata(name)) metadata = "changed";
      else if (was && is && (await areFolders(was, is, get))) pairs.push([was, is]);
      else counts[was && is ? "changed" : is ? "added" : "removed"]++;
    }
  }
  const changed = counts.changed + counts.added + counts.removed > 0;
  return changed ? { values: "changed", metadata, chunks: counts } : { values: "same", metadata };
}

/** Version 2 has three files of these names, version 3 one. No chunk begins with a dot. */
const isMetadata = (name: string) => name.startsWith(".z") || name === "zarr.json";

/** `undefined` where it is no directory, or has very many entries. */
async function namesIn(cid: CID, get: Get): Promise<ReadonlyMap<string, CID> | undefined> {
  if (cid.code === codecs.raw) return undefined;
  try {
    const listing = await listingOf(cid, get, most.names);
    return new Map(Array.from(listing, ([name, entry]) => [name, parseCid(entry.cid)]));
  } catch (error) {
    if (isFailure(error, "input")) return undefined;
    throw error;
  }
}

async function areFolders(was: CID, is: CID, get: Get): Promise<boolean> {
  if (was.code === codecs.raw || is.code === codecs.raw) return false;
  const types = [(await stat(was, get)).type, (await stat(is, get)).type];
  return types.every((type) => type === "directory");
}
