/**
 * The numbers of packs. A number is never given to two packs.
 *
 * Under the lock, a counter in memory that all threads share gives the next number: `Atomics.add` never returns the same
 * number twice. It starts after every number found in the folder, of packs and of indexes, and after the one noted in the
 * file `last`. That file is written before a pack is removed, so the number of a removed pack is not given again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { writeDurably } from "../../../disk/write.ts";

/** The last number given, in memory that threads share. */
export type Counter = Int32Array<SharedArrayBuffer>;

/** The counter for `folder`. The caller has the lock. */
export function counterFor(folder: string): Counter {
  const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  counter[0] = largestNumber(folder);
  return counter;
}

/** A number that no pack has or had. @throws Failure `refused` after a hundred million of them. */
export function nextNumber(counter: Counter): number {
  const number = Atomics.add(counter, 0, 1) + 1;
  if (number > largestPossible) {
    throw new Failure("refused", `there is no number after ${largestPossible} for a new pack`, {
      hint: "export what is needed by `fieldtree car export`, and import it into a new campaign folder",
    });
  }
  return number;
}

/** Note the largest number given, so that it is not given again. To be called before a pack or an index is removed. */
export async function noteNumbers(folder: string): Promise<void> {
  await writeDurably(join(folder, noteName), `${largestNumber(folder)}\n`);
}

/** The file with the last number given, written where packs were removed. */
export const noteName = "last";

export const packName = (number: number): string => `${digitsOf(number)}.car`;
export const indexName = (number: number): string => `${digitsOf(number)}.index`;

/** The number in the name of a pack or an index; `undefined` for any other name. */
export function numberIn(name: string, ending: "car" | "index"): number | undefined {
  const match = /^(\d{8})\.(car|index)$/.exec(name);
  return match?.[2] === ending ? Number(match[1]) : undefined;
}

/** The largest number of eight digits. */
const largestPossible = 99_999_999;

const digitsOf = (number: number): string => String(number).padStart(8, "0");

function largestNumber(folder: string): number {
  const names = readdirSync(folder);
  let largest = names.includes(noteName) ? noted(join(folder, noteName)) : 0;
  for (const name of names) largest = Math.max(largest, numberIn(name, "car") ?? numberIn(name, "index") ?? 0);
  return largest;
}

function noted(file: string): number {
  const text = readFileSync(file, "utf8").trim();
  if (/^\d{1,8}$/.test(text)) return Number(text);
  throw new Failure("corrupt", `${file} should contain the number of the last pack and contains other bytes`, {
    hint: "remove it; the packs themselves are not affected",
  });
}
