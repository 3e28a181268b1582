/** Entries of an index that grows: one for each block that a writer appended, after those that the index had. */
import { digestSet } from "../../../dag/digest-set.ts";
import { entriesOf, entryLength, type PackIndex, type Place, writeEntry } from "./pack-index.ts";

export interface EntryList {
  readonly count: number;
  /** Whether the block was added here. */
  has(digest: Uint8Array): boolean;
  add(digest: Uint8Array, place: Place): void;
  /** All entries, without a copy. uint8[42 × count] */
  bytes(): Buffer;
}

export function entryList(index: PackIndex | undefined): EntryList {
  let entries = Buffer.allocUnsafeSlow(Math.max(64, (index?.count ?? 0) * 2) * entryLength);
  let count = index?.count ?? 0;
  if (index) entriesOf(index).copy(entries);
  const added = digestSet();

  return {
    get count() {
      return count;
    },
    has: (digest) => added.has(digest),
    add(digest, place) {
      if ((count + 1) * entryLength > entries.length) {
        const larger = Buffer.allocUnsafeSlow(entries.length * 2);
        entries.copy(larger);
        entries = larger;
      }
      writeEntry(entries, count++, digest, place);
      added.add(digest);
    },
    bytes: () => entries.subarray(0, count * entryLength),
  };
}
