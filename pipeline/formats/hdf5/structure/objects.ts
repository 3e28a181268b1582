/**
 * Section IV.A.2, "Shared messages", and what reading an object's messages needs: where they are and what they refer to.
 *
 * A shared message is in another object's header (a committed datatype), or in a heap that the superblock extension
 * names (section IV.A.2.p, "The Shared Message Table Message"; III.I, "Shared Object Header Message Table").
 */

import { recent } from "../../../core/recent.ts";
import type { KnownAttributes } from "../messages/known-attributes.ts";
import { Cursor } from "./cursor.ts";
import { type FractalHeap, openFractalHeap } from "./fractal-heap.ts";
import { type GlobalHeap, globalHeapOf } from "./global-heap.ts";
import { cursorOf, type Message, messageType, type ObjectHeader, readObjectHeader } from "./object-header.ts";
import type { Storage } from "./storage.ts";
import type { Superblock } from "./superblock.ts";

export interface Objects {
  readonly storage: Storage;
  readonly globalHeap: GlobalHeap;
  readonly known: KnownAttributes;

  /** @throws Failure `input` where there is no valid header; `unavailable` as the source does. */
  header(address: number): Promise<ObjectHeader>;

  /** A message's fields, wherever they are. @throws as {@link header} does. */
  fields(message: Message): Promise<Cursor>;

  /** The same of one that is not shared: a file has thousands of them, too many to wait for each. */
  ownFields(message: Message): Cursor;

  /** Of the first message of this type; `undefined` where there is none. @throws as {@link header} does. */
  fieldsOf(header: ObjectHeader, type: number): Promise<Cursor | undefined>;
}

/** Headers that are remembered because others share their messages. */
const mostShareable = 64;

export function objectsIn({ storage, extension }: Superblock, known: KnownAttributes): Objects {
  let shared: Promise<SharedHeaps> | undefined;
  const sharedHeaps = () => {
    shared ??= readSharedHeaps(storage, extension);
    return shared;
  };
  const shareable = recent(mostShareable, (address: number) => readObjectHeader(storage, address));
  const sharedFields = async (message: Message): Promise<Cursor> => {
    // A shared message is parsed for each that shares it.
    const cursor = objects.ownFields(message);
    const version = cursor.version("a shared message", 1, 2, 3);
    const place = cursor.uint(1);
    if (version === 3 && place === 1) return (await sharedHeaps()).fields(message.type, cursor.take(8), cursor);
    if (version === 1) cursor.skip(6);
    const address = cursor.definedAddress("a shared message");
    const { messages } = await shareable.get(address);
    const original = messages.find(({ type, isShared }) => type === message.type && !isShared);
    if (!original) throw cursor.damage("the object that has a shared message doesn't have it");
    storage.budget.spend("bytes", original.bytes.length);
    return cursorOf(original, storage);
  };
  const objects: Objects = {
    storage,
    globalHeap: globalHeapOf(storage),
    known,
    header: (address) => readObjectHeader(storage, address),

    fields: async (message) => (message.isShared ? sharedFields(message) : objects.ownFields(message)),

    ownFields(message) {
      storage.budget.spend("bytes", message.bytes.length);
      return cursorOf(message, storage);
    },

    async fieldsOf({ messages }, type) {
      const message = messages.find((each) => each.type === type);
      return message && (message.isShared ? sharedFields(message) : objects.ownFields(message));
    },
  };
  return objects;
}

interface SharedHeaps {
  fields(type: number, id: Uint8Array, from: Cursor): Promise<Cursor>;
}

async function readSharedHeaps(storage: Storage, extension: number | undefined): Promise<SharedHeaps> {
  const heaps = await sharedHeapAddresses(storage, extension);
  const opened = new Map<number, Promise<FractalHeap>>();
  return {
    async fields(type, id, from) {
      // Types are bits here, by their number.
      const address = heaps.find(({ types }) => types & (1 << type))?.address;
      if (address === undefined) throw from.damage("a shared message is in no heap");
      const heap = opened.get(address) ?? openFractalHeap(storage, address);
      opened.set(address, heap);
      for await (const [bytes] of (await heap).objects([id]))
        if (bytes) return new Cursor(bytes, storage.widths, from.at);
      throw from.damage("a shared message is in no heap");
    },
  };
}

async function sharedHeapAddresses(storage: Storage, extension: number | undefined) {
  if (extension === undefined) return [];
  const { messages } = await readObjectHeader(storage, extension);
  const table = messages.find(({ type }) => type === messageType.sharedTable);
  if (!table) return [];
  const cursor = cursorOf(table, storage);
  cursor.version("a table of shared messages", 0);
  const address = cursor.definedAddress("a table of shared messages");
  const count = cursor.uint(1);
  const { offsets } = storage.widths;
  const indexes = await storage.read(address, 8 + count * (14 + 2 * offsets), "a table of shared messages");
  indexes.signature("SMTB");
  const heaps: { types: number; address: number | undefined }[] = [];
  for (let i = 0; i < count; i++) {
    const types = indexes.skip(2).uint(2);
    // Sizes from which messages are shared and stored in other ways, how many there are, and their index.
    indexes.skip(10 + offsets);
    heaps.push({ types, address: indexes.address() });
  }
  indexes.checksum("a table of shared messages");
  return heaps;
}
