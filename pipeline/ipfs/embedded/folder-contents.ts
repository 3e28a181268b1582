/**
 * What was loaded from the files of a folder, and is loaded again when the folder changed.
 *
 * A file that is created, replaced or removed changes the folder's modification time. One stat of the folder therefore shows
 * whether anything is new.
 */
import { readdirSync, statSync } from "node:fs";

export interface FolderContents<T> {
  list(): readonly T[];
  /**
   * Load what changed since the last call; `true` where anything did. `all`: ask each file, even where the folder's modification
   * time is unchanged, because file systems store it in coarse steps.
   */
  refresh(which?: "all"): boolean;
  /** Forget everything, as before the first `refresh`. */
  clear(): void;
}

/** A folder modified less than this ago may change again without a new modification time: file systems' clocks tick. ms */
const clockTick = 100;

/** `load`: what the files of these names have; what did not change is returned as it was `before`. */
export function folderContents<T>(
  folder: string,
  load: (names: readonly string[], before: readonly T[]) => readonly T[],
): FolderContents<T> {
  let loaded: readonly T[] = [];
  let lastRead: bigint | undefined;

  return {
    list: () => loaded,

    refresh(which) {
      const now = statSync(folder, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
      if (which !== "all" && now !== undefined && now === lastRead) return false;
      if (now === undefined && loaded.length === 0) return false;
      const before = loaded;
      loaded = load(namesIn(folder), before);
      const isSettled = now !== undefined && Date.now() - Number(now / 1_000_000n) > clockTick;
      lastRead = isSettled ? now : undefined;
      return loaded.length !== before.length || loaded.some((each, i) => each !== before[i]);
    },

    clear() {
      loaded = [];
      lastRead = undefined;
    },
  };
}

/** Names of the files in a folder, sorted; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
