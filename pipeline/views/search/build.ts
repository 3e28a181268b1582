/**
 * The files of a search index. Equal documents under equal numbers give equal files, in whatever order they come.
 *
 * Leaves are cut after terms that their hash chooses, so that a new term changes the leaf it comes into, and no other.
 */

import { stableJson } from "../../core/json.ts";
import { commonPrefix, encodeList } from "../../core/search/index/bytes.ts";
import { dividedFrom } from "../../core/search/index/cells.ts";
import type { SearchDocument } from "../../core/search/index/document.ts";
import { extentDetail } from "../../core/search/index/extent-detail.ts";
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
  version,
  windowFile,
} from "../../core/search/index/layout.ts";
import { placeAbove } from "../../core/search/index/place-cells.ts";
import {
  commonFrom,
  encodeBoxes,
  encodeLeaf,
  encodeRecord,
  encodeWindow,
  postingsOf,
  windowBits,
} from "../../core/search/index/postings.ts";
import { encodeRows } from "../../core/search/index/rows.ts";
import { timeAbove } from "../../core/search/index/time-cells.ts";
import { baseOf, special } from "../../core/search/index/words.ts";
import { sha256 } from "../../dag/hash.ts";
import { type ChangesSince, changesSince, withChange } from "./changes-since.ts";
import { facetCounter } from "./facets.ts";
import {
  documentsOf,
  leftOutBits,
  noFiles,
  nothingStored,
  packer,
  type StoredFile,
  type StoredIndex,
  type StoredTerm,
} from "./stored.ts";

/** A file with its bytes, or one that was written before. */
export type SearchFile = readonly [path: string, content: Uint8Array | StoredFile];

/** Documents by number, ascending, each number one time. They may be made anew each time that they are read. */
export type Numbered = Iterable<readonly [number: number, document: SearchDocument]> & { readonly length: number };

/** Documents of a campaign whose index is one file. */
export const mostInPack = 2000;

/**
 * Bytes after which a leaf ends at the next term that is chosen, and those at which it ends in any case. One of `chosen` terms is:
 * the fewer, the more seldom does a new term move the ends of the leaves after it.
 */
type LeafBytes = Readonly<
  Record<Dictionary, { readonly least: number; readonly most: number; readonly chosen: number }>
>;

const common = { least: 250, most: 1200, chosen: 4 };
const cells = { least: 600, most: 2000, chosen: 4 };
const leafBytes: LeafBytes = { common, cells, rare: { least: 500, most: 3000, chosen: 16 } };

/** Of a campaign with more leaves than {@link large}: fewer leaves, so that the root stays within 12 kB at 100 000. */
const leafBytesOfLarge: LeafBytes = {
  common,
  cells: { least: 900, most: 2400, chosen: 4 },
  rare: { least: 1500, most: 4000, chosen: 16 },
};
const large = 50_000;

/**
 * @param next the number that the next leaf of the tree gets.
 * @returns what the next index is built from; `undefined` where all of it is one file.
 */
export function* searchFiles(
  documents: Numbered,
  next: number,
  packed = documents.length <= mostInPack,
  before: StoredIndex = nothingStored,
): Generator<SearchFile, StoredIndex | undefined> {
  // The documents are read one time: of very many, each is unpacked for it.
  const known = packed ? nothingStored : before;
  const { time, ...survey } = surveyOf(documents, known);
  const header: Header = {
    version,
    form: packed ? "pack" : "files",
    documents: documents.length,
    ...(time && { time }),
  };
  yield [headerFile, new TextEncoder().encode(stableJson(header))];
  if (!packed) return yield* indexFiles(survey, next, known);
  // Of nothing stored, every file has its bytes.
  const files = [...indexFiles(survey, next, known)] as [string, Uint8Array][];
  yield [packFile, encodePack(files)];
  return undefined;
}

/** What the index needs of the documents. */
interface Survey {
  /** The first and the last day of all of them. */
  readonly time?: Header["time"];
  readonly facets: string;
  readonly changes: ChangesSince;
  readonly rows: ReadonlyMap<number, { readonly file: StoredFile; readonly content: Uint8Array | undefined }>;
  readonly extentOf: (number: number) => Pick<SearchDocument, "bbox" | "time">;
}

