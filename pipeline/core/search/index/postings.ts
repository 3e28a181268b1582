/**
 * Which documents have a term, as leaves and windows have it.
 *
 * The list of a common term is divided into windows: the numbers from one multiple of 2^bits to the next. The leaf has the
 * documents of the last one, and of each other window, which is a file, about how many there are. So the newest documents of a
 * term are known without a further request, a new document changes no window, and a document that gets or loses a term mostly
 * changes its window and not the leaf.
 */

import { Failure } from "../../failure.ts";
import { joined } from "../../joined.ts";
import { decodeList, encodeList, reader, type Writer, writer } from "./bytes.ts";
import { boxBytes, extentBytes, unknownBox } from "./extent-detail.ts";
import { frontCoded, frontDecoded } from "./layout.ts";
import { detailLength, hasBoxesApart } from "./words.ts";

export interface Postings {
  readonly term: string;
  /** Documents that have it: about so many where not all windows were read. */
  readonly count: number;
  /** A window has the numbers from n · 2^bits up to (n + 1) · 2^bits. */
  readonly bits: number;
  /** Ascending, without empty ones. */
  readonly windows: Window[];
}

export interface Window {
  readonly number: number;
  /** Rounded ({@link rounded}) until its file is read. */
  readonly count: number;
  /** Absent until its file is read. */
  documents?: readonly number[];
  /** Of terms that have details: those of each document, one after another. */
  details?: Uint8Array;
  /** Whether the file with their boxes was not read. */
  lacksBoxes?: boolean;
}

/** Of a list with one window, all numbers. */
const allBits = 53;

/** Documents from which on a term is a common one. */
export const commonFrom = 128;

/**
 * The bits of the windows of a term.
 *
 * @param next the number after the greatest one. The rarer a term, the wider its windows: each is some 500 bytes.
 */
export function windowBits(term: string, count: number, next: number): number {
  if (count < commonFrom) return allBits;
  const rarity = Math.max(0, Math.floor(Math.log2(next / count)));
  return detailLength(term) > 0 ? 7 + rarity : 11 + Math.floor(rarity * 0.65);
}

/** A number as its leading bits have it: at most a quarter less. */
export function rounded(count: number): number {
  return countOf(codeOf(count));
}

/** One byte: a floating-point number of two bits after the first. */
function codeOf(count: number): number {
  if (count < 4) return count;
  const exponent = Math.floor(Math.log2(count));
  return exponent * 4 + (Math.floor(count / 2 ** (exponent - 2)) & 3) - 4;
}

function countOf(code: number): number {
  return code < 4 ? code : (4 + (code & 3)) * 2 ** (Math.floor(code / 4) - 1);
}

/** How many documents have the term; `undefined` where a window was not read. */
export function exactCount({ windows }: Postings): number | undefined {
  let sum = 0;
  for (const { documents } of windows) {
    if (!documents) return undefined;
    sum += documents.length;
  }
  return sum;
}

/** The list of a term divided into windows, all of them read. `documents` ascend. */
export function postingsOf(
  term: string,
  documents: readonly number[],
  next: number,
  detailOf: (document: number) => Uint8Array = () => new Uint8Array(detailLength(term)),
): Postings {
  const bits = windowBits(term, documents.length, next);
  const windows: Window[] = [];
  for (let from = 0; from < documents.length; ) {
    const number = Math.floor(documents[from]! / 2 ** bits);
    let to = from + 1;
    while (to < documents.length && documents[to]! < (number + 1) * 2 ** bits) to++;
    const some = documents.slice(from, to);
    const details = detailLength(term) > 0 ? { details: joined(some.map(detailOf)) } : {};
    windows.push({ number, count: to - from, documents: some, ...details });
    from = to;
  }
  return { term, count: documents.length, bits, windows };
}

/** A window as a file. */
export function encodeWindow({ bits, term }: Postings, window: Window): Uint8Array {
  const { details } = window;
  if (!details || !hasBoxesApart(term)) return encodeDocuments(bits, window);
  return encodeDocuments(bits, { ...window, details: columns(details, boxBytes, detailLength(term)) });
}

/** The file with the boxes of a window; `undefined` where the file of the window has them. */
export function encodeBoxes({ term }: Postings, { details }: Window): Uint8Array | undefined {
  return details && hasBoxesApart(term) ? columns(details, 0, boxBytes) : undefined;
}

