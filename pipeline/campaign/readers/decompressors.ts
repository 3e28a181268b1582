/**
 * The decompressors that readers of formats use on Node.
 *
 * gzip, zlib and zstd are Node's own. bzip2 and xz are packages that verify checksums: seek-bzip the CRC of each block,
 * xz-decompress (XZ Embedded) the check that the stream declares. Each stops at the largest size of the chunk, whatever size
 * the compressed bytes declare.
 */
import { promisify } from "node:util";
import { gunzip, inflate, zstdDecompress } from "node:zlib";
import type { Decompress, Decompressors } from "../../formats/decompressors.ts";
import { Unsupported } from "../../formats/unsupported.ts";

export const decompressors: Required<Decompressors> = {
  gzip: node(promisify(gunzip)),
  zlib: node(promisify(inflate)),
  zstd: node(promisify(zstdDecompress)),

  async bz2(bytes, most) {
    const { default: bzip } = await import("seek-bzip");
    const output = growing(most, "bz2");
    let at = 0;
    const input = {
      // Without this check, seek-bzip would read undefined as 0 past the end.
      readByte() {
        if (at >= bytes.length) throw new Error("it ends before its contents do");
        return bytes[at++]!;
      },
      read(buffer: Uint8Array, offset: number, length: number) {
        const part = bytes.subarray(at, at + length);
        buffer.set(part, offset);
        at += part.length;
        return part.length;
      },
      eof: () => at >= bytes.length,
    };
    if (input.eof()) throw new Error("it has no bytes");
    bzip.decode(input, { writeByte: output.push }, true);
    return output.bytes();
  },

  async xz(bytes, most) {
    // The package exports the class differently from its types.
    const { default: xzDecompress } = (await import("xz-decompress")) as unknown as {
      default: typeof import("xz-decompress");
    };
    const output = growing(most, "lzma");
    // A copy, because the stream passes on the whole underlying buffer.
    const packed = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(bytes));
        controller.close();
      },
    });
    for await (const part of new xzDecompress.XzReadableStream(packed)) output.append(part);
    return output.bytes();
  },
};

type NodeDecompress = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

function node(decompress: NodeDecompress): Decompress {
  return async (bytes, most) => {
    try {
      return await decompress(bytes, { maxOutputLength: Math.max(1, most) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw error;
      throw tooLong(most);
    }
  };
}

/** Most bytes for a decompressor that runs in one turn of the event loop, at some 25 MB a second. */
const mostInOneTurn = 32 * 2 ** 20;

/** Returns a buffer that grows up to `most` bytes. */
function growing(most: number, codec: string) {
  let buffer = new Uint8Array(Math.min(most, 65_536));
  let length = 0;
  const reserve = (more: number) => {
    if (length + more > most) throw tooLong(most);
    if (length + more > mostInOneTurn)
      throw new Unsupported(`${codec} chunks of more than ${mostInOneTurn} bytes are not read`);
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.min(most, Math.max(2 * buffer.length, length + more)));
    larger.set(buffer);
    buffer = larger;
  };
  return {
    push(byte: number) {
      if (length === buffer.length) reserve(1);
      buffer[length++] = byte;
    },
    append(bytes: Uint8Array) {
      reserve(bytes.length);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    bytes: () => buffer.slice(0, length),
  };
}

const tooLong = (most: number) => new Error(`it unpacks to more than ${most} bytes`);
