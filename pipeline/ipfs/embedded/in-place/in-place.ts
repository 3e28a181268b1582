/**
 * Blocks in place: those that `add --in-place` left in the files that they are part of, as a source in addition to the packs.
 *
 * ```
 * .fieldtree/in-place/HASH.places   a list of them, see place-list.ts
 * ```
 *
 * Nothing here is trusted: a block is hashed whenever it is read, and counts as stored only while its file has the size and
 * the modification time that were listed. Readers take no lock; lists are loaded as packs are, when their folder changed.
 */
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { folderContents } from "../folder-contents.ts";
import { findIn, placeAt } from "../packs/pack-index.ts";
import { type FileProblem, problemOf, readFilePart } from "./file-state.ts";
import { fileAt, type ListedFile, type PlaceList, readList } from "./place-list.ts";

export interface InPlace {
  readonly folder: string;
  list(): readonly LoadedList[];
  /** Names of files that should be lists and are damaged. */
  damaged(): readonly string[];
  /** Whether a list has the block, in whatever state its file is. */
  lists(digest: Uint8Array): boolean;
  places(digest: Uint8Array): Generator<PlaceInFile>;
  /** The bytes there, not verified. */
  read(place: PlaceInFile): Promise<Uint8Array | FileProblem>;
  /** Whether blocks can be read, as far as the files' sizes and times show. Each file is checked once. */
  state(suspects?: ReadonlySet<string>): InPlaceState;
  /** As that of `Packs`. */
  refresh(which?: "all"): boolean;
}

export interface LoadedList extends PlaceList {
  /** Of its file: the hash of its bytes. */
  readonly name: string;
}

export interface PlaceInFile {
  readonly list: LoadedList;
  readonly file: ListedFile;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
}

export interface InPlaceState {
  has(digest: Uint8Array): boolean;
  /** What is wrong with the file; `undefined` where it is as it was. */
  problem(file: ListedFile): string | undefined;
  /** `/data/x.nc is gone`, of a block that a list has and that can't be read. */
  whyNot(digest: Uint8Array): string | undefined;
}

export const listEnding = ".places";

export function openInPlace(folder: string): InPlace {
  let damaged: readonly string[] = [];
  const { list, refresh } = folderContents<LoadedList>(folder, (names, before) => {
    const all = loadAll(folder, names, new Map(before.map((each) => [each.name, each])));
    damaged = all.damaged;
    return all.loaded;
  });
  const places = function* (digest: Uint8Array): Generator<PlaceInFile> {
    for (const each of list()) {
      const place = findIn(each.index, digest);
      if (place) yield placeInFile(each, place);
    }
  };

  return {
    folder,
    list,
    damaged: () => damaged,
    lists: (digest) => list().some(({ index }) => findIn(index, digest) !== undefined),
    places,
    refresh,
    read: ({ file, offset, length }) => readFilePart(file.path, offset, length),
    state: (suspects) => stateOf(places, suspects),
  };
}

/** The place of an entry of the list's index. */
export function placeOfEntry(list: LoadedList, entry: number): PlaceInFile {
  return placeInFile(list, placeAt(list.index, entry));
}

function placeInFile(list: LoadedList, { offset, length }: { offset: number; length: number }): PlaceInFile {
  const number = fileAt(list.starts, offset);
  return { list, file: list.files[number]!, offset: offset - list.starts[number]!, length };
}

function stateOf(places: InPlace["places"], suspects: ReadonlySet<string> | undefined): InPlaceState {
  const problems = new Map<ListedFile, string | undefined>();
  const problem = (file: ListedFile): string | undefined => {
    if (problems.has(file)) return problems.get(file);
    const found = problemOf(file) ?? (suspects?.has(file.path) ? "has blocks that a reader found damaged" : undefined);
    problems.set(file, found);
    return found;
  };
  return {
    problem,
    has(digest) {
      for (const { file } of places(digest)) if (problem(file) === undefined) return true;
      return false;
    },
    whyNot(digest) {
      for (const { file } of places(digest)) {
        const found = problem(file);
        if (found !== undefined) return `${file.path} ${found}`;
      }
      return undefined;
    },
  };
}

function loadAll(folder: string, names: readonly string[], known: ReadonlyMap<string, LoadedList>) {
  const loaded: LoadedList[] = [];
  const damaged: string[] = [];
  for (const name of names) {
    if (!name.endsWith(listEnding) || name.startsWith(".")) continue;
    const before = known.get(name);
    // Its name is the hash of its bytes: what was read once need not be read again.
    const list = before ?? load(join(folder, name));
    if (list) loaded.push(before ?? { ...list, name });
    else damaged.push(name);
  }
  return { loaded, damaged };
}

/** `undefined` where it is no list. Only a regular file counts. */
function load(path: string): PlaceList | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readList(readFileSync(path)) : undefined;
}
