/**
 * Finds blocks that are on the disk and in no index: another process stored them a moment ago, or did so and was killed.
 *
 * Every record behind what an index covers is hashed, so only a check that would otherwise report such a block as lost does it.
 */
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { recordsIn } from "./pack.ts";
import type { Packs } from "./packs.ts";
import type { RecentPlaces } from "./recent-places.ts";

/** Returns a function that adds to `recent` every such block, reading no record twice. It writes nothing and takes no lock. */
export function uncommittedIn(packs: Packs, recent: Pick<RecentPlaces, "add">): () => void {
  const readTo = new Map<number, number>();
  return () => {
    packs.refresh("all");
    for (const { path, number, index, flaw } of packs.list()) {
      if (flaw) continue;
      const from = Math.max(index.covered, readTo.get(number) ?? 0);
      const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        for (const { digest, offset, length, end, valid } of recordsIn(fd, from, fstatSync(fd).size)) {
          // It is being written: the next call reads it again.
          if (!valid) break;
          recent.add(digest, { offset, length, number });
          readTo.set(number, end);
        }
      } finally {
        closeSync(fd);
      }
    }
  };
}
