/**
 * Hashes blocks in the files they are part of.
 *
 * Every process that takes the lock does so for files with another size or modification time than is listed, and for files
 * in which a reader found damage: a file that was copied back, touched or continued then counts as unchanged again.
 */
import { plural } from "../../../core/text/plural.ts";
import type { World } from "../../../core/world.ts";
import { pause } from "../../../dag/event-loop.ts";
import { sha256Apart } from "../../../dag/hash.ts";
import { digestAt, placeAt } from "../packs/pack-index.ts";
import type { DamageNotes } from "../repair/damage-notes.ts";
import { type FileVersion, isTouched, otherBytes, sizeProblemOf, versionNow } from "./file-state.ts";
import { type InPlace, type LoadedList, placeOfEntry } from "./in-place.ts";
import type { ListedFile } from "./place-list.ts";
import { rewriteList } from "./rewrite-list.ts";

/** Blocks of a file that can't be read. */
export interface LostBlocks {
  readonly file: ListedFile;
  /** What is wrong with the first of them, see `file-state.ts`. */
  readonly problem: string;
  /** Of the list's index. */
  readonly entries: readonly number[];
}

/** The files of a list, those that `isChecked` selects, of which blocks can't be read. `progress`: with the bytes of each block. */
export async function lostBlocks(
  list: LoadedList,
  inPlace: InPlace,
  world: World,
  { isChecked = () => true, progress }: { isChecked?(file: ListedFile): boolean; progress?(bytes: number): void } = {},
): Promise<LostBlocks[]> {
  const lost = new Map<ListedFile, { problem: string; entries: number[] }>();
  for (const entry of byOffset(list)) {
    const place = placeOfEntry(list, entry);
    if (!isChecked(place.file)) continue;
    await pause();
    world.signal.throwIfAborted();
    const read = await inPlace.read(place);
    progress?.(place.length);
    let problem: string | undefined;
    if ("problem" in read) problem = sizeProblemOf(place.file) ?? read.problem;
    else if (Buffer.compare(await sha256Apart(read), digestAt(list.index, entry)) !== 0)
      problem = sizeProblemOf(place.file) ?? otherBytes;
    if (problem === undefined) continue;
    const before = lost.get(place.file);
    if (before) before.entries.push(entry);
    else lost.set(place.file, { problem, entries: [entry] });
  }
  return [...lost].map(([file, found]) => ({ file, ...found }));
}

/** The caller has the lock. */
export async function recheckFiles(inPlace: InPlace, notes: DamageNotes<string>, world: World): Promise<void> {
  const noted = new Set(await notes.list());
  inPlace.refresh();
  for (const list of [...inPlace.list()]) {
    const suspects = await touchedIn(list, noted);
    if (suspects.size > 0) await recheckList(list, suspects, inPlace, world);
  }
  if (noted.size > 0) await notes.replace([]);
  inPlace.refresh("all");
}

/**
 * Files of the list that are to be hashed, each with what it is now. Taken before they are hashed: a file that changes
 * meanwhile is then another version than is noted.
 */
export async function touchedIn(list: LoadedList, noted: ReadonlySet<string> = new Set()): Promise<Touched> {
  const touched = new Map<ListedFile, FileVersion | undefined>();
  for (const file of list.files) {
    await pause();
    const now = versionNow(file.path);
    if (noted.has(file.path) || isTouched(file, now)) touched.set(file, now);
  }
  return touched;
}

export type Touched = ReadonlyMap<ListedFile, FileVersion | undefined>;

async function recheckList(list: LoadedList, suspects: Touched, inPlace: InPlace, world: World): Promise<void> {
  let done = 0;
  const lost = await lostBlocks(list, inPlace, world, {
    isChecked: (file) => suspects.has(file),
    progress(bytes) {
      done += bytes;
      world.progress({ task: `checking files in place below ${list.added}`, done, unit: "bytes" });
    },
  });
  const damaged = new Map(lost.map(({ file, problem, entries }) => [file, { problem, entries }]));
  for (const [{ path }, { problem, entries }] of damaged)
    world.log(`${path}, added in place, ${problem}: ${plural(entries.length, "block")} can't be read any more`);
  await rewriteList(inPlace, list, {
    file: (file) => asFound(file, suspects.get(file), damaged.has(file)),
  });
}

/** What a list has of a file whose blocks were all hashed. `now`: as it was before; absent: it was not, or is gone. */
export function asFound(file: ListedFile, now: FileVersion | undefined, isDamaged: boolean): ListedFile {
  if (now === undefined) return file;
  const { damagedAt: _, ...rest } = file;
  return isDamaged ? { ...rest, damagedAt: now.modified } : { ...rest, ...now };
}

/** Entries of the index in the order of their blocks in the files. */
function byOffset({ index }: LoadedList): Uint32Array {
  const offsets = Float64Array.from({ length: index.count }, (_, entry) => placeAt(index, entry).offset);
  return Uint32Array.from(offsets, (_, entry) => entry).sort((a, b) => offsets[a]! - offsets[b]!);
}
