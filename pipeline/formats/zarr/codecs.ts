/**
 * Decompressors that know when to stop.
 *
 * A chunk's size is known before it is decompressed, so a few bytes that claim to be gigabytes are refused. gzip, zlib
 * and zstd are Node's own, which is also faster; blosc and lz4 stay numcodecs', once their headers have been read.
 */
import { promisify } from "node:util";
import { gunzip, inflate, zstdDecompress } from "node:zlib";
import type { registry } from "zarrita";

type Registry = typeof registry;

/** Codecs between array and bytes (checksums, shuffles, other codecs) may need this much more than the array. */
const slack = 2 ** 20;
/** For texts, whose size nothing tells. */
const mostText = 64 * 2 ** 20;

interface ChunkMeta {
  readonly shape: readonly number[];
  readonly dataType: string;
}

/** Replaces zarrita's decompressors by bounded ones. */
export function boundCodecs(codecs: Registry): void {
  const node = (decompress: Decompress) => async () => ({
    fromConfig: (_: unknown, meta: ChunkMeta) => ({
      kind: "bytes_to_bytes",
      encode: unable,
      decode: (bytes: Uint8Array) => decompress(bytes, { maxOutputLength: mostBytes(meta) }),
    }),
  });
  const measured = (known: Entry | undefined, sizeAt: number) => async () => {
    const codec = (await known!()) as {
      fromConfig(configuration: unknown, meta: ChunkMeta): { decode(bytes: Uint8Array): unknown };
    };
    return {
      fromConfig(configuration: unknown, meta: ChunkMeta) {
        const inner = codec.fromConfig(configuration, meta);
        return {
          kind: "bytes_to_bytes",
          encode: unable,
          decode(bytes: Uint8Array) {
            const claims = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(sizeAt, true);
            if (claims > mostBytes(meta))
              throw new Error(`a chunk says it unpacks to ${claims} bytes, more than it can hold`);
            return inner.decode(bytes);
          },
        };
      },
    };
  };
  // Size of the contents, little-endian: byte 4 of blosc's header, byte 0 of the one numcodecs gives lz4.
  const bounded: readonly (readonly [name: string, make: () => Promise<unknown>])[] = [
    ["gzip", node(promisify(gunzip) as Decompress)],
    ["zlib", node(promisify(inflate) as Decompress)],
    ["zstd", node(promisify(zstdDecompress) as Decompress)],
    ["blosc", measured(codecs.get("blosc"), 4)],
    ["lz4", measured(codecs.get("lz4"), 0)],
  ];
  for (const [name, make] of bounded) {
    codecs.set(name, make as Entry);
    codecs.set(`numcodecs.${name}`, make as Entry);
  }
}

type Decompress = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;
type Entry = NonNullable<ReturnType<Registry["get"]>>;

const unable = () => {
  throw new Error("nothing is encoded here");
};

function mostBytes({ shape, dataType }: ChunkMeta): number {
  const bits = /\d+$/.exec(dataType)?.[0];
  const itemSize = dataType.startsWith("v2:U")
    ? 4 * Number(bits)
    : dataType.startsWith("v2:S")
      ? Number(bits)
      : Number(bits ?? 8) / 8;
  if (dataType === "string" || dataType === "v2:object") return mostText;
  return 2 * shape.reduce((product, length) => product * length, itemSize) + slack;
}