function surveyOf(documents: Numbered, before: StoredIndex): Survey {
  let [first, last]: [string | undefined, string | undefined] = [undefined, undefined];
  const facets = facetCounter();
  const changes = changesSince(before);
  const rows: Map<number, { readonly file: StoredFile; readonly content: Uint8Array | undefined }> = new Map();
  const extents = new Map<number, Pick<SearchDocument, "bbox" | "time">>();
  let ofFile: (readonly [number: number, document: SearchDocument])[] = [];
  const flush = () => {
    if (!ofFile[0]) return;
    const number = Math.floor(ofFile[0][0] / rowsPerFile);
    const content = encodeRows(ofFile);
    const file = storedFile(content);
    const isKnown = isSame(file, before.rows.get(number));
    rows.set(number, { file, content: isKnown ? undefined : content });
    ofFile = [];
  };
  for (const [number, document] of documents) {
    const { time, bbox } = document;
    if (time && (first === undefined || time[0] < first)) first = time[0];
    if (time && (last === undefined || time[1] > last)) last = time[1];
    facets.add(document);
    changes.add(number, document);
    if (time || bbox) extents.set(number, { ...(time && { time }), ...(bbox && { bbox }) });
    if (ofFile[0] && Math.floor(ofFile[0][0] / rowsPerFile) !== Math.floor(number / rowsPerFile)) flush();
    ofFile.push([number, document]);
  }
  flush();
  return {
    ...(first !== undefined && last !== undefined && { time: [first.slice(0, 10), last.slice(0, 10)] as const }),
    ...{ facets: facets.file(), changes: changes.end(), rows },
    extentOf: (number) => extents.get(number) ?? {},
  };
}

const isSame = (file: StoredFile, other: StoredFile | undefined): boolean =>
  other !== undefined && file.size === other.size && file.digest.every((byte, i) => byte === other.digest[i]);

function* indexFiles(
  { facets, changes: since, rows, extentOf }: Omit<Survey, "time">,
  next: number,
  before: StoredIndex,
): Generator<SearchFile, StoredIndex> {
  yield [facetsFile, new TextEncoder().encode(facets)];
  const { changes, stored, nextId, idOf } = since;
  for (const [number, { file, content }] of rows) yield [rowsFile(number * rowsPerFile), content ?? file];
  const pack = packer();
  const terms = new Map<string, StoredTerm>();
  const all = dictionaryFiles(next);
  for (const term of [...new Set([...before.terms.keys(), ...changes.keys()])].sort()) {
    const known = before.terms.get(term);
    const change = changes.get(term);
    // What is written of a term takes the place of its change in memory.
    changes.delete(term);
    const above = placeAbove(term) ?? timeAbove(term);
    const isLeftOut = above !== undefined && (terms.get(above)?.count ?? 0) < dividedFrom;
    const bits = known && (isLeftOut ? leftOutBits : windowBits(term, known.count, next));
    const same = !change && bits === known?.bits ? known : undefined;
    const documentsNow = () => withChange(known && documentsOf(term, known), change);
    const made =
      same ??
      (isLeftOut
        ? leftOut(idOf(term), documentsNow())
        : yield* termFiles(term, idOf(term), documentsNow(), next, extentOf));
    if (!made) continue;
    const now = made === same ? same : packedTerm(made, pack);
    if (same) {
      for (const [number, file] of same.windows) yield [windowFile(term, same.bits, number), file];
      for (const [number, file] of same.boxes) yield [windowFile(term, same.bits, number, "boxes"), file];
    }
    terms.set(term, now);
    if (!isLeftOut) yield* all.add(term, now);
  }
  yield* all.end();
  return { nextId: nextId(), terms, documents: stored, rows: new Map(Array.from(rows, ([n, { file }]) => [n, file])) };
}

function packedTerm({ record, list, ...rest }: StoredTerm, pack: (bytes: Uint8Array) => Uint8Array): StoredTerm {
  return { ...rest, record: pack(record), ...(list && { list: pack(list) }) };
}

