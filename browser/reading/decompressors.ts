/** Decompression as browsers have it: gzip and zlib by themselves, zstd by a package that is loaded when it is first needed. */
import { joined } from "../../pipeline/core/joined.ts";
import type { Decompress, Decompressors } from "../../pipeline/formats/decompressors.ts";

export const decompressors: Decompressors = {
  gzip: streaming("gzip"),
  zlib: streaming("deflate"),
  async zstd(bytes, most) {
    const { Decompress: Zstd } = await import("fzstd");
    const output = collector(most);
    new Zstd((chunk) => output.add(chunk)).push(bytes, true);
    return output.bytes();
  },
};

/** What browsers decompress by themselves. */
export function streaming(format: CompressionFormat): Decompress {
  return async (bytes, most) => {
    const output = collector(most);
    const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    const reader = packed.pipeThrough(new DecompressionStream(format)).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) output.add(part.value);
    return output.bytes();
  };
}

/** Parts put together, of at most `most` bytes. */
function collector(most: number) {
  const parts: Uint8Array[] = [];
  let length = 0;
  return {
    add(part: Uint8Array) {
      length += part.length;
      if (length > most) throw new Error(`it unpacks to more than ${most} bytes`);
      parts.push(part);
    },
    bytes: () => (parts.length === 1 ? parts[0]! : joined(parts)),
  };
}
