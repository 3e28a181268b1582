/** Entries of an index that grows, as a writer adds them. */
import { entriesOf, entryLength, type PackIndex, type Place, writeEntry } from "./pack-index.ts";

export interface EntryList {
  readonly count: number;
  add(digest: Uint8Array, place: Place): void;
  /** All entries, without a copy. uint8[42 × count] */
  bytes(): Buffer;
}

/** Entries after those that `index` has. */
export function entryList(index?: PackIndex): EntryList {
  let entries = Buffer.allocUnsafeSlow(Math.max(64, (index?.count ?? 0) * 2) * entryLength);
  let count = index?.count ?? 0;
  if (index) entriesOf(index).copy(entries);

  return {
    get count() {
      return count;
    },
    add(digest, place) {
      if ((count + 1) * entryLength > entries.length) {
        const larger = Buffer.allocUnsafeSlow(entries.length * 2);
        entries.copy(larger);
        entries = larger;
      }
      writeEntry(entries, count++, digest, place);
    },
    bytes: () => entries.subarray(0, count * entryLength),
  };
}
