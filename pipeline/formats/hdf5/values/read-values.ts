/**
 * Values of stored elements, those included that are in the global heap.
 *
 * Elements of variable length are decoded some thousand at a time, so that the collections they are in don't come into
 * memory all together. Collections may refer to others (lists of lists): each pass brings the next ones.
 */
import { inOrder } from "../../../core/concurrency.ts";
import type { Hdf5Type, Hdf5Value, Hdf5Values } from "../model.ts";
import { Cursor } from "../structure/cursor.ts";
import type { HeapCollection } from "../structure/global-heap.ts";
import type { Objects } from "../structure/objects.ts";
import type { Reserve } from "./budget.ts";
import { decode } from "./decode.ts";

const batch = 4096;
/** Collections that are sought at once. */
const atOnce = 16;

/**
 * @param elements whole elements of `type`; the values are views of these bytes where they can be.
 * @throws Failure `input` where they are damaged, of an unsupported type, or need more than `budget`; `unavailable` as the
 * source does.
 */
export const readValues = async (objects: Objects, type: Hdf5Type, elements: Cursor, budget: Reserve) =>
  isElsewhere(type) ? readElsewhere(objects, type, elements, budget) : decodeHere(type, elements, budget);

/** As {@link readValues}, of a type that is not {@link isElsewhere}. */
export const decodeHere = (type: Hdf5Type, elements: Cursor, budget: Reserve): Hdf5Values =>
  decode(type, elements, { collections: new Map(), missing: new Set() }, budget);

async function readElsewhere(objects: Objects, type: Hdf5Type, elements: Cursor, budget: Reserve): Promise<Hdf5Values> {
  const values: Hdf5Value[] = [];
  const step = batch * type.size;
  for (let from = 0; from < elements.bytes.length; from += step) {
    const part = new Cursor(elements.bytes.subarray(from, from + step), elements.widths, elements.at + from);
    for (const value of await readBatch(objects, type, part, budget)) values.push(value);
  }
  return values;
}

async function readBatch(objects: Objects, type: Hdf5Type, elements: Cursor, budget: Reserve): Promise<Hdf5Values> {
  const collections = new Map<number, HeapCollection>();
  let size = 0;
  // Passes are as many as types are deep, for each brings all that the one before lacked.
  for (;;) {
    const missing = new Set<number>();
    let spent = 0;
    const attempt = {
      spend(bytes: number) {
        budget.spend(bytes);
        spent += bytes;
      },
    };
    const values = decode(type, elements, { collections, missing }, attempt);
    if (missing.size === 0) {
      budget.release(size);
      return values;
    }
    budget.release(spent);
    for await (const [address, collection] of inOrder(missing, atOnce, async (at) => {
      // Before it is read: several are, at once.
      budget.spend(await objects.globalHeap.sizeOf(at));
      return [at, await objects.globalHeap.collection(at)] as const;
    })) {
      size += collection.size;
      collections.set(address, collection);
    }
  }
}

/** Whether values of this type are in the global heap. */
export function isElsewhere(type: Hdf5Type): boolean {
  switch (type.class) {
    case "string":
      return type.variable;
    case "vlen":
      return true;
    case "reference":
      return type.to === "region";
    case "array":
      return isElsewhere(type.base);
    case "compound":
      return type.members.some((member) => isElsewhere(member.type));
    default:
      return false;
  }
}
