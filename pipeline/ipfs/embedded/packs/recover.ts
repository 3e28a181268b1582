/**
 * What whoever takes the lock does first: put right what a killed process left behind.
 *
 * Behind what an index covers may lie records that were being written. Those that are whole stay, so that an interrupted
 * `add` goes on where it was; the torn rest is cut off. Nothing that was committed is touched.
 */
import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../../../core/world.ts";
import { draftEnding, writeDurably } from "../../../disk/write.ts";
import { packHeader } from "./pack.ts";
import { entriesOf, makeIndex } from "./pack-index.ts";
import { indexName, noteNumbers } from "./pack-numbers.ts";
import { indexFrom, isShort, type Pack, type Packs } from "./packs.ts";

/** Make every pack end where its index ends. Packs that lost committed bytes are left as they are, for `fsck`. */
export async function recover(folder: string, packs: Packs, world: World): Promise<void> {
  for (const name of readdirSync(folder)) if (name.endsWith(draftEnding)) rmSync(join(folder, name), { force: true });
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

async function recoverPack(folder: string, pack: Pack, size: number, world: World): Promise<void> {
  const indexPath = join(folder, indexName(pack.number));
  if (size < packHeader.length) {
    // Killed before its first bytes: nothing was ever in it.
    await noteNumbers(folder);
    rmSync(pack.path, { force: true });
    rmSync(indexPath, { force: true });
    return;
  }
  // A file of somebody else's under a name of ours: not read, not appended to, left for `fsck` to name.
  if (pack.flaw && pack.index.count === 0 && size > packHeader.length) return;
  if (pack.flaw) {
    // Without its index there's no telling what was committed, so nothing is cut off: what can't be read is passed over.
    await writeDurably(indexPath, makeIndex(entriesOf(pack.index), size).bytes);
    world.log(
      `${pack.path}: its index was ${pack.flaw}; made it again from the ${pack.index.count} blocks in the pack`,
    );
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
  const [left, kept] = [size - pack.index.covered, index.count - pack.index.count];
  world.log(`${pack.path}: an interrupted run left ${left} bytes; kept the ${kept} whole blocks in them`);
}
