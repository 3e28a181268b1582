/**
 * The state of a bucket at a place of its ledger, so that opening reads only what came later.
 *
 * It is a function of the ledger up to that place: removed, it is rebuilt to the same bytes. It is framed as a ledger is:
 *
 * ```
 * { v, place, settings, uploads, keys }      the first record; `keys` is the number of the others
 * [key, markers, version, version…]          of each key, in byte order: versions newest first, as dag-cbor, and the indexes of those
 *                                            that are delete markers
 * ```
 */
import * as dagCbor from "@ipld/dag-cbor";
import { isFailure } from "../../core/failure.ts";
import { byBytes } from "../../core/text/order.ts";
import { writeDurably } from "../../disk/write.ts";
import type { StoredPart, Upload } from "../store/object.ts";
import type { Settings } from "../store/settings.ts";
import { type EncodedVersion, type Versions, versions } from "../store/versions.ts";
import { beginning, framed, hasPlace, type Place, readLedger } from "./ledger.ts";

/** Everything that a bucket knows. */
export interface BucketState {
  readonly versions: Versions;
  readonly uploads: Map<string, Upload>;
  settings: Settings;
}

const newest = 1;

interface Header {
  readonly v: number;
  readonly place: Place;
  readonly settings: Settings;
  readonly uploads: readonly (Omit<Upload, "parts"> & { readonly parts: readonly (readonly [number, StoredPart])[] })[];
  readonly keys: number;
}

type Row = readonly [key: string, markers: readonly number[], ...versions: Uint8Array[]];

export const emptyState = (): BucketState => ({ versions: versions(), uploads: new Map(), settings: {} });

/** A checkpoint of a state that goes on changing: what it is at one place of the ledger. */
export interface Snapshot {
  /** To be called before the versions of a key change. */
  retain(key: string): void;
  /** The bytes of the checkpoint, once. */
  bytes(): AsyncGenerator<Uint8Array>;
}

/** Rows encoded in one turn of the event loop. */
const rowsAtOnce = 1024;

/** The checkpoint of `state` as it is now, which is what the records up to `place` come to. */
export function snapshotOf(state: BucketState, place: Place): Snapshot {
  const { versions } = state;
  const uploads = [...state.uploads.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((upload) => ({ ...upload, parts: [...upload.parts].sort(([a], [b]) => a - b) }));
  const header = dagCbor.encode({
    v: newest,
    place,
    settings: state.settings,
    uploads,
    keys: versions.keys,
  } satisfies Header);
  /** Keys that changed since and are not written yet, with their versions before. */
  const before = new Map<string, readonly EncodedVersion[]>();
  let written: string | undefined;
  let isDone = false;

  /** The next keys, in order: those that are there now, and those that were removed since. */
  const nextKeys = (): { readonly keys: readonly string[]; readonly isLast: boolean } => {
    const keys: string[] = [];
    for (const key of versions.allFrom(written ?? "")) {
      if (key === written) continue;
      keys.push(key);
      if (keys.length === rowsAtOnce) break;
    }
    const last = keys.length === rowsAtOnce ? keys.at(-1) : undefined;
    const removed = [...before.keys()].filter((key) => last === undefined || byBytes(key, last) <= 0);
    return { keys: [...new Set([...keys, ...removed])].sort(byBytes), isLast: last === undefined };
  };
  const rowOf = (key: string): readonly Buffer[] => {
    const encoded = before.get(key) ?? versions.encoded(key);
    before.delete(key);
    // A key that is new since.
    if (encoded.length === 0) return [];
    const markers = encoded.flatMap(({ isMarker }, i) => (isMarker ? [i] : []));
    return [framed(dagCbor.encode([key, markers, ...encoded.map(({ bytes }) => bytes)]))];
  };

  return {
    retain(key) {
      const isWritten = isDone || (written !== undefined && byBytes(key, written) <= 0);
      if (isWritten || before.has(key)) return;
      const copied = versions.encoded(key).map(({ bytes, isMarker }) => ({ bytes: Uint8Array.from(bytes), isMarker }));
      before.set(key, copied);
    },
    async *bytes() {
      yield framed(header);
      while (!isDone) {
        const { keys, isLast } = nextKeys();
        const rows = keys.flatMap(rowOf);
        written = keys.at(-1) ?? written;
        // What is behind the last one from now on is new.
        isDone = isLast;
        if (rows.length > 0) yield Buffer.concat(rows);
      }
    },
  };
}

export const writeCheckpoint = (path: string, snapshot: Snapshot): Promise<void> =>
  writeDurably(path, snapshot.bytes());

/**
 * The state in the checkpoint at `path`, and its place in the ledger. Empty, at the beginning, where there is none, or one that is damaged
 * or of another ledger: the ledger alone has everything.
 */
export async function readCheckpoint(
  path: string,
  ledger: string,
): Promise<{ readonly state: BucketState; readonly place: Place }> {
  const none = () => ({ state: emptyState(), place: beginning });
  const state = emptyState();
  let header: Header | undefined;
  try {
    await readLedger<Header | Row>(path, (record) => {
      if (!isRow(record)) {
        header = record;
        state.settings = record.settings;
        for (const { parts, ...upload } of record.uploads)
          state.uploads.set(upload.id, { ...upload, parts: new Map(parts) });
        return;
      }
      const [key, markers, ...all] = record;
      state.versions.load(
        key,
        all.map((bytes, i) => ({ bytes, isMarker: markers.includes(i) })),
      );
    });
  } catch (error) {
    if (isFailure(error, "corrupt")) return none();
    throw error;
  }
  const isWhole = header?.v === newest && header.keys === state.versions.keys;
  return header && isWhole && (await hasPlace(ledger, header.place)) ? { state, place: header.place } : none();
}

const isRow = (record: Header | Row): record is Row => Array.isArray(record);
