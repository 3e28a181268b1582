import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import type { Json } from "../../../pipeline/core/json.ts";
import { type Element, elementOf } from "../../../pipeline/formats/codecs/element.ts";
import type { ChunkSpec, Pipeline } from "../../../pipeline/formats/zarr/codecs/codec.ts";
import { pipelineV2, pipelineV3 } from "../../../pipeline/formats/zarr/codecs/pipeline.ts";
import type { JsonObject } from "../../../pipeline/formats/zarr/json.ts";

/** As `chunks.py` makes them. */
interface Encoded {
  readonly name: string;
  readonly codec: JsonObject & { readonly id: string };
  readonly dtype: string;
  readonly bytes: string;
}

const chunks = JSON.parse(readFileSync(join(import.meta.dirname, "chunks.json"), "utf8")) as readonly Encoded[];
const bytesIn = ({ bytes }: Encoded) => new Uint8Array(Buffer.from(bytes, "base64"));
const text: Element = { kind: "string", size: 0, bigEndian: false };

const halves = (count: number) => Array.from({ length: count }, (_, i) => i / 2 - 20);
const names = ["Mindelo", "", "Praia é", "日本😀", "Ragged Point"];
function meant({ name, dtype }: Encoded): readonly (number | string)[] {
  if (name === "categorize") return ["Mindelo", "Praia é", "", "Mindelo"];
  if (dtype === "|O") return names;
  if (name === "packbits") return halves(40).map((value) => Number(value > -10));
  const isLong = /^(blosc (?!stored)|zlib|gzip|bz2|lzma|lz4|zstd)/.test(name);
  return halves(isLong ? 300 : 40);
}

const specOf = (encoded: Encoded): ChunkSpec => ({
  element: elementOf(encoded.dtype) ?? text,
  shape: [meant(encoded).length],
  fill: 0,
});

/** numcodecs' filters and compressors look alike to a pipeline of version 2. */
const pipelineOf = (encoded: Encoded): Pipeline =>
  pipelineV2({ filters: [encoded.codec], compressor: null }, specOf(encoded), decompressors);

const decoded = async (pipeline: Pipeline, bytes: Uint8Array) =>
  Array.from((await pipeline.decode(bytes)).data as ArrayLike<number | string>);

/** The bytes as Node's zlib and a node's blocks hand them over: somewhere in memory that holds other things. */
function amongOthers(bytes: Uint8Array, offset: number): Uint8Array {
  const memory = new Uint8Array(bytes.length + 2 * offset + 64).fill(0x53);
  // What a decoder that begins at the start of the memory would find: five texts of someone else.
  memory.set(Uint8Array.of(5, 0, 0, 0, 1, 0, 0, 0, 0x21, 1, 0, 0, 0, 0x22).subarray(0, offset));
  memory.set(bytes, offset);
  return memory.subarray(offset, offset + bytes.length);
}

describe.each(chunks.map((each) => [each.name, each] as const))("%s", (name, encoded) => {
  it.each([0, 1, 7, 8, 4096])("decodes from a view that begins at byte %i of its memory", async (offset) => {
    expect(await decoded(pipelineOf(encoded), amongOthers(bytesIn(encoded), offset))).toEqual(meant(encoded));
  });

  it("gives the same for damaged bytes, whatever was decoded before, and never more values than there are", async () => {
    const pipeline = pipelineOf(encoded);
    const outcome = async (bytes: Uint8Array) =>
      decoded(pipeline, bytes).catch((error: unknown) => (error as Error).message);
    const others = chunks.filter((other) => other.name !== name);
    for (const [i, bytes] of damaged(bytesIn(encoded)).entries()) {
      const once = await outcome(bytes);
      const other = others[i % others.length]!;
      await pipelineOf(other).decode(bytesIn(other));
      expect(await outcome(amongOthers(bytes, 8))).toEqual(once);
      if (typeof once !== "string") expect(once.length).toBe(meant(encoded).length);
    }
  });
});

/** Cut short, and with bits turned around at places that a seed chooses. */
function damaged(bytes: Uint8Array): readonly Uint8Array[] {
  let seed = bytes.length;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const flipped = Array.from({ length: 30 }, (_, i) => {
    const copy = new Uint8Array(bytes);
    for (let turned = 0; turned <= i % 3; turned++)
      copy[random(i < 10 ? Math.min(20, copy.length) : copy.length)]! ^= 1 << random(8);
    return copy;
  });
  return [...flipped, ...Array.from({ length: 10 }, () => bytes.slice(0, random(bytes.length))), new Uint8Array(0)];
}

it.each(["fletcher32", "crc32", "crc32c", "adler32", "jenkins_lookup3", "zlib", "gzip", "bz2", "lzma", "zstd"])(
  "%s never passes off changed bytes as values",
  async (name) => {
    const encoded = chunks.find((each) => each.name === name)!;
    const bytes = bytesIn(encoded);
    const passed: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const copy = new Uint8Array(bytes);
      copy[at]! ^= 0x10;
      const values = await decoded(pipelineOf(encoded), copy).catch(() => undefined);
      // Headers have bits that mean nothing, such as gzip's time.
      if (values && JSON.stringify(values) !== JSON.stringify(meant(encoded))) passed.push(at);
    }
    expect(passed).toEqual([]);
  },
);

