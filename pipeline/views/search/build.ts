/**
 * The files of a search index. Equal documents under equal numbers give equal files, in whatever order they come.
 *
 * Leaves are cut after terms that their hash chooses, so that a new term changes the leaf it comes into, and no other.
 */

import { stableJson } from "../../core/json.ts";
import { commonPrefix } from "../../core/search/bytes.ts";
import type { SearchDocument } from "../../core/search/document.ts";
import {
  type Dictionary,
  dictionaries,
  encodePack,
  encodeRoot,
  facetsFile,
  type Header,
  hashOf,
  headerFile,
  leafFile,
  packFile,
  rootFile,
  rowsFile,
  rowsPerFile,
  windowFile,
} from "../../core/search/layout.ts";
import { dictionaryOf, encodeLeaf, encodeRecord, encodeWindow, postingsOf } from "../../core/search/postings.ts";
import { termsOf } from "../../core/search/query.ts";
import { encodeRows } from "../../core/search/rows.ts";
import { facetsOf } from "./facets.ts";

export type SearchFile = readonly [path: string, content: Uint8Array];

export type Numbered = readonly (readonly [number: number, document: SearchDocument])[];

/** Documents of a campaign whose index is one file. */
export const mostInPack = 2000;

/** Bytes after which a leaf ends at the next term that is chosen, and those at which it ends in any case. */
const leafBytes: Readonly<Record<Dictionary, { readonly least: number; readonly most: number }>> = {
  rare: { least: 700, most: 2400 },
  common: { least: 400, most: 1600 },
};

/** One of so many terms ends a leaf. */
const chosen = 4;

/**
 * @param documents ascending by number, each number one time.
 * @param next the number that the next leaf of the tree gets.
 */
export function* searchFiles(
  documents: Numbered,
  next: number,
  packed = documents.length <= mostInPack,
): Generator<SearchFile> {
  const header: Header = { version: 1, form: packed ? "pack" : "files", documents: documents.length };
  yield [headerFile, new TextEncoder().encode(stableJson(header))];
  const files = indexFiles(documents, next);
  if (packed) yield [packFile, encodePack(files)];
  else yield* files;
}

function* indexFiles(documents: Numbered, next: number): Generator<SearchFile> {
  yield [facetsFile, new TextEncoder().encode(facetsOf(documents))];
  yield* rowFiles(documents);
  const lists = new Map<string, number[]>();
  for (const [number, document] of documents) {
    for (const term of termsOf(document)) {
      const list = lists.get(term);
      if (list) list.push(number);
      else lists.set(term, [number]);
    }
  }
  const growing: Record<Dictionary, Leaves> = { rare: leaves("rare"), common: leaves("common") };
  for (const term of [...lists.keys()].sort()) {
    const postings = postingsOf(term, lists.get(term)!, next);
    for (const window of postings.windows.slice(0, -1)) {
      yield [windowFile(term, postings.bits, window.number), encodeWindow(postings, window)];
    }
    yield* growing[dictionaryOf(postings.count)].add(term, encodeRecord(postings));
  }
  for (const dictionary of dictionaries) yield* growing[dictionary].end();
  yield [rootFile, encodeRoot({ rare: growing.rare.separators, common: growing.common.separators })];
}

function* rowFiles(documents: Numbered): Generator<SearchFile> {
  for (let from = 0; from < documents.length; ) {
    const file = Math.floor(documents[from]![0] / rowsPerFile);
    let to = from;
    while (to < documents.length && Math.floor(documents[to]![0] / rowsPerFile) === file) to++;
    yield [rowsFile(file * rowsPerFile), encodeRows(documents.slice(from, to))];
    from = to;
  }
}

interface Leaves {
  readonly separators: readonly string[];
  /** Adds a term, and yields the leaf before it where that is full. Terms ascend. */
  add(term: string, record: Uint8Array): Generator<SearchFile>;
  end(): Generator<SearchFile>;
}

function leaves(dictionary: Dictionary): Leaves {
  const { least, most } = leafBytes[dictionary];
  const separators: string[] = [];
  let separator = "";
  let records: { term: string; record: Uint8Array }[] = [];
  let size = 0;
  let isFull = false;
  const leaf = function* (): Generator<SearchFile> {
    separators.push(separator);
    yield [leafFile(dictionary, separator), encodeLeaf(records)];
  };
  return {
    separators,
    *add(term, record) {
      if (isFull) {
        yield* leaf();
        const differing = commonPrefix(records.at(-1)!.term, term) + 1;
        separator = term.slice(0, differing + (/[\ud800-\udbff]/.test(term[differing - 1]!) ? 1 : 0));
        [records, size] = [[], 0];
      }
      records.push({ term, record });
      size += record.length + term.length;
      isFull = size > most || (size > least && hashOf(term) % chosen === 0);
    },
    *end() {
      yield* leaf();
    },
  };
}
