/**
 * Chunks of one array, out of a folder: the file's name from the chunk's coordinates, its bytes, its values.
 *
 * Of a shard only its index and the chunks that are asked for are read. A chunk that isn't there is its fill value.
 */
import type { Folder } from "../../core/dataset/dataset.ts";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Block } from "../codecs/block.ts";
import { roomFor } from "../codecs/element.ts";
import { Unsupported } from "../unsupported.ts";
import { type ChunkKeys, chunkKey, type ZarrArray } from "./array.ts";
import type { Pipeline, ShardIndex, Sharding } from "./codecs/codec.ts";
import { pastTheEnd } from "./codecs/sharding.ts";

/** The chunk at these coordinates, which count in `chunks`: inner ones where there are shards. */
export type ReadChunk = (at: readonly number[]) => Promise<Block>;

/** Bytes of shards' indexes in memory, for the next chunk of the same shard; at least one index is. */
const mostIndexes = 2 ** 22;

/**
 * @throws Error where a chunk's bytes are damaged, naming it; Unsupported where only we can't read it; what the folder
 * throws, as it is.
 */
export function chunksIn(folder: Folder, array: ZarrArray, world: World): ReadChunk {
  const { path, keys, problem, pipeline, element, fill } = array;
  if (problem) throw problem;
  const place = (key: string) => (path === "" ? key : `${path}/${key}`);
  const absent = (): Block => {
    const data = roomFor(element!, 1);
    data.fill(fill as never);
    return { data, stride: array.shape.map(() => 0) };
  };
  const { sharding } = pipeline!;
  const read = sharding
    ? fromShards(folder, array, sharding, place, world)
    : fromObjects(folder, pipeline!, keys, place, world);
  return async (at) => (await read(at)) ?? absent();
}

type Find = (at: readonly number[]) => Promise<Block | undefined>;
type Place = (key: string) => string;

function fromObjects(folder: Folder, pipeline: Pipeline, keys: ChunkKeys, place: Place, world: World): Find {
  const { decode, mostStored } = pipeline;
  return async (at) => {
    world.signal.throwIfAborted();
    const key = chunkKey(keys, at);
    const bytes = await folder.read(place(key), world, { offset: 0, length: mostStored + 1 });
    if (!bytes) return undefined;
    return naming(`chunk ${key}`, async () => {
      if (bytes.length > mostStored) throw new Error(`it has more than ${mostStored} bytes, more than its values need`);
      return decode(bytes);
    });
  };
}

function fromShards(folder: Folder, { keys }: ZarrArray, sharding: Sharding, place: Place, world: World): Find {
  const { perShard, inner, indexLocation, indexSize, decodeIndex } = sharding;
  const indexes = new Map<string, Promise<ShardIndex | undefined>>();
  const readIndex = async (key: string): Promise<ShardIndex | undefined> => {
    const range = indexLocation === "start" ? { offset: 0, length: indexSize } : { suffixLength: indexSize };
    const bytes = await folder.read(place(key), world, range);
    return (
      bytes &&
      naming(`shard ${key}`, async () => {
        if (bytes.length < indexSize) throw new Error(`it has ${bytes.length} bytes, fewer than its index`);
        return decodeIndex(bytes);
      })
    );
  };
  const indexOf = (key: string) => {
    const index = indexes.get(key) ?? readIndex(key);
    indexes.delete(key);
    indexes.set(key, index);
    for (const oldest of indexes.keys()) {
      if (indexes.size <= Math.max(1, mostIndexes / indexSize)) break;
      indexes.delete(oldest);
    }
    return index;
  };
  return async (at) => {
    world.signal.throwIfAborted();
    const key = chunkKey(
      keys,
      at.map((n, i) => Math.floor(n / perShard[i]!)),
    );
    const inside = at.map((n, i) => n % perShard[i]!);
    const index = await indexOf(key);
    const name = `chunk [${inside}] of shard ${key}`;
    return naming(name, async () => {
      const found = index?.(inside);
      if (!found) return undefined;
      if (found.length > inner.mostStored) throw pastTheEnd();
      const bytes = await folder.read(place(key), world, found);
      if (!bytes || bytes.length < found.length) throw pastTheEnd();
      return inner.decode(bytes);
    });
  };
}

/** A failure about bytes names them; what the folder or the caller's signal throws stays what it is. */
async function naming<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (isFailure(cause) || (cause instanceof Error && cause.name === "AbortError")) throw cause;
    const { message } = cause instanceof Error ? cause : new Error(String(cause));
    throw cause instanceof Unsupported ? cause : new Error(`${what}: ${message}`, { cause });
  }
}