/** What is stored of a term that has no list, because the cell above it has few documents. */
function leftOut(id: number, documents: readonly number[]): StoredTerm | undefined {
  if (documents.length === 0) return undefined;
  const list = encodeList(documents, 0);
  return {
    id,
    count: documents.length,
    bits: leftOutBits,
    record: new Uint8Array(),
    windows: noFiles,
    boxes: noFiles,
    list,
  };
}

/** Frequent words in the root. */
const mostFrequent = 112;

/** The leaves of all dictionaries, and the root. Terms ascend, so that those of one word are in a row. */
function dictionaryFiles(next: number) {
  const growing = { rare: leaves("rare", next), common: leaves("common", next), cells: leaves("cells", next) };
  const frequent: { word: string; count: number }[] = [];
  let word = "";
  let ofWord: { term: string; stored: StoredTerm }[] = [];
  const flush = function* (): Generator<SearchFile> {
    const count = ofWord.reduce((most, { stored }) => Math.max(most, stored.count), 0);
    if (count >= commonFrom) frequent.push({ word, count });
    const dictionary = growing[count >= commonFrom ? "common" : "rare"];
    for (const { term, stored } of ofWord) yield* dictionary.add(term, stored.record);
    ofWord = [];
  };
  return {
    *add(term: string, stored: StoredTerm): Generator<SearchFile> {
      if (term.startsWith(special)) return yield* growing.cells.add(term, stored.record);
      if (baseOf(term) !== word) yield* flush();
      word = baseOf(term);
      ofWord.push({ term, stored });
    },
    *end(): Generator<SearchFile> {
      yield* flush();
      for (const dictionary of dictionaries) yield* growing[dictionary].end();
      const { rare, common, cells } = growing;
      const separators = { rare: rare.separators, common: common.separators, cells: cells.separators };
      yield [rootFile, encodeRoot({ separators, frequent: wordsWithMost(frequent) })];
    },
  };
}

/** Those with a power of two of documents, or more: so that it is seldom that others are in the root after a release. */
function wordsWithMost(words: readonly { readonly word: string; readonly count: number }[]): string[] {
  let some = words;
  for (let least = commonFrom; some.length > mostFrequent; least *= 2)
    some = some.filter(({ count }) => count >= least);
  return some.map(({ word }) => word);
}

/** The files of a term's windows. Returns what is stored of it; `undefined` where no document has it any more. */
function* termFiles(
  term: string,
  id: number,
  documents: readonly number[],
  next: number,
  extentOf: Survey["extentOf"],
): Generator<SearchFile, StoredTerm | undefined> {
  if (documents.length === 0) return undefined;
  const postings = postingsOf(term, documents, next, (number) => extentDetail(term, extentOf(number)));
  const { count, bits } = postings;
  const windows = new Map<number, StoredFile>();
  const boxes = new Map<number, StoredFile>();
  for (const window of postings.windows.slice(0, -1)) {
    const content = encodeWindow(postings, window);
    windows.set(window.number, storedFile(content));
    yield [windowFile(term, bits, window.number), content];
    const apart = encodeBoxes(postings, window);
    if (!apart) continue;
    boxes.set(window.number, storedFile(apart));
    yield [windowFile(term, bits, window.number, "boxes"), apart];
  }
  const record = encodeRecord(postings);
  return {
    ...{ id, count, bits, record },
    ...{ windows: windows.size > 0 ? windows : noFiles, boxes: boxes.size > 0 ? boxes : noFiles },
    ...(windows.size > 0 && { list: encodeList(documents, 0) }),
  };
}

const storedFile = (content: Uint8Array): StoredFile => ({ digest: sha256(content), size: content.length });

interface Leaves {
  readonly separators: readonly string[];
  /** Adds a term, and yields the leaf before it where that is full. Terms ascend. */
  add(term: string, record: Uint8Array): Generator<SearchFile>;
  end(): Generator<SearchFile>;
}

function leaves(dictionary: Dictionary, next: number): Leaves {
  const { least, most, chosen } = (next > large ? leafBytesOfLarge : leafBytes)[dictionary];
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
      size += record.length + 1 + term.length - commonPrefix(records.at(-2)?.term ?? "", term);
      isFull = size > most || (size > least && hashOf(term) % chosen === 0);
    },
    *end() {
      yield* leaf();
    },
  };
}
