/** Finds names in a directory of one block. A large one gets an index: a gateway finds each chunk of a Zarr store by its name. */
import type { CID } from "multiformats/cid";
import type { DirectoryEntry } from "../directory-entry.ts";

/** CID of the first entry of that name. */
export function named(entries: readonly DirectoryEntry[], name: string): CID | undefined {
  if (entries.length < indexed) return entries.find((entry) => entry.name === name)?.cid;
  const known = indexes.get(entries);
  if (known) return known.get(name);
  const index = new Map<string, CID>();
  for (const entry of entries) if (!index.has(entry.name)) index.set(entry.name, entry.cid);
  indexes.set(entries, index);
  return index.get(name);
}

/** Entries from which on a directory has an index. */
const indexed = 64;

/** As long as the decoded entries, which `codec/decode.ts` caches. */
const indexes = new WeakMap<readonly DirectoryEntry[], ReadonlyMap<string, CID>>();
