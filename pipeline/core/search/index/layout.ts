/**
 * Where each file of a search index is, and how its bytes are read. All paths are relative to `search/` of a portal.
 *
 * | file | what |
 * |---|---|
 * | `index.json` | {@link Header} |
 * | `pack` | all other files in one, of a small campaign |
 * | `root` | the separators of all dictionaries, and the most frequent words |
 * | `rare/…`, `common/…`, `cells/…` | leaves of a dictionary: some terms in a row, each with its documents |
 * | `windows/…` | the documents of a common term, of a range of numbers |
 * | `boxes/…` | where the documents of a window are, if it is one of days |
 * | `rows/…` | what is shown of documents, four a file |
 * | `facets.json` | the commonest values of each field |
 *
 * Terms in few documents are in one dictionary, terms in many in another, and cells of time and place in a third. A new dataset
 * has mostly common terms, so that few leaves and folders change. All terms of a word (the word, a platform of that name) are in
 * one dictionary. So a query reads no rare leaf for the most frequent words, which the root has. Folders have few entries,
 * because a changed file changes all folders above it.
 */
import { Failure } from "../../failure.ts";
import { lastAtMost } from "../../last-at-most.ts";
import { commonPrefix, type Reader, reader, type Writer, writer } from "./bytes.ts";

/** Of the layout. It changes with anything that a reader of files has to know. */
export const version = 3;

export interface Header {
  readonly version: typeof version;
  readonly form: "pack" | "files";
  /** Number of documents. */
  readonly documents: number;
  /** First and last day of their data; absent where none has a time. A question without a year is about one of these years. */
  readonly time?: readonly [first: string, last: string];
}

export const headerFile = "index.json";
export const packFile = "pack";
export const rootFile = "root";
export const facetsFile = "facets.json";

export type Dictionary = "rare" | "common" | "cells";
export const dictionaries: readonly Dictionary[] = ["rare", "common", "cells"];

/** Documents in a file of rows. */
export const rowsPerFile = 4;

/** The file of rows that has a document. */
export function rowsFile(number: number): string {
  return `rows/${digits(Math.floor(number / rowsPerFile), 16)}`;
}

/** The leaf whose terms begin at a separator. */
export function leafFile(dictionary: Dictionary, separator: string): string {
  const hash = hashOf(separator);
  const folders = [hash & 7, (hash >>> 3) & 7, ...(dictionary === "common" ? [] : [(hash >>> 6) & 7])];
  return `${dictionary}/${folders.join("/")}/${nameOf(separator)}`;
}

/** The documents of a term with numbers from `number` · 2^`bits` on, or where these are. */
export function windowFile(term: string, bits: number, number: number, what: "windows" | "boxes" = "windows"): string {
  const hash = hashOf(term);
  return `${what}/${bits}/${digits(number, 16)}/${(hash & 15).toString(16)}/${nameOf(term)}`;
}

/** How many digits there are, then each as a folder: `1000` is `4/1/0/0/0`. No file is then where a folder is. */
function digits(number: number, radix: number): string {
  const written = number.toString(radix);
  return [written.length, ...written].join("/");
}

/** FNV-1a of the UTF-16 code units, 32 bits. It only spreads files over folders: no two files share a name. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  // The low bits of FNV-1a follow the last characters.
  return (hash ^ (hash >>> 15)) >>> 0;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** A term as the name of a file: at most 200 characters, different for every term. */
function nameOf(term: string): string {
  if (/^[a-z0-9_]+(?:\t[a-z])?$/.test(term)) return term.replace("\t", ".");
  let [name, rest, bits] = ["-", 0, 0];
  for (const byte of new TextEncoder().encode(term)) {
    rest = (rest << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) name += alphabet[(rest >>> (bits - 5)) & 31];
    rest &= 31;
  }
  return bits > 0 ? name + alphabet[(rest << (5 - bits)) & 31] : name;
}

/** Several files in one. */
export function encodePack(files: Iterable<readonly [path: string, content: Uint8Array]>): Uint8Array {
  const output = writer();
  for (const [path, content] of files) {
    output.text(path);
    output.number(content.length);
    output.bytes(content);
  }
  return output.done();
}

/** @throws Failure `corrupt` */
export function decodePack(bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const input = reader(bytes); !input.done; ) files.set(input.text(), input.bytes(input.number()));
  return files;
}

/** The first terms of the leaves of a dictionary, each cut where it differs from the last term of the leaf before. */
export type Separators = readonly string[];

export interface Root {
  readonly separators: Readonly<Record<Dictionary, Separators>>;
  /** Words that the common dictionary has, ascending. */
  readonly frequent: readonly string[];
}

export function encodeRoot({ separators, frequent }: Root): Uint8Array {
  const output = writer();
  for (const texts of [...dictionaries.map((dictionary) => separators[dictionary]), frequent]) {
    output.number(texts.length);
    const append = frontCoded(output);
    for (const each of texts) append(each);
  }
  return output.done();
}

/** @throws Failure `corrupt` */
export function decodeRoot(bytes: Uint8Array): Root {
  const input = reader(bytes);
  const texts = () => {
    const next = frontDecoded(input);
    const all: string[] = [];
    for (let left = input.number(); left > 0; left--) all.push(next());
    return all;
  };
  const separators: Record<Dictionary, Separators> = { rare: [], common: [], cells: [] };
  for (const dictionary of dictionaries) {
    separators[dictionary] = texts();
    if (separators[dictionary][0] !== "") throw new Failure("corrupt", "a search index has no first leaf");
  }
  return { separators, frequent: texts() };
}

/** Which leaf has `term`, if any has. */
export function leafOf(separators: Separators, term: string): number {
  return lastAtMost(separators, term);
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes texts one after another, each without what it shares with the one before. Lengths of both share a byte if small. */
export function frontCoded(output: Writer): (text: string) => void {
  let before = "";
  return (text) => {
    const shared = commonPrefix(before, text);
    const suffix = utf8.encode(text.slice(shared));
    if (shared < 16 && suffix.length < 15) output.number(shared + suffix.length * 16);
    else {
      output.number(15 * 16);
      output.number(shared);
      output.number(suffix.length);
    }
    output.bytes(suffix);
    before = text;
  };
}

/** Reads what {@link frontCoded} wrote, a text at each call. @throws Failure `corrupt` */
export function frontDecoded(input: Reader): () => string {
  let before = "";
  return () => {
    const lengths = input.number();
    const [shared, length] =
      lengths === 15 * 16 ? [input.number(), input.number()] : [lengths % 16, Math.floor(lengths / 16)];
    if (shared > before.length)
      throw new Failure("corrupt", "a term in a search file begins with more than the one before it has");
    before = before.slice(0, shared) + decoder.decode(input.bytes(length));
    return before;
  };
}
