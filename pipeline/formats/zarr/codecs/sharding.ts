/**
 * Shards: several chunks in one stored object, found by an index at its end or start.
 *
 * zarrita 0.7.5 expects the index at the end whatever `index_location` is, and doesn't check its checksum
 * (https://github.com/manzt/zarrita.js/blob/main/packages/zarrita/src/codecs/sharding.ts): what came out were chunks of
 * 8384883669843575000 bytes. Here an index is decoded by its own codecs, checksum included.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
 */

import { type Block, coordinatesOf, copyBlock, product, strideOf } from "../../codecs/block.ts";
import { roomFor } from "../../codecs/element.ts";
import { Unsupported } from "../../unsupported.ts";
import type { JsonObject } from "../json.ts";
import type { BuildPipeline, ChunkSpec, ShardIndex, Sharding } from "./codec.ts";

/** Inner chunks of a shard: its index has 16 bytes for each. */
const mostPerShard = 2 ** 20;

/** @throws Error where the configuration makes no sense for chunks of this shape; Unsupported where we can't follow it. */
export function shardingOf(configuration: JsonObject, spec: ChunkSpec, build: BuildPipeline): Sharding {
  const { chunk_shape: shape, codecs, index_codecs: indexCodecs, index_location: location } = configuration;
  const isShape =
    Array.isArray(shape) &&
    shape.length === spec.shape.length &&
    shape.every((length, i) => Number.isSafeInteger(length) && length >= 1 && spec.shape[i]! % length === 0);
  if (!isShape)
    throw new Error(`shards of [${spec.shape}] don't divide into chunks of ${JSON.stringify(shape)?.slice(0, 60)}`);
  if (location !== undefined && location !== "start" && location !== "end")
    throw new Error(`a shard's index_location is ${JSON.stringify(location).slice(0, 40)}, neither "start" nor "end"`);
  const innerShape = shape as readonly number[];
  const perShard = spec.shape.map((length, i) => length / innerShape[i]!);
  const count = product(perShard);
  if (count > mostPerShard)
    throw new Unsupported(`shards of ${count} chunks are not read, of at most ${mostPerShard} are`);
  const index = build(indexCodecs, {
    element: { kind: "uint", size: 8, bigEndian: false },
    shape: [...perShard, 2],
    fill: absent,
  });
  if (index.adds === undefined) throw new Unsupported("a shard's index that is compressed is not read");
  return {
    innerShape,
    perShard,
    inner: build(codecs, { ...spec, shape: innerShape }),
    indexLocation: location ?? "end",
    indexSize: 16 * count + index.adds,
    async decodeIndex(bytes) {
      return placesIn(await index.decode(bytes));
    },
  };
}

/** Both numbers of a chunk that isn't there. */
const absent = 2n ** 64n - 1n;

function placesIn({ data, stride }: Block): ShardIndex {
  const numbers = data as BigUint64Array;
  return (at) => {
    const first = at.reduce((sum, n, i) => sum + n * stride[i]!, 0);
    const [offset, length] = [numbers[first]!, numbers[first + stride.at(-1)!]!];
    if (offset === absent && length === absent) return undefined;
    if (offset + length > BigInt(Number.MAX_SAFE_INTEGER)) throw pastTheEnd();
    return { offset: Number(offset), length: Number(length) };
  };
}

export const pastTheEnd = () => new Error("the shard's index names bytes that the shard doesn't have");

/** A whole shard as one block. */
export async function decodeShard(bytes: Uint8Array, sharding: Sharding, spec: ChunkSpec): Promise<Block> {
  const { innerShape, perShard, inner, indexLocation, indexSize, decodeIndex } = sharding;
  if (bytes.length < indexSize) throw new Error("the shard is shorter than its index");
  const placeOf = await decodeIndex(
    indexLocation === "start" ? bytes.subarray(0, indexSize) : bytes.subarray(-indexSize),
  );
  const stride = strideOf(spec.shape);
  const out = roomFor(spec.element, product(spec.shape));
  out.fill(spec.fill as never);
  const count = product(perShard);
  for (let number = 0; number < count; number++) {
    const at = coordinatesOf(number, perShard);
    const place = placeOf(at);
    if (!place) continue;
    if (place.offset + place.length > bytes.length) throw pastTheEnd();
    const block = await inner.decode(bytes.subarray(place.offset, place.offset + place.length));
    const from = at.reduce((sum, n, i) => sum + n * innerShape[i]! * stride[i]!, 0);
    copyBlock(block, { out, from, stride }, innerShape);
  }
  return { data: out, stride };
}
