/**
 * The state of a bucket, replayed from its checkpoint and its ledger, and changed only by what is recorded there before.
 */
import { join } from "node:path";
import {
  type BucketState,
  emptyState,
  readCheckpoint,
  type Snapshot,
  snapshotOf,
  writeCheckpoint,
} from "../ledger/checkpoint.ts";
import { beginning, type Ledger, openLedger, type Place, readLedger } from "../ledger/ledger.ts";
import { type Change, changeOf, type LedgerRecord, recordOf } from "../ledger/records.ts";
import { nullVersion } from "./object.ts";
import { changed } from "./settings.ts";

/** Paths of a bucket's files. */
export interface Files {
  readonly ledger: string;
  readonly checkpoint: string;
}

export const filesOf = (folder: string, name: string): Files => ({
  ledger: join(folder, `${name}.ledger`),
  checkpoint: join(folder, `${name}.checkpoint`),
});

export interface Recorded {
  readonly state: BucketState;
  /** Appends the change to the ledger, then applies it to `state`. */
  record(change: Change): Promise<void>;
  /** Keys that may have been changed since the last call; `undefined` where any may have been. */
  takeChanged(): ReadonlySet<string> | undefined;
  close(): Promise<void>;
}

/** Records behind the checkpoint from which on opening or closing writes another one. */
const mostRecords = 1000;

/**
 * Bytes of records behind the checkpoint from which on another one is written while the bucket is in use: some 60 000 records, which
 * are read in a second. Of a bucket of very many keys, whose checkpoint is large, half as many records as it has keys.
 */
const mostBehind = 16 * 2 ** 20;
const bytesOfKey = 128;

/** Changed keys that are remembered for a reader that knows the others. */
const mostChanged = 100_000;

export interface RecordedOptions {
  readonly readOnly?: boolean;
  /** Bytes of records behind the checkpoint from which on another one is written; absent: see `mostBehind`. */
  readonly checkpointEvery?: number;
}

/** @throws Failure `corrupt` where the ledger is damaged. */
export async function openRecorded(
  files: Files,
  { readOnly = false, checkpointEvery }: RecordedOptions = {},
): Promise<Recorded> {
  const { state, place } = await readCheckpoint(files.checkpoint, files.ledger);
  let behind = 0;
  const replay = (record: LedgerRecord) => {
    behind++;
    apply(state, changeOf(record));
  };
  const ledger: Ledger<LedgerRecord> = readOnly ? notWritten : await openLedger(files.ledger, replay, place);
  if (readOnly) await readLedger(files.ledger, replay, place);
  const checkpoints = checkpointing(files.checkpoint, state, place);
  const checkpoint = async () => {
    if (readOnly || behind < mostRecords) return;
    checkpoints.begin(ledger.end);
    behind = 0;
    await checkpoints.finish();
  };
  await checkpoint();
  let touched: Set<string> | undefined;

  return {
    state,
    async record(change) {
      const end = await ledger.append(recordOf(change));
      behind++;
      checkpoints.before(change);
      const key = keyChangedBy(change);
      if (key !== undefined) touched?.add(key);
      if (touched && touched.size > mostChanged) touched = undefined;
      apply(state, change);
      // Now, and until the next turn, the state is what the records up to this one come to.
      const most = checkpointEvery ?? Math.max(mostBehind, state.versions.keys * bytesOfKey);
      if (checkpoints.behind(end) < most || checkpoints.isWriting) return;
      checkpoints.begin(end);
      behind = 0;
    },
    takeChanged() {
      const taken = touched;
      touched = new Set();
      return taken;
    },
    async close() {
      await ledger.close();
      await checkpoints.finish();
      await checkpoint();
    },
  };
}

/** Writes checkpoints of `state`, one at a time, while it goes on changing. `last`: the place of the one that is there. */
function checkpointing(path: string, state: BucketState, last: Place) {
  let from = last;
  let snapshot: Snapshot | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failure: { readonly why: unknown } | undefined;

  return {
    get isWriting() {
      return snapshot !== undefined;
    },
    /** Bytes of records since the last one. */
    behind: ({ at }: Place): number => at - from.at,
    /** To be called before a change of the state. */
    before(change: Change): void {
      const key = "alter" in change ? change.alter : keyChangedBy(change);
      if (key !== undefined) snapshot?.retain(key);
    },
    /** Begins to write the state as it is now, at that place. A failure is that of `finish`; the ledger has everything meanwhile. */
    begin(place: Place): void {
      from = place;
      snapshot = snapshotOf(state, place);
      writing = writeCheckpoint(path, snapshot)
        .then(() => {
          failure = undefined;
        })
        .catch((why: unknown) => {
          failure = { why };
        })
        .finally(() => {
          snapshot = undefined;
        });
    },
    async finish(): Promise<void> {
      await writing;
      if (failure) throw failure.why;
    },
  };
}

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
