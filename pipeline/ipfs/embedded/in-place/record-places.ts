/**
 * Records where blocks are while files are added in place.
 *
 * A list that has as many blocks as a pack may have is written, and the next one begun, so memory does not grow with the number
 * of blocks. A run that is killed leaves whole lists of blocks that nothing is pinned with, which a collection removes.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestLength } from "../../../dag/digest-set.ts";
import { sha256 } from "../../../dag/hash.ts";
import { syncFolder, writeDurably } from "../../../disk/write.ts";
import { entryList } from "../packs/entry-list.ts";
import { listEnding } from "./in-place.ts";
import { type ListedFile, type ListedFiles, writeList } from "./place-list.ts";

export interface PlaceRecorder {
  /** The blocks of a file, or of a part of it from `offset`: chunks of `chunkSize` bytes. `digests`: uint8[32 × blocks] */
  record(file: ListedFile, offset: number, digests: Uint8Array, chunkSize: number): void;
  /** Waits where lists are filled faster than the disk writes them. @throws the error of a list that could not be written. */
  settle(): Promise<void>;
  /** Everything recorded survives a power cut when this returns. */
  commit(): Promise<void>;
}

/** @param added the absolute path of what is added; `mostBlocks`: of one list. */
export function placeRecorder(folder: string, added: string, mostBlocks: number): PlaceRecorder {
  let list = newList();
  let writing: Promise<void> = Promise.resolve();
  const write = (): void => {
    const { files, entries } = list;
    list = newList();
    if (entries.count === 0) return;
    writing = writing.then(async () => void (await storeList(folder, { added, files }, entries.bytes())));
    // `settle` and `commit` throw its error. Until one is called, it must not end the program.
    writing.catch(() => undefined);
  };

  return {
    record(file, offset, digests, chunkSize) {
      let start = list.startOf(file);
      for (let at = 0; at * digestLength < digests.length; at++) {
        if (list.entries.count >= mostBlocks) {
          write();
          start = list.startOf(file);
        }
        const from = offset + at * chunkSize;
        const digest = digests.subarray(at * digestLength, (at + 1) * digestLength);
        list.entries.add(digest, { offset: start + from, length: Math.min(chunkSize, file.size - from) });
      }
    },

    settle: () => writing,

    async commit() {
      write();
      await writing;
    },
  };
}

/** Writes a list under the hash of its bytes; returns that name. `entries`: see {@link writeList}. */
export async function storeList(folder: string, listed: ListedFiles, entries: Buffer): Promise<string> {
  const bytes = writeList(listed, entries);
  const name = Buffer.from(sha256(bytes)).toString("hex").slice(0, 32) + listEnding;
  if ((await mkdir(folder, { recursive: true })) !== undefined) await syncFolder(dirname(folder));
  await writeDurably(join(folder, name), bytes);
  return name;
}

function newList() {
  const files: ListedFile[] = [];
  const starts = new Map<string, number>();
  let end = 0;
  return {
    files,
    entries: entryList(),
    /** Where the file begins in the list, which has it from now on. */
    startOf(file: ListedFile): number {
      const known = starts.get(file.path);
      if (known !== undefined) return known;
      const start = end;
      starts.set(file.path, start);
      files.push(file);
      end += file.size;
      return start;
    },
  };
}
