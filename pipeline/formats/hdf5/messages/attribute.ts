/**
 * Section IV.A.2.m, "The Attribute Message", versions 1 to 3, and IV.A.2.v, "The Attribute Info Message": attributes of an
 * object, in its header, or in a fractal heap with an index where there are many.
 */

import { inOrder } from "../../../core/concurrency.ts";
import { byBytes } from "../../../core/text/order.ts";
import { product } from "../../codecs/block.ts";
import type { Hdf5Attribute } from "../model.ts";
import { btree2 } from "../structure/btree2.ts";
import { Cursor, textOf } from "../structure/cursor.ts";
import { damaged } from "../structure/failures.ts";
import { type FileBudget, objectSize } from "../structure/file-budget.ts";
import { openFractalHeap } from "../structure/fractal-heap.ts";
import { cursorOf, type Message, messageType, type ObjectHeader } from "../structure/object-header.ts";
import type { Objects } from "../structure/objects.ts";
import type { Reserve } from "../values/budget.ts";
import { decodeHere, isElsewhere, readValues } from "../values/read-values.ts";
import { readDataspace } from "./dataspace.ts";
import { readDatatype, typeSize, unsupportedIn } from "./datatype.ts";

const mostAttributes = 65_536;
/** Attributes whose values are sought at once. */
const atOnce = 32;

interface Stored {
  readonly attribute: Cursor;
  readonly creationOrder: number | undefined;
}

/** As `Hdf5Object.attributes`. */
export async function attributesOf(
  objects: Objects,
  header: ObjectHeader,
): Promise<ReadonlyMap<string, Hdf5Attribute>> {
  const stored: Stored[] = [];
  const budget = memoryIn(objects.storage.budget);
  const add = (one: Stored) => {
    if (stored.length >= mostAttributes)
      throw damaged(`an object has more than ${mostAttributes} attributes`, objects.storage.base + header.address);
    // Its values may be views of these bytes.
    budget.spend(objectSize + one.attribute.bytes.length);
    stored.push(one);
  };
  for (const message of header.messages) {
    if (message.type === messageType.attribute)
      add({
        attribute: message.isShared ? await objects.fields(message) : objects.ownFields(message),
        creationOrder: message.creationOrder,
      });
    if (message.type === messageType.attributeInfo)
      for await (const some of denseAttributes(objects, cursorOf(message, objects.storage))) some.forEach(add);
  }
  const all = await readAttributes(objects, stored, budget);
  const isTracked = all.every(({ creationOrder }) => creationOrder !== undefined);
  all.sort((a, b) => (isTracked ? a.creationOrder! - b.creationOrder! : byBytes(a.attribute.name, b.attribute.name)));
  return new Map(all.map(({ attribute }) => [attribute.name, attribute]));
}

async function* denseAttributes(objects: Objects, info: Cursor): AsyncGenerator<readonly Stored[]> {
  const { storage } = objects;
  info.version("attribute info", 0);
  const flags = info.uint(1);
  // The greatest creation order, where it is tracked.
  if (flags & 1) info.skip(2);
  const heapAddress = info.address();
  const index = info.address();
  if (heapAddress === undefined || index === undefined) return;
  const heap = await openFractalHeap(storage, heapAddress);
  try {
    for await (const { records } of btree2(storage, index, { what: "an index of attributes", types: [8] })) {
      const entries = records.map((record) => ({
        id: record.take(8),
        isShared: (record.uint(1) & 2) !== 0,
        creationOrder: record.uint(4),
      }));
      let next = 0;
      for await (const some of heap.objects(entries.map(({ id }) => id))) {
        const found: Stored[] = [];
        for (const bytes of some) {
          const { isShared, creationOrder } = entries[next++]!;
          const message = { type: messageType.attribute, isShared, bytes, at: storage.base + heapAddress };
          const attribute = isShared ? await objects.fields(message) : objects.ownFields(message);
          found.push({ attribute, creationOrder: flags & 1 ? creationOrder : undefined });
        }
        yield found;
      }
    }
  } finally {
    heap.close();
  }
}

interface Read {
  readonly attribute: Hdf5Attribute;
  readonly creationOrder: number | undefined;
}

