/** What codecs and pipelines of them are to each other. */
import type { Json } from "../../../core/json.ts";
import type { Block } from "../../codecs/block.ts";
import type { Element } from "../../codecs/element.ts";

/** @throws Error where the bytes are damaged or unpack to more than `most`; Unsupported where only we are at a loss. */
export type DecodeBytes = (bytes: Uint8Array, most: number) => Uint8Array | Promise<Uint8Array>;

export interface BytesCodec {
  readonly name: string;
  readonly decode: DecodeBytes;
  /** Bytes that encoding adds, where it always adds as many. */
  readonly adds?: number;
}

export interface ChunkSpec {
  readonly element: Element;
  readonly shape: readonly number[];
  /** What an inner chunk of a shard is that isn't there: as the array's own fill value. */
  readonly fill: number | bigint | string;
}

export interface Pipeline {
  /** Decodes one whole chunk. @throws Error where the bytes are damaged; Unsupported where only we are at a loss. */
  decode(bytes: Uint8Array): Promise<Block>;
  /** Bytes that a stored chunk can have. */
  readonly mostStored: number;
  /** Bytes that a stored chunk has in addition to its values', where it always has as many. */
  readonly adds?: number;
  /** Where the chunk is a shard and nothing else is done to it, so that its chunks can be read one by one. */
  readonly sharding?: Sharding;
}

export type BuildPipeline = (codecs: Json | undefined, spec: ChunkSpec) => Pipeline;

export interface Sharding {
  /** Of the chunks inside. */
  readonly innerShape: readonly number[];
  /** Chunks in a shard, along each dimension. */
  readonly perShard: readonly number[];
  readonly inner: Pipeline;
  readonly indexLocation: "start" | "end";
  /** Bytes. */
  readonly indexSize: number;
  /** @throws Error where the index is damaged. */
  decodeIndex(bytes: Uint8Array): Promise<ShardIndex>;
}

/** Where the chunk at these coordinates inside of the shard is; `undefined` where there is none. */
export type ShardIndex = (at: readonly number[]) => { readonly offset: number; readonly length: number } | undefined;
