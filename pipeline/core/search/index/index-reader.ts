/**
 * An opened index: leaves, windows and rows, read when they are needed and remembered.
 *
 * `read` is all that is known of where the files are: a gateway, a node, memory. Files that are asked for together are read
 * together, in one round trip.
 */
import { Failure } from "../../failure.ts";
import { isRecord, jsonIn } from "../../json.ts";
import {
  type Dictionary,
  decodePack,
  decodeRoot,
  facetsFile,
  type Header,
  headerFile,
  leafFile,
  leafOf,
  packFile,
  rootFile,
  rowsFile,
  rowsPerFile,
  type Separators,
  version,
  windowFile,
} from "./layout.ts";
import { decodeLeaf, decodeWindow, type Postings, type Window } from "./postings.ts";
import { decodeRows, type Row } from "./rows.ts";
import { baseOf, hasBoxesApart, special, type Terms } from "./words.ts";

/** Bytes of a file of `search/`, by its path there. @throws Failure `input` or `unavailable` where it is not to be had. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

export interface IndexReader {
  /** Number of documents. */
  readonly documents: number;
  /** Whether all of it is in memory. */
  readonly isLocal: boolean;
  /** Words that the campaign has most often. */
  readonly frequent: ReadonlySet<string>;
  /** Reads the leaves that have terms in these ranges, at most `mostLeaves` of each range in each dictionary. */
  leaves(ranges: readonly Range[]): Promise<void>;
  /** The terms of a range in leaves that were read. `isWhole`: all of them were. */
  postings(range: Range): { readonly found: readonly Postings[]; readonly isWhole: boolean };
  /** Reads the files of windows, and those with their boxes if these are asked for. */
  windows(needed: readonly (readonly [Postings, Window])[], withBoxes?: boolean): Promise<void>;
  /** Rows of documents, in the order of `numbers`. */
  rows(numbers: readonly number[]): Promise<Row[]>;
  facets(): Promise<Uint8Array>;
  /** What is in the leaves where `terms` would be; leaves are read in this order, at most `mostLeaves` of them. */
  nearby(terms: Iterable<string>, mostLeaves: number): Promise<readonly Postings[]>;
}

export interface Range extends Pick<Terms, "from" | "to"> {
  /** Of each dictionary, only the first leaves of the range. Absent: all. */
  readonly mostLeaves?: number;
}

/** Leaves that are remembered. */
const mostRemembered = 2000;

/** What is known of an opened index: how to read its files, and those that were read. */
interface Opened {
  readonly read: ReadFile;
  readonly separators: Readonly<Record<Dictionary, Separators>>;
  readonly frequent: ReadonlySet<string>;
  /** By file. */
  readonly leaves: Map<string, readonly Postings[]>;
  readonly rowFiles: Map<string, readonly Row[]>;
}

/** @throws Failure `corrupt` where the files are no index of this version. */
export async function openIndex(readFile: ReadFile): Promise<IndexReader> {
  const header = headerOf(await readFile(headerFile));
  const read = header.form === "pack" ? fromPack(await readFile(packFile)) : readFile;
  const { separators, frequent: words } = decodeRoot(await read(rootFile));
  const frequent = new Set(words);
  const index: Opened = { read, separators, frequent, leaves: new Map(), rowFiles: new Map() };
  return {
    documents: header.documents,
    isLocal: header.form === "pack",
    frequent,
    leaves: (ranges) =>
      readLeaves(
        index,
        ranges.flatMap((range) => leavesOf(index, range)),
      ),
    postings: (range) => postingsIn(index, range),
    async windows(needed, withBoxes = false) {
      await Promise.all(needed.map(([postings, window]) => readWindow(index, postings, window, withBoxes)));
    },
    rows: (numbers) => rowsOf(index, numbers),
    facets: () => read(facetsFile),
    nearby: (terms, mostLeaves) => nearby(index, terms, mostLeaves),
  };
}

/** Reads the leaves that were not read yet, at the same time. */
async function readLeaves({ read, leaves }: Opened, files: Iterable<string>): Promise<void> {
  const missing = [...new Set(files)].filter((file) => !leaves.has(file));
  const contents = await Promise.all(missing.map(async (file) => decodeLeaf(await read(file))));
  for (const [i, file] of missing.entries()) remember(leaves, file, contents[i]!);
}

/** The oldest are forgotten where there are too many. */
function remember<T>(files: Map<string, T>, file: string, content: T): void {
  if (files.size >= mostRemembered) files.delete(files.keys().next().value!);
  files.set(file, content);
}

