/**
 * Replaces a list by one with fewer blocks, or with what was found out about its files. The caller has the lock.
 *
 * The new list is on the disk before the old one is removed. A crash in between leaves both, which harms nothing.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { syncFolder } from "../../../disk/write.ts";
import { digestAt, entryLength, placeAt, writeEntry } from "../packs/pack-index.ts";
import type { InPlace, LoadedList } from "./in-place.ts";
import { fileAt, type ListedFile, startsOf } from "./place-list.ts";
import { storeList } from "./record-places.ts";

export interface ListChange {
  /** Whether the block of an entry of the index stays. Absent: all do. */
  isRetained?(entry: number): boolean;
  /** What the list has of a file from now on. Absent: the same. */
  file?(file: ListedFile): ListedFile;
}

export async function rewriteList(inPlace: InPlace, list: LoadedList, { isRetained, file }: ListChange): Promise<void> {
  const { added, index, starts } = list;
  const staying: number[] = [];
  const used = new Set<number>();
  for (let entry = 0; entry < index.count; entry++) {
    if (isRetained && !isRetained(entry)) continue;
    staying.push(entry);
    used.add(fileAt(starts, placeAt(index, entry).offset));
  }
  const numbers = [...used].sort((a, b) => a - b);
  const files = numbers.map((number) => list.files[number]!).map((each) => file?.(each) ?? each);
  const startsNow = startsOf(files);
  const startOf = new Map(numbers.map((number, i) => [number, startsNow[i]!]));
  const entries = Buffer.alloc(staying.length * entryLength);
  for (const [i, entry] of staying.entries()) {
    const { offset, length } = placeAt(index, entry);
    const number = fileAt(starts, offset);
    writeEntry(entries, i, digestAt(index, entry), { offset: startOf.get(number)! + offset - starts[number]!, length });
  }
  const name = staying.length > 0 ? await storeList(inPlace.folder, { added, files }, entries) : undefined;
  if (name === list.name) return;
  rmSync(join(inPlace.folder, list.name), { force: true });
  await syncFolder(inPlace.folder);
}
