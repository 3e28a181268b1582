/**
 * What an index was built from, in the form from which the next one is built: only the terms of changed documents are counted
 * again, and only their files written.
 *
 * It is a file of this machine. The index is the same with and without it.
 */
import { isFailure } from "../../core/failure.ts";
import { decodeList, reader, writer } from "../../core/search/index/bytes.ts";
import { decodeLeaf, encodeLeaf } from "../../core/search/index/postings.ts";

/** A file that was written before: a single raw block. */
export interface StoredFile {
  /** sha2-256, uint8[32]. */
  readonly digest: Uint8Array;
  /** Bytes. */
  readonly size: number;
}

export interface StoredTerm {
  /** Stays the same as long as the term exists. */
  readonly id: number;
  readonly count: number;
  readonly bits: number;
  /** As its leaf has it. */
  readonly record: Uint8Array;
  /** Files of its windows, by their numbers. */
  readonly windows: ReadonlyMap<number, StoredFile>;
  /** Files with the boxes of its windows, of a term of days. */
  readonly boxes: ReadonlyMap<number, StoredFile>;
  /** All of its documents, where its record has not. */
  readonly list?: Uint8Array;
}

/** Instead of the bits of a term that no leaf has. */
export const leftOutBits = 0;

export interface StoredDocument {
  /** Hash of the document, uint8[16]. */
  readonly fingerprint: Uint8Array;
  /** Ids of its terms, as a list. */
  readonly terms: Uint8Array;
}

export interface StoredIndex {
  readonly nextId: number;
  readonly terms: ReadonlyMap<string, StoredTerm>;
  readonly documents: ReadonlyMap<number, StoredDocument>;
  /** Files of rows, by their numbers. */
  readonly rows: ReadonlyMap<number, StoredFile>;
}

/** Bytes of one piece of memory that many small arrays share. */
const piece = 1_048_576;

/** Returns what copies an array of some bytes to memory that it shares with others: on its own, each takes several hundred bytes. */
export function packer(): (bytes: Uint8Array) => Uint8Array {
  let [buffer, used] = [new Uint8Array(), 0];
  return (bytes) => {
    if (bytes.length > buffer.length - used) [buffer, used] = [new Uint8Array(Math.max(piece, bytes.length)), 0];
    buffer.set(bytes, used);
    used += bytes.length;
    return buffer.subarray(used - bytes.length, used);
  };
}

/** Of the very many terms that have none. */
export const noFiles: ReadonlyMap<number, StoredFile> = new Map();

export const nothingStored: StoredIndex = { nextId: 0, terms: new Map(), documents: new Map(), rows: new Map() };

/** The documents that have the term. */
export function documentsOf(term: string, { record, list }: StoredTerm): readonly number[] {
  if (list) return decodeList(list, 0);
  return decodeLeaf(encodeLeaf([{ term, record }]))[0]!.windows[0]!.documents!;
}

/** Changes with the form of what is stored, and with what is indexed of a document. */
const form = "search 4";

export function encodeStored({ nextId, terms, documents, rows }: StoredIndex): Uint8Array {
  const output = writer();
  const bytes = (value: Uint8Array) => {
    output.number(value.length);
    output.bytes(value);
  };
  const files = (all: ReadonlyMap<number, StoredFile>) => {
    output.number(all.size);
    for (const [number, { digest, size }] of all) {
      output.number(number);
      output.number(size);
      output.bytes(digest);
    }
  };
  output.text(form);
  output.number(nextId);
  output.number(terms.size);
  for (const [term, { id, count, bits, record, windows, boxes, list }] of terms) {
    output.text(term);
    for (const number of [id, count, bits]) output.number(number);
    bytes(record);
    files(windows);
    files(boxes);
    if (list) bytes(list);
  }
  output.number(documents.size);
  for (const [number, { fingerprint, terms }] of documents) {
    output.number(number);
    output.bytes(fingerprint);
    bytes(terms);
  }
  files(rows);
  return output.done();
}

/** `undefined` for anything else than {@link encodeStored} returned. */
export function decodeStored(stored: Uint8Array): StoredIndex | undefined {
  try {
    return decode(stored);
  } catch (error) {
    if (isFailure(error, "corrupt")) return undefined;
    throw error;
  }
}

function decode(stored: Uint8Array): StoredIndex | undefined {
  const input = reader(stored);
  if (input.text() !== form) return undefined;
  const bytes = () => input.bytes(input.number());
  const files = () => {
    let left = input.number();
    if (left === 0) return noFiles;
    const all = new Map<number, StoredFile>();
    for (; left > 0; left--) {
      const [number, size] = [input.number(), input.number()];
      all.set(number, { size, digest: input.bytes(32) });
    }
    return all;
  };
  const nextId = input.number();
  const terms = new Map<string, StoredTerm>();
  for (let left = input.number(); left > 0; left--) {
    const term = input.text();
    const [id, count, bits] = [input.number(), input.number(), input.number()];
    const [record, windows, boxes] = [bytes(), files(), files()];
    const hasList = windows.size > 0 || bits === leftOutBits;
    terms.set(term, { id, count, bits, record, windows, boxes, ...(hasList && { list: bytes() }) });
  }
  const documents = new Map<number, StoredDocument>();
  for (let left = input.number(); left > 0; left--) {
    const number = input.number();
    documents.set(number, { fingerprint: input.bytes(16), terms: bytes() });
  }
  const rows = files();
  return input.done ? { nextId, terms, documents, rows } : undefined;
}