/** Files of the leaves that may have terms of a range, of each dictionary no more than the range asks for. */
function leavesOf({ separators, frequent }: Opened, range: Range): string[] {
  return dictionariesOf(range, frequent).flatMap((dictionary) =>
    filesOf(dictionary, separators[dictionary], range).slice(0, range.mostLeaves),
  );
}

function postingsIn(index: Opened, { from, to }: Range): ReturnType<IndexReader["postings"]> {
  const found: Postings[] = [];
  let isWhole = true;
  for (const file of leavesOf(index, { from, to })) {
    const leaf = index.leaves.get(file);
    isWhole &&= leaf !== undefined;
    for (const postings of leaf ?? []) if (postings.term >= from && postings.term <= to) found.push(postings);
  }
  return { found, isWhole };
}

/** Reads a window into `window`. */
async function readWindow({ read }: Opened, postings: Postings, window: Window, withBoxes: boolean): Promise<void> {
  const { term, bits } = postings;
  const fileOf = (what: "windows" | "boxes") => read(windowFile(term, bits, window.number, what));
  const [content, boxes] = await Promise.all([
    fileOf("windows"),
    withBoxes && hasBoxesApart(term) ? fileOf("boxes") : undefined,
  ]);
  Object.assign(window, decodeWindow(postings, window, { window: content, boxes }));
}

async function rowsOf({ read, rowFiles }: Opened, numbers: readonly number[]): Promise<Row[]> {
  const files = [...new Set(numbers.map(rowsFile))].filter((file) => !rowFiles.has(file));
  const first = new Map(numbers.map((number) => [rowsFile(number), Math.floor(number / rowsPerFile)]));
  const contents = await Promise.all(files.map(async (file) => decodeRows(await read(file), first.get(file)!)));
  // More files may be needed at once than are remembered.
  const here = new Map(rowFiles);
  for (const [i, file] of files.entries()) {
    here.set(file, contents[i]!);
    remember(rowFiles, file, contents[i]!);
  }
  return numbers.map((number) => {
    const row = here.get(rowsFile(number))?.find((each) => each.number === number);
    if (!row) throw new Failure("corrupt", `the search index has no row of document ${number}`);
    return row;
  });
}

async function nearby(index: Opened, terms: Iterable<string>, mostLeaves: number): Promise<readonly Postings[]> {
  const { separators, frequent, leaves } = index;
  const files = new Set<string>();
  for (const term of terms) {
    if (files.size >= mostLeaves) break;
    for (const dictionary of dictionariesOf({ from: term, to: term }, frequent)) {
      files.add(leafFile(dictionary, at(separators[dictionary], leafOf(separators[dictionary], term))));
    }
  }
  await readLeaves(index, files);
  return [...files].flatMap((file) => leaves.get(file) ?? []);
}

const at = (separators: Separators, i: number) => separators[i] ?? "";

/** The dictionaries that may have terms of a range. All terms of a frequent word are in one. */
function dictionariesOf({ from, to }: Range, frequent: ReadonlySet<string>): readonly Dictionary[] {
  if (from.startsWith(special)) return ["cells"];
  return frequent.has(baseOf(from)) && baseOf(from) === baseOf(to) ? ["common"] : ["rare", "common"];
}

function filesOf(dictionary: Dictionary, separators: Separators, { from, to }: Range): string[] {
  const [first, last] = [leafOf(separators, from), leafOf(separators, to)];
  return separators.slice(first, last + 1).map((separator) => leafFile(dictionary, separator));
}

function headerOf(bytes: Uint8Array): Pick<Header, "form" | "documents"> {
  const header = jsonIn(new TextDecoder().decode(bytes));
  if (
    isRecord(header) &&
    header.version === version &&
    (header.form === "pack" || header.form === "files") &&
    typeof header.documents === "number"
  ) {
    return { form: header.form, documents: header.documents };
  }
  throw new Failure("corrupt", "the search index is of another version");
}

/** First and last day of the data of an opened index; `undefined` where none has a time. */
export async function timeOfIndex(readFile: ReadFile): Promise<Header["time"]> {
  const header = jsonIn(new TextDecoder().decode(await readFile(headerFile)));
  const [first, last] = isRecord(header) && Array.isArray(header.time) ? header.time : [];
  return typeof first === "string" && typeof last === "string" ? [first, last] : undefined;
}

function fromPack(bytes: Uint8Array): ReadFile {
  const files = decodePack(bytes);
  return async (path) => {
    const content = files.get(path);
    if (!content) throw new Failure("corrupt", `the search index has no ${path}`);
    return content;
  };
}
