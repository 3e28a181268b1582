/**
 * All versions of all keys of a bucket, compactly: some 300 bytes a key.
 *
 * A version is stored as its dag-cbor in an {@link arena} and decoded when it is read. The positions of a key's versions are a number where
 * there is one version, and a list, newest first, where there are more.
 */
import * as dagCbor from "@ipld/dag-cbor";
import { type Arena, arena } from "./arena.ts";
import { isMarker, type Version, versionIdOf } from "./object.ts";
import { sortedKeys } from "./sorted-keys.ts";

export interface Versions {
  /** Keys whose newest version is an object. */
  readonly size: number;
  /** Keys with any version. */
  readonly keys: number;
  newest(key: string): Version | undefined;
  /** Newest first. */
  all(key: string): readonly Version[];
  /** Keys whose newest version is an object, in byte order. */
  liveFrom(from: string): Generator<string>;
  /** All keys, in byte order. */
  allFrom(from: string): Generator<string>;
  /** Makes `version` the newest. One of the same ID is gone. */
  put(key: string, version: Version): void;
  /** Replaces the version of the same ID where it is. */
  replace(key: string, version: Version): void;
  remove(key: string, id: string): void;
  /** The versions of a key as they are stored, newest first. */
  encoded(key: string): readonly EncodedVersion[];
  /** Sets the versions of a key that has none. */
  load(key: string, encoded: readonly EncodedVersion[]): void;
}

export interface EncodedVersion {
  readonly bytes: Uint8Array;
  readonly isMarker: boolean;
}

/** Twice the position in the arena, and one more for a delete marker. */
type Slot = number;

/** Bytes of removed records from which on the others are moved together. */
const mostWasted = 4 * 2 ** 20;

export function versions(): Versions {
  const records = versionRecords();
  const { versionOf, encode, drop } = records;
  const slots = new Map<string, Slot | readonly Slot[]>();
  const sorted = sortedKeys();
  let size = 0;

  const slotsOf = (key: string): readonly Slot[] => {
    const found = slots.get(key);
    return found === undefined ? [] : typeof found === "number" ? [found] : found;
  };
  /** Whether the newest version is an object. */
  const isLive = (key: string) => !isMarked(firstOf(slots.get(key)));

  /** The only place where the versions of a key change. */
  const set = (key: string, next: readonly Slot[]): void => {
    const [before, isNew] = [isLive(key), !slots.has(key)];
    if (next.length === 0) {
      slots.delete(key);
      sorted.remove(key);
    } else {
      slots.set(key, next.length === 1 ? next[0]! : next);
      if (isNew) sorted.add(key);
    }
    size += Number(isLive(key)) - Number(before);
    records.compact(slots);
  };
  /** The slots without the version `id`, whose bytes are removed. */
  const without = (key: string, id: string): readonly Slot[] =>
    slotsOf(key).filter((slot) => {
      const isThat = versionIdOf(versionOf(slot)) === id;
      if (isThat) drop(slot);
      return !isThat;
    });

  return {
    get size() {
      return size;
    },
    get keys() {
      return slots.size;
    },
    newest(key) {
      const slot = firstOf(slots.get(key));
      return slot === undefined ? undefined : versionOf(slot);
    },
    all: (key) => slotsOf(key).map(versionOf),
    *liveFrom(from) {
      for (const key of sorted.from(from)) if (isLive(key)) yield key;
    },
    allFrom: (from) => sorted.from(from),
    put(key, version) {
      const others = without(key, versionIdOf(version));
      set(key, [encode(version), ...others]);
    },
    replace(key, version) {
      const id = versionIdOf(version);
      const next = slotsOf(key).map((slot) => {
        if (versionIdOf(versionOf(slot)) !== id) return slot;
        drop(slot);
        return encode(version);
      });
      set(key, next);
    },
    remove: (key, id) => set(key, without(key, id)),
    encoded: (key) => slotsOf(key).map((slot) => ({ bytes: records.bytesOf(slot), isMarker: isMarked(slot) })),
    load(key, encoded) {
      set(
        key,
        encoded.map(({ bytes, isMarker }) => records.add(bytes, isMarker)),
      );
    },
  };
}

/** Versions as bytes, each at its slot. */
function versionRecords() {
  let store: Arena = arena();
  const bytesOf = (slot: Slot) => store.get(Math.floor(slot / 2));
  const add = (bytes: Uint8Array, marked: boolean): Slot => store.add(bytes) * 2 + (marked ? 1 : 0);
  return {
    bytesOf,
    add,
    versionOf: (slot: Slot): Version => dagCbor.decode<Version>(bytesOf(slot)),
    encode: (version: Version): Slot => add(dagCbor.encode(version), isMarker(version)),
    drop: (slot: Slot): void => store.remove(Math.floor(slot / 2)),
    /** Moves all records together where more bytes are removed than used, and changes their slots. */
    compact(slots: Map<string, Slot | readonly Slot[]>): void {
      if (store.wasted <= mostWasted || store.wasted <= store.used) return;
      const next = arena();
      const moved = (slot: Slot) => next.add(bytesOf(slot)) * 2 + (slot % 2);
      for (const [key, found] of slots) slots.set(key, typeof found === "number" ? moved(found) : found.map(moved));
      store = next;
    },
  };
}

const isMarked = (slot: Slot | undefined) => slot === undefined || slot % 2 === 1;

const firstOf = (found: Slot | readonly Slot[] | undefined): Slot | undefined =>
  found === undefined || typeof found === "number" ? found : found[0];
