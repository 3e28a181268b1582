/**
 * The records of a bucket's ledger, of every version that was ever written, and the one form that the rest of the code knows.
 *
 * Version 1, without a field `v`, had one object a key; version 2 has versions of objects and the settings of the bucket. A record
 * has what the state is afterwards, not what was asked for, so that replaying depends on nothing but the file.
 */
import { Failure } from "../../core/failure.ts";
import type { About, DeleteMarker, StoredObject, StoredPart, Upload } from "../store/object.ts";
import type { SettingsChange } from "../store/settings.ts";

/** What happened to a bucket. */
export type Change =
  /** The newest version of the key; a version of the same ID is gone. */
  | { readonly put: string; readonly object: StoredObject }
  /** A delete marker is the newest version; a version of the same ID is gone. */
  | { readonly mark: string; readonly marker: DeleteMarker }
  /** The version with this ID is gone for good. */
  | { readonly remove: string; readonly version?: string }
  /** The version with the ID of `object` has other tags or another ACL, and is where it was among the versions. */
  | { readonly alter: string; readonly object: StoredObject }
  | { readonly upload: Omit<Upload, "parts"> }
  | { readonly partOf: string; readonly number: number; readonly part: StoredPart }
  | { readonly complete: string; readonly key: string; readonly object: StoredObject }
  | { readonly abort: string }
  | { readonly settings: SettingsChange };

/** Version of the records that are written. */
const newest = 2;

/** A record as it is stored. */
export type LedgerRecord = Change & { readonly v?: number };

export const recordOf = (change: Change): LedgerRecord => ({ v: newest, ...change });

/** @throws Failure `input` for a record that a newer version wrote */
export function changeOf({ v = 1, ...change }: LedgerRecord): Change {
  if (v > newest)
    throw new Failure(
      "input",
      `the bucket has records of version ${v}; this version of fieldtree reads up to ${newest}`,
      {
        hint: "use the version of fieldtree that wrote them",
      },
    );
  return v === 1 ? withBytes(change as Change) : (change as Change);
}

/** Version 1 had metadata as text; now it is a character for each byte that the client sent. */
function withBytes(change: Change): Change {
  if ("object" in change) return { ...change, object: { ...change.object, headers: asBytes(change.object.headers) } };
  if ("upload" in change) return { ...change, upload: { ...change.upload, headers: asBytes(change.upload.headers) } };
  return change;
}

const asBytes = (headers: About["headers"]): About["headers"] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      name.startsWith("x-amz-meta-") ? Buffer.from(value, "utf8").toString("latin1") : value,
    ]),
  );
