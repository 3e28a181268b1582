/**
 * Sorts any number of short records (names, digests, entries of a folder) in bounded memory.
 *
 * Two million files are an ordinary model run, and may all be in one folder. Records are gathered as bytes in one piece; where
 * they are more, sorted pieces go to a file and are merged as they are read. The file is removed as soon as it is open, so
 * that a killed process leaves nothing. Few records need no file.
 *
 * ```ts
 * const names = recordSorter(folder);
 * names.add(Buffer.from("b")); names.add(Buffer.from("a"));
 * for (const name of names.sorted()) …; // "a", "b"
 * names.close();
 * ```
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { compared } from "../compare-bytes.ts";
import { pause } from "../event-loop.ts";

export interface RecordSorter {
  readonly count: number;
  /** The bytes are copied. */
  add(record: Uint8Array): void;
  /** All records in byte order, repeats included; each is a view that is valid until the next is taken. Nothing is added after it. */
  sorted(): Generator<Uint8Array>;
  /** Frees the memory and the file. */
  close(): void;
}

/** Most bytes of records in memory, and so of a sorted run in the file. */
export const recordMemory = 2 * 2 ** 20;
/** Bytes that are read ahead of all runs together while they are merged, and the least of one run. */
const mergeMemory = 4 * 2 ** 20;
const leastReadAhead = 4096;
/** Bytes of a record's length in the file. */
const lengthBytes = 4;

/** `scratch`: the folder for the file. `memory`: bytes of records from which on they go there. */
export function recordSorter(scratch: string, memory = recordMemory): RecordSorter {
  let arena = recordArena();
  let file: number | undefined;
  let fileLength = 0;
  let count = 0;
  const runs: { readonly from: number; readonly to: number }[] = [];

  const spill = (): void => {
    file ??= openScratch(scratch);
    const bytes = Buffer.allocUnsafe(arena.bytes + arena.count * lengthBytes);
    let filled = 0;
    for (const record of arena.sorted()) {
      filled = bytes.writeUInt32LE(record.length, filled);
      bytes.set(record, filled);
      filled += record.length;
    }
    for (let done = 0; done < filled; ) done += writeSync(file, bytes, done, filled - done, fileLength + done);
    runs.push({ from: fileLength, to: fileLength + filled });
    fileLength += filled;
    arena.clear();
  };

  return {
    get count() {
      return count;
    },
    add(record) {
      if (arena.count > 0 && arena.bytes + record.length > memory) spill();
      arena.add(record);
      count++;
    },
    *sorted() {
      if (file === undefined) {
        yield* arena.sorted();
        return;
      }
      if (arena.count > 0) spill();
      arena = recordArena();
      const readAhead = Math.max(leastReadAhead, Math.floor(mergeMemory / runs.length));
      yield* merged(runs.map(({ from, to }) => runReader(file!, from, to, readAhead)));
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      arena = recordArena();
    },
  };
}

/** Each record of sorted ones once, as views that are valid until the next is taken. */
export function* withoutRepeats(sorted: Iterable<Uint8Array>): Generator<Uint8Array> {
  let before: Uint8Array | undefined;
  for (const record of sorted) {
    if (before && Buffer.compare(before, record) === 0) continue;
    // A copy, in the same memory where it fits.
    if (before?.length === record.length) before.set(record);
    else before = Uint8Array.from(record);
    yield record;
  }
}

/** How many different records there are. */
export async function countDistinct(records: RecordSorter): Promise<number> {
  let count = 0;
  for (const _ of withoutRepeats(records.sorted())) {
    count++;
    await pause();
  }
  return count;
}

/** A file without a name, for reading and writing. */
function openScratch(folder: string): number {
  const path = join(folder, `.sorting-${randomBytes(8).toString("hex")}`);
  const fd = openSync(path, "wx+", 0o600);
  rmSync(path);
  return fd;
}

/** Records one behind the other. */
function recordArena() {
  let bytes = Buffer.alloc(0);
  let ends = new Uint32Array(0);
  let count = 0;
  const startOf = (record: number): number => (record === 0 ? 0 : ends[record - 1]!);
  const filled = (): number => startOf(count);

  return {
    get count() {
      return count;
    },
    get bytes() {
      return filled();
    },
    add(record: Uint8Array): void {
      const start = filled();
      if (start + record.length > bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(256, start + record.length, bytes.length * 2));
        bytes.copy(larger, 0, 0, start);
        bytes = larger;
      }
      if (count === ends.length) {
        const larger = new Uint32Array(Math.max(16, count * 2));
        larger.set(ends);
        ends = larger;
      }
      bytes.set(record, start);
      ends[count++] = start + record.length;
    },
    *sorted(): Generator<Uint8Array> {
      const order = Uint32Array.from({ length: count }, (_, record) => record).sort((a, b) =>
        compared(bytes, startOf(a), ends[a]!, bytes, startOf(b), ends[b]!),
      );
      for (const record of order) yield bytes.subarray(startOf(record), ends[record]!);
    },
    clear(): void {
      count = 0;
    },
  };
}

interface RunReader {
  /** The record that is next; a view. */
  bytes: Buffer;
  start: number;
  end: number;
  /** Go to the following record; `false` where there is none. */
  advance(): boolean;
}

function runReader(file: number, from: number, to: number, readAhead: number): RunReader {
  let at = from;
  let filled = 0;
  const need = (length: number): void => {
    if (reader.start + length <= filled) return;
    const rest = filled - reader.start;
    const larger = length > reader.bytes.length ? Buffer.allocUnsafeSlow(length) : reader.bytes;
    reader.bytes.copy(larger, 0, reader.start, filled);
    reader.bytes = larger;
    reader.start = 0;
    filled = rest;
    while (filled < length) {
      const read = readSync(file, larger, filled, Math.min(larger.length - filled, to - at), at);
      if (read === 0) throw new Failure("corrupt", "a file of records being sorted ends before it should");
      filled += read;
      at += read;
    }
  };
  const reader: RunReader = {
    bytes: Buffer.allocUnsafeSlow(readAhead),
    start: 0,
    end: 0,
    advance() {
      reader.start = reader.end;
      if (reader.start === filled && at === to) return false;
      need(lengthBytes);
      const length = reader.bytes.readUInt32LE(reader.start);
      need(lengthBytes + length);
      reader.start += lengthBytes;
      reader.end = reader.start + length;
      return true;
    },
  };
  return reader;
}

/** The records of sorted runs, in order: a heap has the run whose next record comes first at its top. */
function* merged(all: readonly RunReader[]): Generator<Uint8Array> {
  const heap = all.filter((run) => run.advance());
  const isBefore = (a: RunReader, b: RunReader): boolean =>
    compared(a.bytes, a.start, a.end, b.bytes, b.start, b.end) < 0;
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      }
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  };
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  while (heap.length > 0) {
    const first = heap[0]!;
    yield first.bytes.subarray(first.start, first.end);
    if (!first.advance()) {
      const last = heap.pop()!;
      if (last !== first) heap[0] = last;
    }
    sink(0);
  }
}
