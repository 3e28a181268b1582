/**
 * Removes damaged blocks from the indexes, so that they count as missing and can be stored again.
 *
 * Every process that takes the lock does this for blocks that readers noted, for packs that another program wrote to, and for
 * packs that end before their committed bytes. The bytes themselves stay in the pack. The caller has the lock.
 */

import { rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { plural } from "../../../core/text/plural.ts";
import type { World } from "../../../core/world.ts";
import { syncFolder, writeDurably } from "../../../disk/write.ts";
import { packHeader } from "../packs/pack.ts";
import { entriesOf, entryLength, makeIndex, placeAt } from "../packs/pack-index.ts";
import { indexName, noteNumbers, packName } from "../packs/pack-numbers.ts";
import type { Pack } from "../packs/packs.ts";
import { isChanged, isDamaged, type PackFiles } from "./completeness.ts";
import type { DamageNotes } from "./damage-notes.ts";

/** Reads every block of packs that were changed, and only the noted blocks of others. */
export async function removeDamaged(files: PackFiles, notes: DamageNotes, world: World): Promise<void> {
  const { folder, packs } = files;
  const noted = Map.groupBy(await notes.list(), ({ pack }) => pack);
  packs.refresh();
  for (const pack of [...packs.list()]) {
    const size = statSync(pack.path, { throwIfNoEntry: false })?.size ?? 0;
    const changed = isChanged(folder, pack);
    const suspects = new Set(noted.get(pack.number)?.map(({ offset }) => offset));
    if (!changed && suspects.size === 0 && size >= pack.index.covered) continue;
    const damaged: number[] = [];
    for (let entry = 0; entry < pack.index.count; entry++) {
      world.signal.throwIfAborted();
      const { offset, length } = placeAt(pack.index, entry);
      if (changed && entry % 256 === 0)
        world.progress({ task: `checking ${pack.path}`, done: entry, total: pack.index.count, unit: "blocks" });
      const isCut = offset + length > size;
      if (isCut || ((changed || suspects.has(offset)) && (await isDamaged(pack, entry, packs)))) damaged.push(entry);
    }
    if (damaged.length > 0) {
      await takeOut(folder, pack, damaged);
      const some = `${damaged.length} of ${plural(pack.index.count, "block")}`;
      world.log(`${pack.path}: ${some} can't be read any more, and no longer count as stored`);
    } else if (changed) markUnchanged(folder, pack);
  }
  if (noted.size > 0) await notes.replace([]);
  packs.refresh();
}

/** Write the index again without these entries. */
export async function takeOut(
  folder: string,
  { index, number, path }: Pack,
  damaged: readonly number[],
): Promise<void> {
  // The file ends within its header: no block is left.
  if (damaged.length === index.count && statSync(path).size < packHeader.length) return removePack(folder, number);
  const out = new Set(damaged);
  const entries = entriesOf(index);
  const left = Array.from({ length: index.count }, (_, entry) => entry).filter((entry) => !out.has(entry));
  const ends = left.map((entry) => placeAt(index, entry)).map(({ offset, length }) => offset + length);
  // A truncated pack is covered to the end of its last block: if the rest is restored, recovery reads it from there.
  const size = statSync(path).size;
  const covered = size >= index.covered ? index.covered : ends.reduce((a, b) => Math.max(a, b), packHeader.length);
  const rest = left.map((entry) => entries.subarray(entry * entryLength, (entry + 1) * entryLength));
  await writeDurably(join(folder, indexName(number)), makeIndex(Buffer.concat(rest), covered).bytes);
}

async function removePack(folder: string, number: number): Promise<void> {
  await noteNumbers(folder);
  for (const name of [indexName(number), packName(number)]) rmSync(join(folder, name), { force: true });
  await syncFolder(folder);
}

/** To be called when every committed block is hashed or unchanged: makes the index as young as the pack again. */
export function markUnchanged(folder: string, { number, path }: Pick<Pack, "number" | "path">): void {
  const { mtimeMs } = statSync(path);
  const time = new Date(Math.max(Date.now(), Math.ceil(mtimeMs) + 1));
  utimesSync(join(folder, indexName(number)), time, time);
}
