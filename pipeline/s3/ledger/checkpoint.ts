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
import { writeDurably } from "../../disk/write.ts";
import type { StoredPart, Upload } from "../store/object.ts";
import type { Settings } from "../store/settings.ts";
import { type Versions, versions } from "../store/versions.ts";
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

/** The bytes of the checkpoint of `state`, which must not change meanwhile. */
export async function* checkpointOf(state: BucketState, place: Place): AsyncGenerator<Uint8Array> {
  const uploads = [...state.uploads.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((upload) => ({ ...upload, parts: [...upload.parts].sort(([a], [b]) => a - b) }));
  const header: Header = { v: newest, place, settings: state.settings, uploads, keys: state.versions.keys };
  let rows: Buffer[] = [framed(dagCbor.encode(header))];
  for (const key of state.versions.allFrom("")) {
    const encoded = state.versions.encoded(key);
    const markers = encoded.flatMap(({ isMarker }, i) => (isMarker ? [i] : []));
    rows.push(framed(dagCbor.encode([key, markers, ...encoded.map(({ bytes }) => bytes)])));
    if (rows.length < rowsAtOnce) continue;
    yield Buffer.concat(rows);
    rows = [];
  }
  yield Buffer.concat(rows);
}

const rowsAtOnce = 4096;

export const writeCheckpoint = (path: string, state: BucketState, place: Place): Promise<void> =>
  writeDurably(path, checkpointOf(state, place));

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
