/**
 * A bucket: its objects and uploads in memory, sorted as S3 lists them, replayed from its ledger.
 *
 * Blocks of an object are on the disk before its record is, and its record before the client is answered. Writes of one key happen in the
 * order in which they were acknowledged; those of different keys don't wait for one another.
 */
import { join } from "node:path";
import { serializedByKey } from "../../core/serialized-by-key.ts";
import { byBytes } from "../../core/text/order.ts";
import { S3Error } from "../error.ts";
import { type Ledger, openLedger, readLedger } from "./ledger.ts";
import type { Entry, StoredObject, StoredPart, Upload } from "./object.ts";
import { allFrom, firstFrom, merged } from "./sorted.ts";

export interface Bucket {
  readonly name: string;
  /** ms since 1970. */
  readonly created: number;
  readonly size: number;
  get(key: string): StoredObject | undefined;
  /** Keys from the first that is not before `from`, in byte order. */
  keysFrom(from: string): Iterable<string>;
  /** Whether a key begins with `prefix`. */
  hasBelow(prefix: string): boolean;
  readonly uploads: ReadonlyMap<string, Upload>;
  /** `condition` is asked when no other write of that key is under way; what it throws prevents the write. */
  put(key: string, object: StoredObject, condition?: (now: StoredObject | undefined) => void): Promise<void>;
  /** Replaces the tags of the object as it is then. @throws S3Error NoSuchKey */
  tag(key: string, tags: StoredObject["tags"]): Promise<void>;
  remove(key: string, condition?: (now: StoredObject | undefined) => void): Promise<void>;
  startUpload(upload: Omit<Upload, "parts">): Promise<void>;
  putPart(upload: string, number: number, part: StoredPart): Promise<void>;
  complete(upload: string, object: StoredObject, condition?: (now: StoredObject | undefined) => void): Promise<void>;
  abort(upload: string): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** As it is now, without a lock: every write is a programming error. */
  readonly readOnly?: boolean;
}

export async function openBucket(
  folder: string,
  name: string,
  created: number,
  { readOnly = false }: OpenOptions = {},
): Promise<Bucket> {
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, Upload>();
  /** Sorted; rebuilt when it is read after keys were added. */
  let sorted: string[] = [];
  let added: string[] = [];
  let removed = false;

  const apply = (entry: Entry): void => {
    if ("put" in entry) set(entry.put, entry.object);
    else if ("remove" in entry) removed = objects.delete(entry.remove) || removed;
    else if ("upload" in entry) uploads.set(entry.upload.id, { ...entry.upload, parts: new Map() });
    else if ("partOf" in entry) uploads.get(entry.partOf)?.parts.set(entry.number, entry.part);
    else if ("abort" in entry) uploads.delete(entry.abort);
    else {
      uploads.delete(entry.complete);
      set(entry.key, entry.object);
    }
  };
  const set = (key: string, object: StoredObject) => {
    if (!objects.has(key)) added.push(key);
    objects.set(key, object);
  };
  const keys = (): readonly string[] => {
    if (removed) sorted = sorted.filter((key) => objects.has(key));
    if (added.length > 0) sorted = merged(sorted, [...new Set(added)].filter((key) => objects.has(key)).sort(byBytes));
    added = [];
    removed = false;
    return sorted;
  };

  const path = join(folder, `${name}.ledger`);
  const ledger: Ledger<Entry> = readOnly ? notWritten : await openLedger<Entry>(path, apply);
  if (readOnly) await readLedger<Entry>(path, apply);
  const inTurn = serializedByKey();
  const record = async (entry: Entry): Promise<void> => {
    await ledger.append(entry);
    apply(entry);
  };
  const uploadOf = (id: string): Upload => {
    const upload = uploads.get(id);
    if (!upload) throw new S3Error("NoSuchUpload");
    return upload;
  };

  return {
    name,
    created,
    get size() {
      return objects.size;
    },
    get: (key) => objects.get(key),

    keysFrom: (from) => allFrom(keys(), from),

    hasBelow(prefix) {
      const all = keys();
      return all[firstFrom(all, prefix)]?.startsWith(prefix) ?? false;
    },

    uploads,

    put: (key, object, condition) =>
      inTurn(key, async () => {
        condition?.(objects.get(key));
        await record({ put: key, object });
      }),

    tag: (key, tags) =>
      inTurn(key, async () => {
        const object = objects.get(key);
        if (!object) throw new S3Error("NoSuchKey");
        await record({ put: key, object: { ...object, tags } });
      }),

    remove: (key, condition) =>
      inTurn(key, async () => {
        condition?.(objects.get(key));
        if (objects.has(key)) await record({ remove: key });
      }),

    startUpload: (upload) => record({ upload }),

    putPart: (id, number, part) =>
      inTurn(`part ${id}`, async () => {
        uploadOf(id);
        await record({ partOf: id, number, part });
      }),

    complete: (id, object, condition) => {
      const { key } = uploadOf(id);
      return inTurn(key, async () => {
        uploadOf(id);
        condition?.(objects.get(key));
        await record({ complete: id, key, object });
      });
    },

    abort: async (id) => {
      uploadOf(id);
      await record({ abort: id });
    },

    close: () => ledger.close(),
  };
}

const notWritten: Ledger<Entry> = {
  append: () => Promise.reject(new Error("the bucket is open for reading")),
  close: async () => undefined,
};
