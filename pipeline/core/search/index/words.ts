/**
 * Words of a text, folded so that `Höhe`, `HÖHE` and `hohe` are one.
 *
 * Terms are compared by UTF-16 code units. Those of a field end in a tab and the letter of the field, so that
 * `halo\tp` (the platform HALO) is found by the word `halo` in the same leaf. Terms that begin with {@link special} are cells
 * of time and place.
 */
import { type Field, fields, most } from "./document.ts";

/** First character of terms that no word can be. */
export const special = "\u0002";

/** The term of every document. */
export const everything = `${special}*`;

/** Terms between two, inclusive. */
export interface Terms {
  readonly from: string;
  readonly to: string;
}

/** Bytes that the list of a term has for each document: its extent, in lists of cells of time and place. */
export function detailLength(term: string): 0 | 7 {
  return term.startsWith(special) && term !== everything ? 7 : 0;
}

/** Whether boxes are files of their own in windows of the list: of days, since who asks for days mostly asks for no box. */
export function hasBoxesApart(term: string): boolean {
  return detailLength(term) > 0 && term[1] === "t";
}

/** Lower case without accents. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

/** The runs of letters, digits and `_` in a text, folded, in order. */
export function runsOf(text: string): readonly string[] {
  return fold(text.toWellFormed()).match(/[\p{L}\p{N}_]+/gu) ?? [];
}

/** The words of a text, in order: the parts of its runs. A single ASCII character is no word. */
export function wordsOf(text: string): string[] {
  return runsOf(text.slice(0, most.text)).flatMap(partsOf);
}

/** The parts of a name that are separated by `_`. */
export function partsOf(word: string): string[] {
  return word.split("_").filter(isWord).map(cut);
}

function isWord(part: string): boolean {
  return part.length > 1 || part > "\u007f";
}

/** The term of a field's value; `undefined` where the value has no letter and no digit. */
export function valueTerm(field: Field, value: string): string | undefined {
  const text = fold(value.slice(0, most.text).toWellFormed())
    .replace(/[\p{C}\p{Z}\s]+/gu, " ")
    .trim();
  return /[\p{L}\p{N}]/u.test(text) ? `${cut(text)}\t${fields[field]}` : undefined;
}

/** The word or value of a term, without its field. */
export function baseOf(term: string): string {
  const tab = term.indexOf("\t");
  return tab < 0 ? term : term.slice(0, tab);
}

/** At most as long as a term. */
export const cut = (text: string) => (text.length > most.term ? text.slice(0, most.term).toWellFormed() : text);
