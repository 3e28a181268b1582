/**
 * Where blocks are that are on the disk and in no index yet.
 *
 * An index is written as a whole, which takes longer than many small writes may wait. Until the next one is written, the process that
 * appended such blocks finds them here; after a crash, the next process that takes the lock finds them in the pack.
 */
import type { Place } from "./pack-index.ts";

export interface RecentPlace extends Place {
  /** Number of the pack. */
  readonly number: number;
}

export interface RecentPlaces {
  readonly isEmpty: boolean;
  add(digest: Uint8Array, place: RecentPlace): void;
  find(digest: Uint8Array): RecentPlace | undefined;
  /** Removes what was added before the call once `writeIndexes` has succeeded. One call at a time. */
  clearAfter(writeIndexes: () => Promise<void>): Promise<void>;
}

export function recentPlaces(): RecentPlaces {
  let added = new Map<string, RecentPlace>();
  let leaving = new Map<string, RecentPlace>();
  return {
    get isEmpty() {
      return added.size === 0 && leaving.size === 0;
    },
    add: (digest, place) => void added.set(keyOf(digest), place),
    find(digest) {
      if (added.size === 0 && leaving.size === 0) return undefined;
      const key = keyOf(digest);
      return added.get(key) ?? leaving.get(key);
    },
    async clearAfter(writeIndexes) {
      leaving = leaving.size === 0 ? added : new Map([...leaving, ...added]);
      added = new Map();
      await writeIndexes();
      leaving = new Map();
    },
  };
}

const keyOf = (digest: Uint8Array): string =>
  Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("latin1");
