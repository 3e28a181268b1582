/**
 * A bucket: its versions, uploads and settings in memory, replayed from its checkpoint and its ledger.
 *
 * Blocks of an object are on the disk before its record is, and its record before the client is answered. Writes of one key happen in the
 * order in which they were acknowledged; those of different keys don't wait for one another.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { serializedByKey } from "../../core/serialized-by-key.ts";
import { S3Error } from "../error.ts";
import { type BucketState, emptyState, readCheckpoint, writeCheckpoint } from "../ledger/checkpoint.ts";
import { beginning, type Ledger, openLedger, readLedger } from "../ledger/ledger.ts";
import { type Change, changeOf, type LedgerRecord, recordOf } from "../ledger/records.ts";
import {
  type Dated,
  isMarker,
  nullVersion,
  type StoredObject,
  type StoredPart,
  type Upload,
  type Version,
  versionIdOf,
} from "./object.ts";
import { changed, type Settings, type SettingsChange } from "./settings.ts";

/** Called when no other write of the key is under way, with its newest version; what it throws prevents the write. */
export type Condition = (now: StoredObject | undefined) => void;

export interface Bucket {
  readonly name: string;
  /** ms since 1970. */
  readonly created: number;
  readonly settings: Settings;
  /** Objects that are listed: keys whose newest version is no delete marker. */
  readonly size: number;
  /** Whether it has no version of any object. */
  readonly isEmpty: boolean;
  /** Keys that may have been changed since the last call; `undefined` where any may have been. */
  takeChanged(): ReadonlySet<string> | undefined;
  /** The newest version; `undefined` where that is a delete marker. */
  get(key: string): StoredObject | undefined;
  newest(key: string): Version | undefined;
  version(key: string, id: string): Version | undefined;
  /** Newest first. */
  versionsOf(key: string): readonly Version[];
  /** Listed keys from the first that is not before `from`, in byte order. */
  keysFrom(from: string): Iterable<string>;
  /** The same of all keys that have versions. */
  allKeysFrom(from: string): Iterable<string>;
  /** Whether a listed key begins with `prefix`. */
  hasBelow(prefix: string): boolean;
  readonly uploads: ReadonlyMap<string, Upload>;
  /** Returns the object with the version ID that it got. */
  put(key: string, object: StoredObject, condition?: Condition): Promise<StoredObject>;
  /**
   * Changes tags or ACL of a version, the newest by default.
   *
   * @throws S3Error NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker
   */
  alter(key: string, id: string | undefined, change: (object: StoredObject) => StoredObject): Promise<StoredObject>;
  /** Removes the object, or puts a delete marker on it, as the bucket's versioning has it. Returns the marker. */
  remove(key: string, removal: Removal, condition?: Condition): Promise<Version | undefined>;
  /** Removes one version for good and returns it. */
  removeVersion(key: string, id: string, condition?: Condition): Promise<Version | undefined>;
  startUpload(upload: Omit<Upload, "parts">): Promise<void>;
  putPart(upload: string, number: number, part: StoredPart): Promise<void>;
  complete(upload: string, object: StoredObject, condition?: Condition): Promise<StoredObject>;
  abort(upload: string): Promise<void>;
  configure(change: SettingsChange): Promise<void>;
  close(): Promise<void>;
}

export interface Removal {
  /** ms since 1970. */
  readonly modified: number;
  readonly owner?: string;
}

export interface OpenOptions {
  /** As it is now, without a lock: every write is a programming error. */
  readonly readOnly?: boolean;
}

/** Records behind the checkpoint from which on opening or closing writes another one. */
const mostRecords = 1000;

/** Changed keys that are remembered for a reader that knows the others. */
const mostChanged = 100_000;

export const filesOf = (folder: string, name: string) => ({
  ledger: join(folder, `${name}.ledger`),
  checkpoint: join(folder, `${name}.checkpoint`),
});

