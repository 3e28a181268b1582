/**
 * Where structures are read from: a file, the address that others are relative to, and the widths of its numbers.
 *
 * Declared sizes are not believed. A structure must be within the file and is at most 32 MiB long; large ones are read
 * two at a time, so that no file makes many of them come into memory together. All of them together have a budget.
 */
import { atMost } from "../../../core/concurrency.ts";
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { Cursor, type Widths } from "./cursor.ts";
import { damaged } from "./failures.ts";
import { type FileBudget, fileBudget } from "./file-budget.ts";

const longest = 2 ** 25;
const large = 2 ** 20;

export interface Storage {
  readonly widths: Widths;
  readonly source: RangeSource;
  /** Byte of the file where the superblock is, to which addresses are relative. */
  readonly base: number;
  /** Of the file; reading structures spends from it. */
  readonly budget: FileBudget;

  /**
   * Exactly `length` bytes.
   *
   * @throws Failure `input` where they are not within the file, or are more than a structure can have; `unavailable` as
   * the source does.
   */
  read(address: number, length: number, what: string): Promise<Cursor>;

  /** Up to `length` bytes, fewer at the end of the file: for a structure whose length is within it. */
  readSome(address: number, length: number, what: string): Promise<Cursor>;

  /** Byte of the file, of `size` bytes that must be within it. @throws Failure `input` where they are not. */
  offsetOf(address: number, size: number, what: string): number;
}

export function storageOf(source: RangeSource, base: number, widths: Widths): Storage {
  const oneOfFew = atMost(2);
  const budget = fileBudget();

  const offsetOf = (address: number, size: number, what: string) => {
    const offset = base + address;
    if (offset + size > source.size)
      throw damaged(`${what} of ${size} bytes ends beyond the file, which has ${source.size} bytes`, offset);
    return offset;
  };

  const read = async (address: number, length: number, what: string) => {
    const offset = offsetOf(address, length, what);
    if (length > longest) throw damaged(`${what} has ${length} bytes, more than the ${longest} that are read`, offset);
    budget.spend("structures", 1);
    budget.spend("bytes", length);
    const get = () => source.read(offset, length);
    return new Cursor(await (length > large ? oneOfFew(get) : get()), widths, offset);
  };

  return {
    widths,
    source,
    base,
    budget,
    read,
    readSome(address, length, what) {
      return read(address, Math.max(1, Math.min(length, source.size - base - address)), what);
    },
    offsetOf,
  };
}
