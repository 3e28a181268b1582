/** Opens a Zarr store for its values: any box of an array, out of the chunks that have it. */
import type { Raw } from "../../core/cf/variable.ts";
import { inOrder } from "../../core/concurrency.ts";
import type { Folder } from "../../core/dataset/dataset.ts";
import { splitFirst } from "../../core/dataset/dataset.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { formatBytes, shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { type Box, type OpenArrays, touchedBy } from "../arrays.ts";
import { type Block, coordinatesOf, copyBlock, product, strideOf } from "../codecs/block.ts";
import { roomFor } from "../codecs/element.ts";
import type { Decompressors } from "../decompressors.ts";
import { underWay } from "../read-limits.ts";
import type { ZarrArray } from "./array.ts";
import { chunksIn } from "./chunks.ts";
import { openStore } from "./store.ts";
import { arraysOf, variablesOf } from "./variables.ts";

/** @throws Failure `input` where the metadata can't be understood; what the folder throws, as it is. */
export async function openZarr(folder: Folder, using: Decompressors, world: World): Promise<OpenArrays> {
  const store = await openStore(folder, world);
  const arrays = arraysOf(store, using, []);
  const variables = variablesOf(arrays, store.version, []);
  const arrayBy = new Map(variables.map((variable, i) => [variable, arrays[i]!]));
  const shareOf = storedShares(folder, arrays);
  return {
    attributes: store.groups.get("") ?? store.arrays.get("")?.attributes ?? {},
    variables,
    read: (variable, box, budget) => readBox(folder, arrayBy.get(variable)!, box, budget, world),
    stored(variable) {
      const { path, chunks, itemSize } = arrayBy.get(variable)!;
      const size = itemSize || guessedSize;
      return { ...(chunks && { chunks }), itemSize: size, bytesPerValue: size * shareOf(path) };
    },
  };
}

/** Bytes of a value of unknown length: of a text. */
const guessedSize = 32;

/** Stored bytes for each decoded one, by the sizes that the store's directory has; 1 where it has none. */
function storedShares(folder: Folder, arrays: readonly ZarrArray[]): (path: string) => number {
  const decoded = new Map<string, number>();
  for (const { path, shape, itemSize } of arrays) {
    const [top] = splitFirst(path);
    decoded.set(top, (decoded.get(top) ?? 0) + product(shape) * (itemSize || guessedSize));
  }
  return (path) => {
    const [top] = splitFirst(path);
    const stored = folder.entries.get(top)?.size;
    return stored === undefined || stored === 0 ? 1 : Math.min(1, stored / Math.max(1, decoded.get(top) ?? 1));
  };
}

async function readBox(folder: Folder, array: ZarrArray, box: Box, budget: number, world: World): Promise<Raw> {
  const { path, shape, chunks, element, itemSize, problem } = array;
  const name = path ? shown(path) : "the array";
  if (problem) throw new Failure("input", `${name} can't be decoded: ${shown(problem.message, 200)}`);
  const count = product(box.count);
  const {
    first,
    count: counts,
    chunks: total,
  } = touchedBy(shape, { chunks: chunks!, itemSize, bytesPerValue: 0 }, box);
  const needed = (count + Math.min(total, underWay.chunks) * product(chunks!)) * (itemSize || guessedSize);
  if (needed > budget)
    throw new Failure("input", `${name} needs ${formatBytes(needed)} of memory; ${formatBytes(budget)} are left`);
  const out = roomFor(element!, count);
  const stride = strideOf(box.count);
  const readChunk = chunksIn(folder, array, world);
  const one = async (number: number) => {
    const at = coordinatesOf(number, counts).map((each, i) => first[i]! + each);
    const block = await naming(name, () => readChunk(at));
    const start = at.map((each, i) => each * chunks![i]!);
    const from = start.map((each, i) => Math.max(each, box.start[i]!));
    const size = from.map((each, i) => Math.min(start[i]! + chunks![i]!, box.start[i]! + box.count[i]!) - each);
    const inBlock = from.reduce((sum, each, i) => sum + (each - start[i]!) * block.stride[i]!, 0);
    const inOut = from.reduce((sum, each, i) => sum + (each - box.start[i]!) * stride[i]!, 0);
    copyBlock(blockFrom(block, inBlock), { out, from: inOut, stride }, size);
  };
  const numbers = Array.from({ length: count === 0 ? 0 : total }, (_, i) => i);
  for await (const _ of inOrder(numbers, underWay.chunks, one));
  return out;
}

function blockFrom({ data, stride }: Block, from: number): Block {
  if (from === 0) return { data, stride };
  return { data: ArrayBuffer.isView(data) ? data.subarray(from) : data.slice(from), stride };
}

/** Whatever a decoder throws is about these bytes, unless it is a failure of its own or the caller's signal. */
async function naming<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (isFailure(cause) || !(cause instanceof Error) || cause.name === "AbortError") throw cause;
    throw new Failure("input", `${name} can't be decoded: ${shown(cause.message, 200)}`, { cause });
  }
}
