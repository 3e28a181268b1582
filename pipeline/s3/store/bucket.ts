/**
 * A bucket: what S3's operations read of it and change in it.
 *
 * Blocks of an object are on the disk before its record is, and its record before the client is answered. Writes of one key happen in the
 * order in which they were acknowledged; those of different keys don't wait for one another.
 */
import { randomBytes } from "node:crypto";
import { serializedByKey } from "../../core/serialized-by-key.ts";
import { S3Error } from "../error.ts";
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
import { filesOf, openRecorded, type Recorded, type RecordedOptions } from "./recorded-state.ts";
import type { Settings, SettingsChange } from "./settings.ts";

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

/** `readOnly`: as it is now, without a lock; every write is a programming error. */
export type OpenOptions = RecordedOptions;

/** Opens the bucket `name` by its files in `folder`. `created`: ms since 1970. */
export async function openBucket(
  folder: string,
  name: string,
  created: number,
  options: OpenOptions = {},
): Promise<Bucket> {
  const recorded = await openRecorded(filesOf(folder, name), options);
  const { state, takeChanged, close } = recorded;
  const { versions, uploads } = state;
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
    takeChanged,
    get: (key) => objectAt(recorded, key),
    newest: versions.newest,
    version: (key, id) => versionAt(recorded, key, id),
    versionsOf: versions.all,
    keysFrom: versions.liveFrom,
    allKeysFrom: versions.allFrom,
    hasBelow(prefix) {
      for (const key of versions.liveFrom(prefix)) return key.startsWith(prefix);
      return false;
    },
    uploads,
    ...writesTo(recorded),
    close,
  };
}

type Writes = Pick<
  Bucket,
  "put" | "alter" | "remove" | "removeVersion" | "startUpload" | "putPart" | "complete" | "abort" | "configure"
>;

/** What changes a bucket. Each change of a key waits for those of the same key that came before. */
function writesTo(recorded: Recorded): Writes {
  const { state, record } = recorded;
  const { versions, uploads } = state;
  const inTurn = serializedByKey();
  const uploadOf = (id: string): Upload => {
    const upload = uploads.get(id);
    if (!upload) throw new S3Error("NoSuchUpload");
    return upload;
  };
  const isVersioned = () => state.settings.versioning === "Enabled";

  return {
    put: (key, object, condition) =>
      inTurn(key, async () => {
        condition?.(objectAt(recorded, key));
        const put = dated(object, isVersioned());
        await record({ put: key, object: put });
        return put;
      }),

    alter: (key, id, change) =>
      inTurn(key, async () => {
        const found = id === undefined ? versions.newest(key) : versionAt(recorded, key, id);
        if (!found) throw new S3Error(id === undefined ? "NoSuchKey" : "NoSuchVersion");
        if (isMarker(found)) throw new S3Error(id === undefined ? "NoSuchKey" : "MethodNotAllowed");
        const object = change(found);
        await record({ alter: key, object });
        return object;
      }),

    remove: (key, { modified, owner }, condition) =>
      inTurn(key, async () => {
        condition?.(objectAt(recorded, key));
        if (state.settings.versioning === undefined) {
          if (versions.newest(key)) await record({ remove: key });
          return undefined;
        }
        const marker = { deleted: true as const, modified, ...(owner !== undefined && { owner }) };
        const mark = dated(marker, isVersioned());
        await record({ mark: key, marker: mark });
        return mark;
      }),

    removeVersion: (key, id, condition) =>
      inTurn(key, async () => {
        condition?.(objectAt(recorded, key));
        const found = versionAt(recorded, key, id);
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
        condition?.(objectAt(recorded, key));
        const put = dated(object, isVersioned());
        await record({ complete: id, key, object: put });
        return put;
      });
    },

    abort: async (id) => {
      uploadOf(id);
      await record({ abort: id });
    },

    configure: (settings) => inTurn("settings", () => record({ settings })),
  };
}

function objectAt({ state }: Recorded, key: string): StoredObject | undefined {
  const newest = state.versions.newest(key);
  return newest && !isMarker(newest) ? newest : undefined;
}

const versionAt = ({ state }: Recorded, key: string, id: string): Version | undefined =>
  state.versions.all(key).find((each) => versionIdOf(each) === id);

/** An object or marker as it is recorded: with a new version ID where the bucket is versioned, else without any. */
function dated<T extends Dated>(given: T, isVersioned: boolean): T {
  const { version: _, ...rest } = given;
  return (isVersioned ? { ...rest, version: randomBytes(16).toString("hex") } : rest) as T;
}
