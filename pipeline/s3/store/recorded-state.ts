/**
 * The state of a bucket, replayed from its checkpoint and its ledger, and changed only by what is recorded there before.
 */
import { join } from "node:path";
import { type BucketState, emptyState, readCheckpoint, writeCheckpoint } from "../ledger/checkpoint.ts";
import { beginning, type Ledger, openLedger, readLedger } from "../ledger/ledger.ts";
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

/** Changed keys that are remembered for a reader that knows the others. */
const mostChanged = 100_000;

/** @throws Failure `corrupt` where the ledger is damaged. */
export async function openRecorded(files: Files, readOnly: boolean): Promise<Recorded> {
  const { state, place } = await readCheckpoint(files.checkpoint, files.ledger);
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

  return {
    state,
    async record(change) {
      await ledger.append(recordOf(change));
      behind++;
      const key = keyChangedBy(change);
      if (key !== undefined) touched?.add(key);
      if (touched && touched.size > mostChanged) touched = undefined;
      apply(state, change);
    },
    takeChanged() {
      const taken = touched;
      touched = new Set();
      return taken;
    },
    async close() {
      await ledger.close();
      await checkpoint();
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