export async function openBucket(
  folder: string,
  name: string,
  created: number,
  { readOnly = false }: OpenOptions = {},
): Promise<Bucket> {
  const files = filesOf(folder, name);
  const { state, place } = await readCheckpoint(files.checkpoint, files.ledger);
  const { versions, uploads } = state;
  let behind = 0;
  const replay = (record: LedgerRecord) => {
    behind++;
    apply(state, changeOf(record));
  };
  const ledger: Ledger<LedgerRecord> = readOnly ? notWritten : await openLedger(files.ledger, replay, place);
  if (readOnly) await readLedger(files.ledger, replay, place);
  const checkpoint = async () => {
    if (readOnly || behind < mostRecords) return;
    await writeCheckpoint(files.checkpoint, state, ledger.end);
    behind = 0;
  };
  await checkpoint();

  let touched: Set<string> | undefined;
  const inTurn = serializedByKey();
  const record = async (change: Change): Promise<void> => {
    await ledger.append(recordOf(change));
    behind++;
    const key = keyChangedBy(change);
    if (key !== undefined) touched?.add(key);
    if (touched && touched.size > mostChanged) touched = undefined;
    apply(state, change);
  };
  const uploadOf = (id: string): Upload => {
    const upload = uploads.get(id);
    if (!upload) throw new S3Error("NoSuchUpload");
    return upload;
  };
  const get = (key: string): StoredObject | undefined => {
    const newest = versions.newest(key);
    return newest && !isMarker(newest) ? newest : undefined;
  };
  const version = (key: string, id: string) => versions.all(key).find((each) => versionIdOf(each) === id);
  const versioned = <T extends Dated>(dated: T): T => {
    const { version: _, ...rest } = dated;
    return (state.settings.versioning === "Enabled" ? { ...rest, version: newVersionId() } : rest) as T;
  };

  return {
    name,
    created,
    get settings() {
      return state.settings;
    },
    get size() {
      return versions.size;
    },
    get isEmpty() {
      return versions.keys === 0;
    },
    takeChanged() {
      const taken = touched;
      touched = new Set();
      return taken;
    },
    get,
    newest: versions.newest,
    version,
    versionsOf: versions.all,
    keysFrom: versions.liveFrom,
    allKeysFrom: versions.allFrom,
    hasBelow(prefix) {
      for (const key of versions.liveFrom(prefix)) return key.startsWith(prefix);
      return false;
    },
    uploads,

    put: (key, object, condition) =>
      inTurn(key, async () => {
        condition?.(get(key));
        const put = versioned(object);
        await record({ put: key, object: put });
        return put;
      }),

    alter: (key, id, change) =>
      inTurn(key, async () => {
        const found = id === undefined ? versions.newest(key) : version(key, id);
        if (!found) throw new S3Error(id === undefined ? "NoSuchKey" : "NoSuchVersion");
        if (isMarker(found)) throw new S3Error(id === undefined ? "NoSuchKey" : "MethodNotAllowed");
        const object = change(found);
        await record({ alter: key, object });
        return object;
      }),

    remove: (key, { modified, owner }, condition) =>
      inTurn(key, async () => {
        condition?.(get(key));
        if (state.settings.versioning === undefined) {
          if (versions.newest(key)) await record({ remove: key });
          return undefined;
        }
        const marker = versioned({ deleted: true as const, modified, ...(owner !== undefined && { owner }) });
        await record({ mark: key, marker });
        return marker;
      }),

    removeVersion: (key, id, condition) =>
      inTurn(key, async () => {
        condition?.(get(key));
        const found = version(key, id);
        if (found) await record({ remove: key, ...(id !== nullVersion && { version: id }) });
        return found;
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
        condition?.(get(key));
        const put = versioned(object);
        await record({ complete: id, key, object: put });
        return put;
      });
    },

    abort: async (id) => {
      uploadOf(id);
      await record({ abort: id });
    },

    configure: (settings) => inTurn("settings", () => record({ settings })),

    async close() {
      await ledger.close();
      await checkpoint();
    },
  };
}

/** The key whose newest version may be another one. */
function keyChangedBy(change: Change): string | undefined {
  if ("put" in change) return change.put;
  if ("mark" in change) return change.mark;
  if ("remove" in change) return change.remove;
  return "complete" in change ? change.key : undefined;
}

function apply(state: BucketState, change: Change): void {
  const { versions, uploads } = state;
  if ("put" in change) versions.put(change.put, change.object);
  else if ("mark" in change) versions.put(change.mark, change.marker);
  else if ("remove" in change) versions.remove(change.remove, change.version ?? nullVersion);
  else if ("alter" in change) versions.replace(change.alter, change.object);
  else if ("upload" in change) uploads.set(change.upload.id, { ...change.upload, parts: new Map() });
  else if ("partOf" in change) uploads.get(change.partOf)?.parts.set(change.number, change.part);
  else if ("abort" in change) uploads.delete(change.abort);
  else if ("settings" in change) state.settings = changed(state.settings, change.settings);
  else {
    uploads.delete(change.complete);
    versions.put(change.key, change.object);
  }
}

const newVersionId = (): string => randomBytes(16).toString("hex");

const notWritten: Ledger<LedgerRecord> = {
  append: () => Promise.reject(new Error("the bucket is open for reading")),
  end: beginning,
  close: async () => undefined,
};

/** Applies records to `state`. */
export const replayed = (state: BucketState) => (record: LedgerRecord) => apply(state, changeOf(record));

/** The state of the bucket `name` by its ledger alone. @throws Failure `corrupt` where the ledger is damaged */
export async function rebuilt(folder: string, name: string): Promise<BucketState> {
  const state = emptyState();
  await readLedger<LedgerRecord>(filesOf(folder, name).ledger, replayed(state));
  return state;
}