/** Bytes `from` to `to` of each detail. */
function columns(details: Uint8Array, from: number, to: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < details.length; at += extentBytes) parts.push(details.subarray(at + from, at + to));
  return joined(parts);
}

function encodeDocuments(bits: number, { number, documents = [], details }: Window): Uint8Array {
  const list = encodeList(documents, number * 2 ** bits);
  if (!details) return list;
  const output = writer();
  output.number(list.length);
  output.bytes(list);
  output.bytes(details);
  return output.done();
}

/** @param length bytes of each detail. @throws Failure `corrupt` */
function decodeDocuments(
  length: number,
  bits: number,
  number: number,
  bytes: Uint8Array,
): { documents: number[]; details?: Uint8Array } {
  if (length === 0) return { documents: decodeList(bytes, number * 2 ** bits) };
  const input = reader(bytes);
  const documents = decodeList(input.bytes(input.number()), number * 2 ** bits);
  return { documents, details: input.bytes(documents.length * length) };
}

/** A window as its files have it. Without its boxes, each box is an unknown one. */
export interface WindowFiles {
  readonly window: Uint8Array;
  readonly boxes?: Uint8Array | undefined;
}

/** @throws Failure `corrupt` where the list has about another length than its leaf has, or there are not as many boxes. */
export function decodeWindow(
  { term, bits }: Postings,
  { number, count }: Window,
  { window, boxes }: WindowFiles,
): Pick<Window, "documents" | "details" | "lacksBoxes"> {
  const isApart = hasBoxesApart(term);
  const length = detailLength(term) - (isApart ? boxBytes : 0);
  const decoded = decodeDocuments(length, bits, number, window);
  const { documents, details } = decoded;
  if (rounded(documents.length) !== count || (boxes && boxes.length !== documents.length * boxBytes)) {
    throw new Failure(
      "corrupt",
      `a window of ${JSON.stringify(term)} has ${documents.length} documents where its leaf has about ${count}`,
    );
  }
  if (!isApart || !details) return { ...decoded, lacksBoxes: false };
  const whole = documents.map((_, i) => {
    const box = boxes ? boxes.subarray(i * boxBytes, (i + 1) * boxBytes) : unknownBox;
    return Uint8Array.of(...box, ...details.subarray(i * length, (i + 1) * length));
  });
  return { documents, details: joined(whole), lacksBoxes: boxes === undefined };
}

/** The record of a term in its leaf, without the term. */
export function encodeRecord(postings: Postings): Uint8Array {
  const output = writer();
  const { bits, windows } = postings;
  const last = windows.at(-1)!;
  output.number(bits);
  if (bits !== allBits) {
    output.number(windows.length - 1);
    let next = 0;
    for (const { number, count } of windows.slice(0, -1)) {
      output.number(number - next);
      output.number(codeOf(count));
      next = number + 1;
    }
    output.number(last.number - next);
  }
  const list = encodeDocuments(bits, last);
  output.number(list.length);
  output.bytes(list);
  return output.done();
}

/** Terms ascend; `record` as {@link encodeRecord} returns it. */
export function encodeLeaf(records: readonly { readonly term: string; readonly record: Uint8Array }[]): Uint8Array {
  const output: Writer = writer();
  const append = frontCoded(output);
  for (const { term, record } of records) {
    append(term);
    output.bytes(record);
  }
  return output.done();
}

/** @throws Failure `corrupt` */
export function decodeLeaf(bytes: Uint8Array): Postings[] {
  const input = reader(bytes);
  const nextTerm = frontDecoded(input);
  const all: Postings[] = [];
  while (!input.done) {
    const term = nextTerm();
    const bits = input.number();
    if (bits > allBits) throw new Failure("corrupt", `a window of ${JSON.stringify(term)} has ${bits} bits`);
    const windows: Window[] = [];
    let next = 0;
    if (bits !== allBits) {
      for (let left = input.number(); left > 0; left--) {
        const number = next + input.number();
        windows.push({ number, count: countOf(input.number()) });
        next = number + 1;
      }
      next += input.number();
    }
    const last = decodeDocuments(detailLength(term), bits, next, input.bytes(input.number()));
    windows.push({ number: next, count: last.documents.length, ...last });
    const count = windows.reduce((sum, window) => sum + window.count, 0);
    all.push({ term, count, bits, windows });
  }
  return all;
}
