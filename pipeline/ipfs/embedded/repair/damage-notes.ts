/**
 * Notes of damaged blocks, written by processes that may not change packs: readers, and `fsck` without `--repair`.
 *
 * Readers take no lock, so they can't remove a block from an index. They note its place. The next process that takes the lock
 * reads the place again and removes the block; until then it counts as missing. A note only causes a check: one that can't be
 * written (a read-only medium) or that is outdated (the pack was restored) does no other harm.
 */
import { rm } from "node:fs/promises";
import { isFailure } from "../../../core/failure.ts";
import { isRecord, jsonIn } from "../../../core/json.ts";
import { readIfThere } from "../../../disk/read.ts";
import { writeDurably } from "../../../disk/write.ts";
import type { PlaceInPack } from "../packs/packs.ts";

export interface DamageNotes<T = PlaceNote> {
  /** Note a place. Returns at once; {@link DamageNotes.settled} waits until it is written. */
  add(places: Iterable<T>): void;
  /** Every place that was noted, by this process or another. */
  list(): Promise<readonly T[]>;
  /** Replace all notes by these. */
  replace(places: readonly T[]): Promise<void>;
  settled(): Promise<void>;
}

export interface PlaceNote {
  /** The number of the pack. */
  readonly pack: number;
  /** Bytes from the beginning of the pack. */
  readonly offset: number;
}

/** Notes beyond this number are left out: those blocks are found again after the noted ones are removed. */
const mostNotes = 100_000;

export const noteOf = ({ pack, offset }: PlaceInPack): PlaceNote => ({ pack: pack.number, offset });

export const keyOfNote = ({ pack, offset }: PlaceNote): string => `${pack} ${offset}`;

/** `file`: `.fieldtree/damaged.json`, which exists only while there are notes. */
export function damageNotes(file: string): DamageNotes {
  return notesIn<PlaceNote>(file, {
    keyOf: keyOfNote,
    isNote: (value): value is PlaceNote =>
      isRecord(value) && Number.isSafeInteger(value.pack) && Number.isSafeInteger(value.offset),
  });
}

/** Notes of files with blocks in place: absolute paths. `file`: `.fieldtree/damaged-in-place.json`. */
export function fileNotes(file: string): DamageNotes<string> {
  return notesIn<string>(file, { keyOf: (path) => path, isNote: (value) => typeof value === "string" });
}

interface Noting<T> {
  keyOf(note: T): string;
  isNote(value: unknown): value is T;
}

function notesIn<T>(file: string, { keyOf, isNote }: Noting<T>): DamageNotes<T> {
  const ours = new Map<string, T>();
  let writing: Promise<void> = Promise.resolve();
  let isWaiting = false;

  const list = async (): Promise<T[]> => {
    const all = new Map([...(await read(file)).filter(isNote), ...ours.values()].map((note) => [keyOf(note), note]));
    return [...all.values()].slice(0, mostNotes);
  };
  const write = async (notes: readonly T[]): Promise<void> => {
    try {
      if (notes.length > 0) await writeDurably(file, JSON.stringify({ blocks: notes }));
      else await rm(file, { force: true });
    } catch (error) {
      // A read-only or a full disk: the next read of the block finds the damage again.
      if (!isFailure(error, "refused") && (error as NodeJS.ErrnoException).code !== "EROFS") throw error;
    }
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    writing = writing.then(work);
    return writing;
  };

  return {
    list,

    add(places) {
      const before = ours.size;
      for (const place of places) ours.set(keyOf(place), place);
      if (ours.size === before || isWaiting) return;
      // Notes of thousands of damaged blocks in a row are written in a few writes.
      isWaiting = true;
      inTurn(async () => {
        isWaiting = false;
        await write(await list());
      });
    },

    replace: (places) =>
      inTurn(async () => {
        ours.clear();
        for (const place of places) ours.set(keyOf(place), place);
        await write(places);
      }),

    settled: () => writing,
  };
}

/** Notes that can't be read count as none. */
async function read(file: string): Promise<unknown[]> {
  const bytes = await readIfThere(file);
  if (!bytes) return [];
  const value = jsonIn(bytes.toString());
  return isRecord(value) && Array.isArray(value.blocks) ? value.blocks : [];
}