/** Without a promise each: a file has hundreds of attributes, and hardly one has a part that must be waited for. */
async function readAttributes(objects: Objects, stored: readonly Stored[], budget: Reserve): Promise<Read[]> {
  const read = stored.map(({ attribute }) => knownOrRead(objects, attribute, budget));
  const waiting = read.filter((attribute) => typeof attribute === "function");
  const later = waiting.length > 0 ? inOrder(waiting, atOnce, (attribute) => attribute()) : undefined;
  const all: Read[] = [];
  try {
    for (const [i, attribute] of read.entries()) {
      const whole = typeof attribute === "function" ? (await later?.next())?.value : attribute;
      all.push({ attribute: whole as Hdf5Attribute, creationOrder: stored[i]!.creationOrder });
    }
  } finally {
    await later?.return(undefined);
  }
  return all;
}

/** What attributes take counts with the rest of the file's metadata. */
const memoryIn = (budget: FileBudget): Reserve => ({
  spend: (bytes) => budget.spend("memory", bytes),
  release: (bytes) => budget.release("memory", bytes),
});

/** As {@link readAttribute}, which costs far more than to find that the same bytes were read before. */
function knownOrRead(
  objects: Objects,
  cursor: Cursor,
  budget: Reserve,
): Hdf5Attribute | (() => Promise<Hdf5Attribute>) {
  const { known } = objects;
  const before = known.get(cursor);
  if (before) {
    budget.spend(before.memory);
    return before.attribute;
  }
  if (!known.takes(cursor)) return readAttribute(objects, cursor, budget);
  let memory = 0;
  const counting: Reserve = {
    spend(bytes) {
      budget.spend(bytes);
      memory += bytes;
    },
    release: budget.release,
  };
  const own = new Cursor(cursor.bytes.slice(), cursor.widths, cursor.at);
  const attribute = readAttribute(objects, own, counting);
  if (typeof attribute !== "function") known.add(own, { attribute, memory });
  return attribute;
}

/** The attribute, or what reads it, where a part of it is shared or in the global heap. */
function readAttribute(
  objects: Objects,
  cursor: Cursor,
  budget: Reserve,
): Hdf5Attribute | (() => Promise<Hdf5Attribute>) {
  const version = cursor.version("an attribute", 1, 2, 3);
  const flags = version === 1 ? cursor.skip(1) && 0 : cursor.uint(1);
  const [nameLength, typeLength, spaceLength] = [cursor.uint(2), cursor.uint(2), cursor.uint(2)];
  // Whether the name is ASCII or UTF-8, of which ASCII is a part.
  if (version === 3) cursor.skip(1);
  const padded = (length: number) => (version === 1 ? length + (-length & 7) : length);
  const name = textOf(cursor.take(padded(nameLength)));
  // Both may be shared, as messages of a header may.
  const part = (type: number, length: number, isShared: boolean): Message => {
    const at = cursor.at + cursor.position;
    return { type, isShared, bytes: cursor.take(padded(length)), at };
  };
  const typeMessage = part(messageType.datatype, typeLength, (flags & 1) !== 0);
  const spaceMessage = part(messageType.dataspace, spaceLength, (flags & 2) !== 0);
  if (typeMessage.isShared || spaceMessage.isShared) {
    return async () => {
      const fields = [await objects.fields(typeMessage), await objects.fields(spaceMessage)] as const;
      const { attribute, elements } = headOf(name, fields, cursor, budget);
      if (!elements) return attribute;
      return { ...attribute, values: await readValues(objects, attribute.type, elements, budget) };
    };
  }
  const fields = [cursorOf(typeMessage, objects.storage), cursorOf(spaceMessage, objects.storage)] as const;
  const { attribute, elements } = headOf(name, fields, cursor, budget);
  if (!elements) return attribute;
  if (!isElsewhere(attribute.type)) return { ...attribute, values: decodeHere(attribute.type, elements, budget) };
  return async () => ({ ...attribute, values: await readValues(objects, attribute.type, elements, budget) });
}

/** `elements`: what the values are decoded of; absent where there are none, or they are not read. */
function headOf(
  name: string,
  [typeFields, spaceFields]: readonly [type: Cursor, space: Cursor],
  cursor: Cursor,
  budget: Reserve,
): { readonly attribute: Hdf5Attribute; readonly elements?: Cursor } {
  const type = readDatatype(typeFields);
  budget.spend(typeSize(type));
  const { shape } = readDataspace(spaceFields);
  const attribute = { name, type, shape, values: undefined };
  if (shape === undefined) return { attribute };
  const unread = unsupportedIn(type);
  if (unread !== undefined) {
    return { attribute: { ...attribute, problem: `values of HDF5's type ${unread} are not read` } };
  }
  const count = product(shape);
  if (count * type.size > cursor.left) throw cursor.damage("an attribute has fewer values than it says");
  const at = cursor.at + cursor.position;
  return { attribute, elements: new Cursor(cursor.take(count * type.size), cursor.widths, at) };
}
