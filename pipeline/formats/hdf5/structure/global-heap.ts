/**
 * Section III.E, "Disk Format: Level 1E - Global Heap": where values of variable length are.
 *
 * A collection has objects of many values, so those used last are remembered, up to 8 MiB of them.
 */
import type { Cursor } from "./cursor.ts";
import type { Storage } from "./storage.ts";

/** Objects by their index in the collection. */
export interface HeapCollection {
  /** Bytes of all of it. */
  readonly size: number;
  readonly objects: ReadonlyMap<number, Uint8Array>;
}

export interface GlobalHeap {
  /** Bytes that a collection will take. @throws as {@link collection} does. */
  sizeOf(address: number): Promise<number>;
  /** @throws Failure `input` where there is no valid collection; `unavailable` as the source does. */
  collection(address: number): Promise<HeapCollection>;
}

const mostRemembered = 2 ** 23;

export function globalHeapOf(storage: Storage): GlobalHeap {
  const remembered = new Map<number, { readonly collection: Promise<HeapCollection>; size: number }>();
  let size = 0;
  const forget = (address: number) => {
    size -= remembered.get(address)?.size ?? 0;
    remembered.delete(address);
  };
  return {
    async sizeOf(address) {
      return remembered.get(address)?.size || sizeIn(await readHead(storage, address));
    },
    collection(address) {
      const known = remembered.get(address);
      if (known) {
        remembered.delete(address);
        remembered.set(address, known);
        return known.collection;
      }
      const entry = { collection: readCollection(storage, address), size: 0 };
      remembered.set(address, entry);
      entry.collection.then(
        (collection) => {
          if (remembered.get(address) !== entry) return;
          entry.size = collection.size;
          size += collection.size;
          for (const oldest of remembered.keys()) {
            if (size <= mostRemembered) break;
            forget(oldest);
          }
        },
        () => remembered.get(address) === entry && remembered.delete(address),
      );
      return entry.collection;
    },
  };
}

const readHead = (storage: Storage, address: number) => storage.read(address, prefixOf(storage), "a global heap");

const prefixOf = ({ widths }: Storage) => aligned(8 + widths.lengths);

async function readCollection(storage: Storage, address: number): Promise<HeapCollection> {
  const { lengths } = storage.widths;
  const prefix = prefixOf(storage);
  const size = sizeIn(await readHead(storage, address));
  const cursor = (await storage.read(address, size, "a global heap")).skip(prefix);
  const objects = new Map<number, Uint8Array>();
  while (cursor.left >= prefix) {
    const index = cursor.uint(2);
    const length = cursor.skip(6).length();
    // Object 0 is the free space at the end.
    if (index === 0) break;
    cursor.skip(prefix - 8 - lengths);
    objects.set(index, cursor.take(length));
    cursor.skip(Math.min(cursor.left, aligned(length) - length));
  }
  return { size, objects };
}

/** Everything in it begins at a multiple of 8 bytes: the next one. */
const aligned = (length: number) => length + (-length & 7);

function sizeIn(head: Cursor): number {
  head.signature("GCOL").version("a global heap", 1);
  const size = head.skip(3).length();
  if (size < head.bytes.length) throw head.damage(`a global heap has ${size} bytes`);
  return size;
}