describe("version 3", () => {
  const element = elementOf("<f8")!;
  const spec: ChunkSpec = { element, shape: [300], fill: 0 };
  const bytes = { name: "bytes", configuration: { endian: "little" } };
  const pipeline = (...codecs: Json[]) => pipelineV3(codecs, spec, decompressors);
  const outer = ["zlib", "gzip", "bz2", "lzma", "lz4", "zstd", "blosc zstd 2"].map((name) => [name] as const);

  it.each(outer)("decodes %s under the name that zarr-python gives it", async (name) => {
    const encoded = chunks.find((each) => each.name === name)!;
    const { id, ...configuration } = encoded.codec;
    const codec = { name: `numcodecs.${id}`, configuration };
    expect(await decoded(pipeline(bytes, codec), amongOthers(bytesIn(encoded), 9))).toEqual(halves(300));
  });

  it("takes a codec's bare name for one without configuration", async () => {
    const encoded = zstdCompressSync(new Uint8Array(Float64Array.from(halves(300)).buffer));
    expect(await decoded(pipeline(bytes, "zstd"), encoded)).toEqual(halves(300));
  });

  it.each([
    ["a codec that nobody has", [bytes, "crystal"], 'codec "crystal" is not read'],
    ["no codec that makes bytes", [], "no codec makes bytes of the array"],
    [
      "an order of dimensions that is none",
      [{ name: "transpose", configuration: { order: [1] } }, bytes],
      "transpose has the order [1]",
    ],
    ["values of several bytes in no order", ["bytes"], "have no endian"],
    ["a number for a codec", [bytes, 7], "7 is no codec"],
    [
      "filters before bytes of another order",
      [
        { name: "numcodecs.delta", configuration: { dtype: "<f8" } },
        { name: "bytes", configuration: { endian: "big" } },
      ],
      "are not read",
    ],
  ] as const)("knows before any byte is fetched that it can't read %s", (_, codecs, says) => {
    expect(() => pipelineV3(codecs as Json, spec, decompressors)).toThrow(says);
  });
});

describe("texts", () => {
  const vlen = (...parts: (number | string)[]) =>
    Buffer.concat(
      parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(Uint32Array.of(part).buffer))),
    );
  const pipeline = (count: number) =>
    pipelineV2({ filters: [{ id: "vlen-utf8" }] }, { element: text, shape: [count], fill: "" }, decompressors);

  it.each([
    ["a length beyond the end", vlen(1, 4000, "abc"), "texts end before they are all there"],
    ["a length of 4 GB", vlen(1, 2 ** 32 - 1, "abc"), "texts end before they are all there"],
    ["fewer texts than the chunk has", vlen(0), "it has 0 values instead of 1"],
    ["no bytes at all", vlen(), "texts end before they are all there"],
    ["bytes that are no UTF-8", Buffer.concat([vlen(1, 2), Buffer.of(0xe9, 0x20)]), "no UTF-8"],
  ])("of %s are refused", async (_, bytes, says) => {
    await expect(pipeline(1).decode(amongOthers(bytes, 24))).rejects.toThrow(says);
  });

  it.each(["<U3", ">U3", "|S3"])("of one length lose the zeros at their end, and those only, as %s", async (dtype) => {
    const element = elementOf(dtype)!;
    const characters = [..."a\0b", ..."é\0\0", ..."\0\0\0"];
    const bytes = new Uint8Array(dtype === "|S3" ? 9 : 36);
    if (dtype === "|S3") bytes.set(Buffer.from("a\0bé\0\0\0\0"));
    else
      for (const [i, each] of characters.entries())
        new DataView(bytes.buffer).setUint32(4 * i, each.codePointAt(0)!, dtype === "<U3");
    const { decode } = pipelineV2({ filters: null }, { element, shape: [3], fill: "" }, decompressors);
    expect((await decode(amongOthers(bytes, 5))).data).toEqual(["a\0b", "é", ""]);
  });

  it("of characters that Unicode doesn't have are refused", async () => {
    const { decode } = pipelineV2({}, { element: elementOf("<U1")!, shape: [1], fill: "" }, decompressors);
    await expect(decode(Uint8Array.of(255, 255, 255, 127))).rejects.toThrow("no character of Unicode");
  });
});

describe("bounds", () => {
  const spec: ChunkSpec = { element: elementOf("<f8")!, shape: [2], fill: 0 };
  const zeros = new Uint8Array(50_000_000);
  const blosc = new Uint8Array(32).fill(0xff);
  const fiftyMegabytes = Buffer.from(
    "QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZk8TsPQAfaMEAwAAAEAAIIAAwzAmqaZUiDapSIPF3JFOFCQj9cpgw",
    "base64",
  );
  it.each([
    ["gzip", gzipSync(zeros)],
    ["zstd", zstdCompressSync(zeros)],
    ["bz2", fiftyMegabytes],
    ["lz4", new Uint8Array(32).fill(0xff)],
    ["blosc", blosc],
  ])("stops %s where a chunk ends, whatever the bytes claim", async (id, bytes) => {
    const { decode } = pipelineV2({ compressor: { id } }, spec, decompressors);
    await expect(decode(bytes)).rejects.toThrow(/more than \d+ bytes|at most \d+ are expected/);
  });
});
