/**
 * A file of records that is only ever appended to: all that happened to a bucket, in order.
 *
 * ```
 * 4 bytes  length of the record, little-endian
 * 4 bytes  crc32 of it
 * …        the record, dag-cbor
 * ```
 *
 * A record is on the disk when `append` resolves; records that wait are written and synced together. What a crash left of a
 * last record is cut off when the file is opened next. A record in the middle that is not whole is damage, and refused.
 */
import { constants, fdatasync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import * as dagCbor from "@ipld/dag-cbor";
import { Failure } from "../../core/failure.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { syncFolder } from "../../disk/write.ts";

export interface Ledger<Entry> {
  /** Resolves, in the order of the calls, when the record survives a power cut: to the place behind it. */
  append(entry: Entry): Promise<Place>;
  /** Where the file ends, when nothing is being appended. */
  readonly end: Place;
  close(): Promise<void>;
}

/** A place between two records. */
export interface Place {
  readonly at: number;
  /** Byte at which the record before it begins, and that record's head: by them another file of that name is recognised. */
  readonly last?: { readonly at: number; readonly head: Uint8Array };
}

export const beginning: Place = { at: 0 };

const headLength = 8;
/** Bytes of one record: a key, its metadata, and the parts of an upload of 10 000. */
const largestRecord = 16 * 2 ** 20;

/** A record behind its head. */
export function framed(record: Uint8Array): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32LE(record.length, 0);
  head.writeUInt32LE(crc32(record), 4);
  return Buffer.concat([head, record]);
}

/**
 * Opens the file at `path`, after giving every record behind `from` to `replay`.
 *
 * @throws Failure `corrupt` where a record that is followed by others is damaged
 */
export async function openLedger<Entry>(
  path: string,
  replay: (entry: Entry) => void,
  from: Place = beginning,
): Promise<Ledger<Entry>> {
  await mkdir(dirname(path), { recursive: true });
  // Not opened for appending: what a failed write left behind is overwritten.
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  let end: Place;
  try {
    end = await replayAll(file, path, replay, from);
    const { size } = await file.stat();
    if (size > end.at) {
      await file.truncate(end.at);
      await file.sync();
    }
    await syncFolder(dirname(path));
  } catch (error) {
    await file.close();
    throw diskFailure(error, `reading ${path}`);
  }

  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let isTorn = false;
  const writeBatch = async (batch: readonly Buffer[]) => {
    // What a failed write left is cut off before anything follows it: none of it was acknowledged.
    if (isTorn) await file.truncate(end.at);
    isTorn = true;
    const bytes = Buffer.concat(batch);
    writeWhole(file.fd, bytes, end.at);
    await datasync(file.fd);
    isTorn = false;
    const at = end.at + bytes.length - batch.at(-1)!.length;
    end = { at: end.at + bytes.length, last: { at, head: batch.at(-1)!.subarray(0, headLength) } };
  };
  const writeAll = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        let { at } = end;
        await writeBatch(batch.map(({ bytes }) => bytes));
        for (const { bytes, resolve } of batch) {
          resolve({ at: at + bytes.length, last: { at, head: bytes.subarray(0, headLength) } });
          at += bytes.length;
        }
      } catch (error) {
        const failure = diskFailure(error, `writing ${path}`);
        for (const { reject } of batch) reject(failure);
      }
    }
    writing = undefined;
  };

  return {
    append(entry) {
      const bytes = framed(dagCbor.encode(entry));
      return new Promise((resolve, reject) => {
        waiting.push({ bytes, resolve, reject });
        writing ??= writeAll();
      });
    },
    get end() {
      return end;
    },
    async close() {
      await writing;
      await file.close();
    },
  };
}

interface Waiting {
  readonly bytes: Buffer;
  readonly resolve: (place: Place) => void;
  readonly reject: (failure: unknown) => void;
}

/** Gives every whole record behind `from` to `replay`, while another process may be appending. A file that is absent has none. */
export async function readLedger<Entry>(
  path: string,
  replay: (entry: Entry) => void,
  from: Place = beginning,
): Promise<Place> {
  const file = await openIfThere(path);
  if (!file) return beginning;
  try {
    return await replayAll(file, path, replay, from);
  } finally {
    await file.close();
  }
}

/** Whether the ledger at `path` is the one that had its end at `place` once. */
export async function hasPlace(path: string, { at, last }: Place): Promise<boolean> {
  const file = await openIfThere(path);
  if (!file) return at === 0;
  try {
    const { size } = await file.stat();
    if (size < at || (at > 0 && !last)) return false;
    if (!last) return true;
    const { buffer } = await file.read(Buffer.alloc(headLength), 0, headLength, last.at);
    return buffer.equals(last.head);
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskFailure(error, `reading ${path}`);
  }
}

/** `write` may write less than it was given. In this thread: handing over so few bytes takes longer. */
function writeWhole(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at);
}

const datasync = promisify(fdatasync);

/** Bytes read at a time. */
const pieceSize = 4 * 2 ** 20;

/** Returns the place behind the last whole record. */
async function replayAll<Entry>(
  file: FileHandle,
  path: string,
  replay: (entry: Entry) => void,
  from: Place,
): Promise<Place> {
  const { size } = await file.stat();
  let pending = new Uint8Array(0);
  /** Of the first byte of `pending`, in the file. */
  let start = from.at;
  let { last } = from;
  const place = (at: number): Place => ({ at, ...(last && { last }) });
  for (;;) {
    const view = new DataView(pending.buffer, pending.byteOffset, pending.byteLength);
    let at = 0;
    while (at + headLength <= pending.length) {
      const length = view.getUint32(at, true);
      if (at + headLength + length > pending.length) {
        if (length > largestRecord || start + at + headLength + length > size)
          return place(endAt(start + at, size, path));
        break;
      }
      const record = pending.subarray(at + headLength, at + headLength + length);
      if (crc32(record) !== view.getUint32(at + 4, true)) {
        // A crash tears the last batch; a record that is followed by a whole one was acknowledged.
        if (await isRecordAt(file, start + at + headLength + length, size)) throw damagedAt(start + at, path);
        return place(endAt(start + at, size, path));
      }
      replay(dagCbor.decode<Entry>(record));
      last = { at: start + at, head: pending.slice(at, at + headLength) };
      at += headLength + length;
    }
    start += at;
    pending = pending.slice(at);
    const filled = start + pending.length;
    if (filled >= size) return place(start);
    const more = new Uint8Array(Math.min(pieceSize, size - filled));
    const { bytesRead } = await file.read(more, 0, more.length, filled);
    if (bytesRead === 0) return place(start);
    pending = Buffer.concat([pending, more.subarray(0, bytesRead)]);
  }
}

async function isRecordAt(file: FileHandle, position: number, size: number): Promise<boolean> {
  if (position + headLength > size) return false;
  const { buffer: head } = await file.read(Buffer.alloc(headLength), 0, headLength, position);
  const length = head.readUInt32LE(0);
  if (length === 0 || length > largestRecord || position + headLength + length > size) return false;
  const { buffer: record } = await file.read(Buffer.alloc(length), 0, length, position + headLength);
  return crc32(record) === head.readUInt32LE(4);
}

/** A last record that is not whole was never acknowledged; one further from the end than a batch is damage. */
function endAt(at: number, size: number, path: string): number {
  if (size - at <= largestRecord) return at;
  throw damagedAt(at, path);
}

const damagedAt = (at: number, path: string) =>
  new Failure("corrupt", `${path} is damaged at byte ${at}: what happened to the bucket afterwards can't be read`, {
    hint: "restore the file from a copy; objects before that place are whole",
  });
