/** An array whose values are put into the reference: texts, which lie all over an HDF5 file, and small ones. */
import type { Numbers } from "../../../core/cf/mask-and-scale.ts";
import { formatBytes } from "../../../core/text/shown.ts";
import { product } from "../../codecs/block.ts";
import { bytesOf, hostIsBigEndian, swapped } from "../../codecs/element.ts";
import type { NetcdfVariable } from "../file.ts";
import { chunkKey, type Reference, type ZarrArray } from "./array.ts";
import { base64 } from "./base64.ts";
import { fillOf } from "./fill.ts";
import type { Storage } from "./storage.ts";

/** Bytes of values, and leaves of the file that are read for them. */
const most = { bytes: 65_536, texts: 262_144, leaves: 16 } as const;
const leafSize = 262_144;

/** Characters of a pointer in JSON, without its URL. */
const pointer = 30;

/** Bytes of memory that one variable may take. */
const budget = 16 * 2 ** 20;

/** Whether its values can be read at little cost, and are numbers. */
export function mayBeInlined({ shape, type }: NetcdfVariable, { pieces, itemSize }: Storage): boolean {
  // float16 is read as float32, and characters as texts.
  if (type === "S1" || type === "float16" || product(shape) * itemSize > most.bytes) return false;
  const leaves = new Set(pieces.flatMap(({ offset, size }) => [offset, offset + size - 1].map(leafOf)));
  return leaves.size <= most.leaves;
}

const leafOf = (offset: number) => Math.floor(offset / leafSize);

/** Whether pointing to its chunks, most of them a value or two, takes more room than the values do. */
export function isWorthInlining(variable: NetcdfVariable, storage: Storage, url: string): boolean {
  const { pieces, itemSize } = storage;
  const values = (product(variable.shape) * itemSize * 4) / 3;
  return pieces.length > 1 && pieces.length * (url.length + pointer) > values && mayBeInlined(variable, storage);
}

/** @throws Failure `input` where the values are damaged; as the source does. */
export async function inlined(variable: NetcdfVariable): Promise<ZarrArray> {
  return numbersArray(variable, variable.shape, (await allOf(variable)) as Numbers);
}

/** Or why there is none. @throws as {@link inlined}. */
export async function inlineTexts(variable: NetcdfVariable): Promise<ZarrArray | string> {
  return textsArray(variable.shape, (await allOf(variable)) as readonly string[]);
}

/** All values, of whatever type. @throws as {@link inlined}. */
export const allOf = (variable: NetcdfVariable) =>
  variable.read({ start: variable.shape.map(() => 0), count: variable.shape }, budget);

/** @param shape of `values`, which are those of `variable` and maybe of more. */
export function numbersArray(variable: NetcdfVariable, shape: readonly number[], values: Numbers): ZarrArray {
  const size = values.BYTES_PER_ELEMENT;
  const bytes = hostIsBigEndian && size > 1 ? swapped(bytesOf(values), size) : bytesOf(values);
  const fill = fillOf(variable, {});
  if (typeof fill === "string") throw new TypeError(fill);
  return {
    ...{ shape, chunkShape: shape, dtype: `${size === 1 ? "|" : "<"}${variable.type[0]}${size}`, filters: [], ...fill },
    chunks: whole(shape, bytes),
  };
}

/** Zarr's `vlen-utf8`: how many there are, then each with its length in front, uint32 little-endian. Or why there is none. */
export function textsArray(shape: readonly number[], texts: readonly string[]): ZarrArray | string {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const size = encoded.reduce((all, { length }) => all + 4 + length, 4);
  if (size > most.texts)
    return `its texts have ${formatBytes(size)}; at most ${formatBytes(most.texts)} are put into a reference`;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, encoded.length, true);
  let at = 4;
  for (const text of encoded) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return {
    ...{ shape, chunkShape: shape, dtype: "|O", filters: [{ id: "vlen-utf8" }], fillValue: null, attributes: {} },
    chunks: encoded.length > 0 ? whole(shape, bytes) : new Map(),
  };
}

const whole = (shape: readonly number[], bytes: Uint8Array): ReadonlyMap<string, Reference> =>
  bytes.length > 0 ? new Map([[chunkKey(shape.map(() => 0)), base64(bytes)]]) : new Map();
