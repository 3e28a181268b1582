/**
 * Values of stored elements, as section IV.A.2.d ("The Datatype Message") has each class stored.
 *
 * Values of variable length are in the global heap. A decoder does no I/O: it notes which collections it lacks and goes on,
 * and is run again once they are there.
 */
import type { Numbers } from "../../../core/cf/mask-and-scale.ts";
import { hostIsBigEndian, numbersIn } from "../../codecs/element.ts";
import type { Hdf5Type, Hdf5Value, Hdf5Values } from "../model.ts";
import { Cursor } from "../structure/cursor.ts";
import { damaged, unsupported } from "../structure/failures.ts";
import type { HeapCollection } from "../structure/global-heap.ts";
import type { Reserve } from "./budget.ts";

export interface Heaps {
  readonly collections: ReadonlyMap<number, HeapCollection>;
  /** Addresses of collections that were needed and are not there. */
  readonly missing: Set<number>;
}

type Spend = Pick<Reserve, "spend">;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes of memory of a value that is no number in a typed array, in addition to its content: about what V8 takes. */
const overhead = 48;
/** Of one that is a list, a typed array or a map. */
const largeOverhead = 240;
const isLarge = ({ class: of }: Hdf5Type) => ["array", "vlen", "compound", "opaque"].includes(of);

/**
 * @param elements whole elements of `type`; the values are views of these bytes where they can be.
 * @throws Failure `input` where they are damaged or need more than `budget`.
 */
export function decode(type: Hdf5Type, elements: Cursor, heaps: Heaps, budget: Spend): Hdf5Values {
  const { bytes } = elements;
  switch (type.class) {
    case "integer": {
      const all = numbers(bytes, type.signed ? "int" : "uint", type, budget);
      return type.bits ? someBits(all, type.bits, type.size, budget) : all;
    }
    case "bitfield":
      return numbers(bytes, "uint", type, budget);
    case "float":
      return numbers(bytes, "float", type, budget);
    case "enum":
      return decode(type.base, elements, heaps, budget);
    default: {
      const count = bytes.length / type.size;
      budget.spend(count * (isLarge(type) ? largeOverhead : overhead));
      return Array.from({ length: count }, (_, i) => {
        const from = i * type.size;
        const element = new Cursor(bytes.subarray(from, from + type.size), elements.widths, elements.at + from);
        return decodeOne(type, element, heaps, budget);
      });
    }
  }
}

function numbers(
  bytes: Uint8Array,
  kind: "int" | "uint" | "float",
  { size, bigEndian }: { size: number; bigEndian: boolean },
  budget: Spend,
): Numbers {
  // Numbers as the host has them stay where they are; float16 becomes float32.
  if (size > 1 && bigEndian !== hostIsBigEndian) budget.spend(bytes.length);
  if (kind === "float" && size === 2) budget.spend(2 * bytes.length);
  return numbersIn(bytes, { kind, size, bigEndian });
}

/** Of each integer some bits, of which the highest is the sign where the type has one: in memory of their own. */
function someBits(
  all: Numbers,
  { precision, offset }: { precision: number; offset: number },
  size: number,
  budget: Spend,
): Numbers {
  budget.spend(all.byteLength);
  const out = all.slice();
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
    // Up to the top, which drops the bits above, and down again, which extends the sign.
    const [up, down] = [BigInt(64 - precision - offset), BigInt(64 - precision)];
    for (let i = 0; i < out.length; i++) {
      out[i] = out[i]! << up;
      out[i] = out[i]! >> down;
    }
    return out;
  }
  const [up, down] = [8 * size - precision - offset, 8 * size - precision];
  for (let i = 0; i < out.length; i++) {
    // Stored in between, so that the type's own width cuts off what is above.
    out[i] = out[i]! << up;
    out[i] = out[i]! < 0 ? out[i]! >> down : out[i]! >>> down;
  }
  return out;
}

function decodeOne(type: Hdf5Type, element: Cursor, heaps: Heaps, budget: Spend): Hdf5Value {
  switch (type.class) {
    case "string":
      return type.variable ? variableText(element, heaps, budget) : fixedText(type, element.bytes, budget);
    case "opaque":
      budget.spend(type.size);
      return element.bytes.slice();
    case "compound": {
      budget.spend(type.members.length * overhead);
      return new Map(
        type.members.map(({ name, offset, type: of }) => {
          const member = new Cursor(
            element.bytes.subarray(offset, offset + of.size),
            element.widths,
            element.at + offset,
          );
          return [name, first(decode(of, member, heaps, budget))];
        }),
      );
    }
    case "reference":
      return { address: referenceIn(type.to, element, heaps) };
    case "array":
      return decode(type.base, element, heaps, budget);
    case "vlen": {
      const object = heapObject(type.base.size, element, heaps);
      budget.spend(object?.bytes.length ?? 0);
      // A copy, which does not retain the whole collection in memory.
      const own = object?.bytes.slice() ?? new Uint8Array(0);
      return decode(type.base, new Cursor(own, element.widths, element.at), heaps, budget);
    }
    case "unsupported":
      throw unsupported(`values of HDF5's type ${type.name} are not read`);
    default:
      return first(decode(type, element, heaps, budget));
  }
}

const first = (values: Hdf5Values): Hdf5Value => values[0]!;

type Text = Hdf5Type & { readonly class: "string" };

function fixedText({ padding }: Text, bytes: Uint8Array, budget: Spend): string {
  let end = bytes.length;
  if (padding === "null-terminated") end = bytes.includes(0) ? bytes.indexOf(0) : end;
  else {
    const pad = padding === "space-padded" ? 0x20 : 0;
    while (end > 0 && bytes[end - 1] === pad) end--;
  }
  budget.spend(2 * end);
  return utf8.decode(bytes.subarray(0, end));
}

function variableText(element: Cursor, heaps: Heaps, budget: Spend): string {
  const bytes = heapObject(1, element, heaps)?.bytes;
  if (!bytes) return "";
  budget.spend(2 * bytes.length);
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** What a value of variable length has, of elements of `size` bytes; `undefined` where that is nothing, or not there yet. */
function heapObject(size: number, element: Cursor, heaps: Heaps): Cursor | undefined {
  const length = element.uint(4) * size;
  const at = element.address();
  const index = element.uint(4);
  if (length === 0 || at === undefined || at === 0) return undefined;
  const collection = heaps.collections.get(at);
  if (!collection) {
    heaps.missing.add(at);
    return undefined;
  }
  const bytes = collection.objects.get(index);
  if (!bytes || bytes.length < length) throw damaged("a value of variable length is not in its heap", element.at);
  return new Cursor(bytes.subarray(0, length), element.widths, element.at);
}

/** A region's reference is to an object of the heap, which begins with the address. */
function referenceIn(to: "object" | "region", element: Cursor, heaps: Heaps): number | undefined {
  // Zeros are a null reference, as nothing but the superblock is at byte 0.
  if (to === "object") return element.address() || undefined;
  const at = element.address();
  const index = element.uint(4);
  if (at === undefined || at === 0) return undefined;
  const collection = heaps.collections.get(at);
  if (!collection) {
    heaps.missing.add(at);
    return undefined;
  }
  const bytes = collection.objects.get(index);
  if (!bytes) throw damaged("a reference to a region is not in its heap", element.at);
  return new Cursor(bytes, element.widths, element.at).address();
}
