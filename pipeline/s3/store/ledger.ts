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
 * last record is cut off by the next one who opens it. A record in the middle that is not whole is damage, and refused.
 */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import * as dagCbor from "@ipld/dag-cbor";
import { Failure } from "../../core/failure.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { syncFolder } from "../../disk/write.ts";

export interface Ledger<Entry> {
  /** Resolves when the record survives a power cut. */
  append(entry: Entry): Promise<void>;
  close(): Promise<void>;
}

const headLength = 8;
/** Bytes of one record: a key, its metadata, and the parts of an upload of 10 000. */
const largestRecord = 16 * 2 ** 20;

/**
 * Opens the file at `path`, after giving every record in it to `replay`.
 *
 * @throws Failure `corrupt` where a record that is followed by others is damaged
 */
export async function openLedger<Entry>(path: string, replay: (entry: Entry) => void): Promise<Ledger<Entry>> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a+");
  try {
    const whole = await replayAll(file, path, replay);
    const { size } = await file.stat();
    if (size > whole) {
      await file.truncate(whole);
      await file.sync();
    }
    await syncFolder(dirname(path));
  } catch (error) {
    await file.close();
    throw diskFailure(error, `reading ${path}`);
  }

  let waiting: { readonly bytes: Uint8Array; readonly done: (error?: unknown) => void }[] = [];
  let writing: Promise<void> | undefined;
  let failed: unknown;
  const writeAll = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (failed) throw failed;
        await writeWhole(file, Buffer.concat(batch.map(({ bytes }) => bytes)));
        await file.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        // What was written is unknown now: nothing more is acknowledged until the ledger is opened again.
        failed = diskFailure(error, `writing ${path}`);
        for (const { done } of batch) done(failed);
      }
    }
    writing = undefined;
  };

  return {
    append(entry) {
      const record = dagCbor.encode(entry);
      const head = Buffer.alloc(headLength);
      head.writeUInt32LE(record.length, 0);
      head.writeUInt32LE(crc32(record), 4);
      return new Promise((resolve, reject) => {
        waiting.push({
          bytes: Buffer.concat([head, record]),
          done: (error) => (error === undefined ? resolve() : reject(error as Error)),
        });
        writing ??= writeAll();
      });
    },
    async close() {
      await writing;
      await file.close();
    },
  };
}

/** Gives every whole record to `replay`, beside a process that may be appending. A file that is not there has none. */
export async function readLedger<Entry>(path: string, replay: (entry: Entry) => void): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw diskFailure(error, `reading ${path}`);
  }
  try {
    await replayAll(file, path, replay);
  } finally {
    await file.close();
  }
}

/** `write` may write less than it was given. */
async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** Bytes read at a time. */
const pieceSize = 4 * 2 ** 20;

/** Returns the bytes of all whole records. */
async function replayAll<Entry>(file: FileHandle, path: string, replay: (entry: Entry) => void): Promise<number> {
  const { size } = await file.stat();
  let pending = new Uint8Array(0);
  /** Of the first byte of `pending`, in the file. */
  let start = 0;
  for (;;) {
    const view = new DataView(pending.buffer, pending.byteOffset, pending.byteLength);
    let at = 0;
    while (at + headLength <= pending.length) {
      const length = view.getUint32(at, true);
      if (at + headLength + length > pending.length) {
        if (length > largestRecord || start + at + headLength + length > size) return endAt(start + at, size, path);
        break;
      }
      const record = pending.subarray(at + headLength, at + headLength + length);
      if (crc32(record) !== view.getUint32(at + 4, true)) return endAt(start + at, size, path);
      replay(dagCbor.decode<Entry>(record));
      at += headLength + length;
    }
    start += at;
    pending = pending.slice(at);
    const filled = start + pending.length;
    if (filled >= size) return start;
    const more = new Uint8Array(Math.min(pieceSize, size - filled));
    const { bytesRead } = await file.read(more, 0, more.length, filled);
    if (bytesRead === 0) return start;
    pending = Buffer.concat([pending, more.subarray(0, bytesRead)]);
  }
}

/** A last record that is not whole was never acknowledged; one further from the end than a batch is damage. */
function endAt(at: number, size: number, path: string): number {
  if (size - at <= largestRecord) return at;
  throw new Failure(
    "corrupt",
    `${path} is damaged at byte ${at}: what happened to the bucket afterwards can't be read`,
    {
      hint: "restore the file from a copy; objects before that place are whole",
    },
  );
}
