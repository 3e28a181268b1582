/**
 * The first thing a process does with the lock: repair what a killed process left.
 *
 * Beyond what an index covers there may be records that were being written. Complete ones stay, so that an interrupted `add`
 * continues where it was; a truncated rest is cut off. Nothing that was committed is changed.
 */
import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../../core/world.ts";
import { draftEnding, writeDurably } from "../../../disk/write.ts";
import { namesIn } from "../folder-contents.ts";
import { packHeader } from "./pack.ts";
import { entriesOf, makeIndex } from "./pack-index.ts";
import { indexName, noteNumbers } from "./pack-numbers.ts";
import { indexFrom, isShort, type Pack, type Packs } from "./packs.ts";

/** Make every pack end where its index ends. Packs that lost committed bytes are left to `fsck`. */
export async function recover(folder: string, packs: Packs, world: World): Promise<void> {
  removeDrafts(folder);
  packs.refresh("all");
  let changed = false;
  for (const pack of packs.list()) {
    const size = statSync(pack.path).size;
    if (!pack.flaw && (size === pack.index.covered || isShort(pack))) continue;
    await recoverPack(folder, pack, size, world);
    changed = true;
  }
  if (changed) packs.refresh("all");
}

/** Removes what a killed process had begun to write under another name; nothing where there is no such folder. */
export function removeDrafts(folder: string): void {
  for (const name of namesIn(folder)) if (name.endsWith(draftEnding)) rmSync(join(folder, name), { force: true });
}

async function recoverPack(folder: string, pack: Pack, size: number, world: World): Promise<void> {
  const indexPath = join(folder, indexName(pack.number));
  if (size < packHeader.length) {
    // The process was killed before it wrote the header: the pack never had a block.
    await noteNumbers(folder);
    rmSync(pack.path, { force: true });
    rmSync(indexPath, { force: true });
    return;
  }
  // A file of another program under the name of a pack: not read, not appended to, left to `fsck` to report.
  if (pack.flaw && pack.index.count === 0 && size > packHeader.length) return;
  if (pack.flaw) {
    // Without its index it is unknown what was committed, so nothing is cut off: unreadable bytes are skipped.
    await writeDurably(indexPath, makeIndex(entriesOf(pack.index), size).bytes);
    world.log(`${pack.path}: its index was ${pack.flaw}; rebuilt it from the ${pack.index.count} blocks in the pack`);
    return;
  }
  const index = indexFrom(pack.path, pack.index.covered, entriesOf(pack.index));
  const fd = openSync(pack.path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    ftruncateSync(fd, index.covered);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  await writeDurably(indexPath, index.bytes);
  const [left, recovered] = [size - pack.index.covered, index.count - pack.index.count];
  world.log(`${pack.path}: an interrupted run left ${left} bytes; recovered the ${recovered} whole blocks in them`);
}
