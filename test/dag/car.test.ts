/** CAR files: out as the reference reads them, in as it writes them, and nothing believed on the way. */
import { CarReader, CarWriter } from "@ipld/car";
import { encode as encodeCbor } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { create as digestOf } from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../pipeline/core/failure.ts";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { carOf, largestBlock, readCar } from "../../pipeline/dag/car.ts";
import { blockOf } from "../../pipeline/dag/hash.ts";

const blocks = ["one", "two", "", "three"].map((text) => blockOf(codecs.raw, new TextEncoder().encode(text)));
const root = blocks[0]!.cid;

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const taken: Uint8Array[] = [];
  for await (const part of parts) taken.push(part);
  return Buffer.concat(taken);
}

async function read(parts: Iterable<Uint8Array>): Promise<{ roots: string[]; blocks: Block[] }> {
  const car = await readCar(parts);
  const read: Block[] = [];
  for await (const block of car.blocks) read.push(block);
  return { roots: car.roots.map(String), blocks: read };
}

/** A CAR by hand, so that it can be wrong. */
function carBy(...sections: Uint8Array[]): Uint8Array {
  const framed = [encodeCbor({ roots: [root], version: 1 }), ...sections].flatMap((bytes) => [
    varint(bytes.length),
    bytes,
  ]);
  return Buffer.concat(framed);
}

function varint(value: number): Uint8Array {
  return value < 128
    ? Uint8Array.of(value)
    : Buffer.concat([Uint8Array.of((value % 128) + 128), varint(Math.floor(value / 128))]);
}

const same = (ours: readonly Block[]) => ours.map(({ cid, bytes }) => `${cid} ${Buffer.from(bytes)}`);

describe("a CAR", () => {
  it("of ours is read by @ipld/car", async () => {
    const reader = await CarReader.fromBytes(await bytesOf(carOf([root], blocks)));
    const theirs: Block[] = [];
    for await (const { cid, bytes } of reader.blocks()) theirs.push({ cid: CID.decode(cid.bytes), bytes });
    expect(same(theirs)).toEqual(same(blocks));
    expect((await reader.getRoots()).map(String)).toEqual([root.toString()]);
  });

  it("of @ipld/car is read here", async () => {
    const { writer, out } = CarWriter.create([root]);
    const written = bytesOf(out);
    for (const block of blocks) await writer.put(block);
    await writer.close();
    const car = await read([await written]);
    expect(car.roots).toEqual([root.toString()]);
    expect(same(car.blocks)).toEqual(same(blocks));
  });

  it("is read the same however the stream is cut", async () => {
    const car = await bytesOf(carOf([root], blocks));
    for (const step of [1, 2, 7, 64]) {
      const pieces = Array.from({ length: Math.ceil(car.length / step) }, (_, i) =>
        car.subarray(i * step, (i + 1) * step),
      );
      expect(same((await read(pieces)).blocks)).toEqual(same(blocks));
    }
  });

  it("cut off anywhere gives whole blocks only, and fails unless it ends between two", async () => {
    const car = await bytesOf(carOf([root], blocks));
    const ends = new Set([car.length]);
    for (let count = 0; count < blocks.length; count++)
      ends.add((await bytesOf(carOf([root], blocks.slice(0, count)))).length);
    for (let end = 0; end < car.length; end++) {
      const outcome = read([car.subarray(0, end)]);
      if (ends.has(end)) await expect(outcome).resolves.toBeDefined();
      else await expect(outcome, `cut at ${end}`).rejects.toMatchObject({ kind: "corrupt" });
    }
  });

  it("with any byte flipped never gives a block that isn't what its CID says, and never crashes", async () => {
    const car = await bytesOf(carOf([root], blocks));
    for (let at = 0; at < car.length; at++) {
      const flipped = Buffer.from(car);
      flipped[at]! ^= 0x41;
      const outcome = await read([flipped]).catch((error: unknown) => error);
      if (isFailure(outcome, "corrupt")) continue;
      // What may pass is another codec or version of the same bytes, or other roots: nothing that isn't true.
      expect(outcome, `byte ${at}`).not.toBeInstanceOf(Error);
      for (const { cid, bytes } of (outcome as { blocks: Block[] }).blocks) {
        expect(Buffer.from(cid.multihash.digest)).toEqual(Buffer.from(blockOf(codecs.raw, bytes).cid.multihash.digest));
      }
    }
  });

  const other = new TextEncoder().encode("other bytes");
  const section = (cid: CID, bytes: Uint8Array) => Buffer.concat([cid.bytes, bytes]);
  const start = carBy().length;

  it.each<[what: string, car: Uint8Array, says: string]>([
    [
      "other bytes under a CID",
      carBy(section(root, other)),
      `CAR: the bytes of ${root} at byte ${start} do not match the CID`,
    ],
    [
      "a block that is its own name",
      carBy(section(CID.createV1(codecs.raw, digestOf(0, other)), new Uint8Array(0))),
      `at byte ${start} do not match the CID`,
    ],
    [
      "a hash that isn't checked here",
      carBy(section(CID.createV1(codecs.raw, digestOf(0x11, new Uint8Array(20))), other)),
      "is hashed by 0x11, which can't be checked",
    ],
    [
      "other bytes under a CID of another hash",
      carBy(section(CID.createV1(codecs.raw, digestOf(0xb220, new Uint8Array(32))), other)),
      `at byte ${start} do not match the CID`,
    ],
    [
      "a block larger than nodes exchange",
      carBy(section(root, new Uint8Array(largestBlock + 1))),
      `has ${largestBlock + 1} bytes, more than ${largestBlock}`,
    ],
    ["a length of petabytes", Buffer.concat([carBy(), varint(2 ** 50)]), `at byte ${start} claims ${2 ** 50} bytes`],
    [
      "a length without end",
      Buffer.concat([carBy(), Buffer.alloc(20, 0xff)]),
      `no length can be read at byte ${start}`,
    ],
    [
      "something that is no CID",
      carBy(Buffer.from("not a CID")),
      `the block at byte ${start} does not begin with a CID`,
    ],
    ["nothing", new Uint8Array(0), "not a CAR file: it is empty"],
    ["a picture", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), "not a CAR file"],
    ["version 2", Buffer.from("0aa16776657273696f6e02", "hex"), "a CAR of version 2"],
    ["a header of a gigabyte", varint(2 ** 30), "header claims 1073741824 bytes"],
    ["no roots", Buffer.concat([varint(10), encodeCbor({ version: 1 })]), "names no version 1 with roots"],
  ])("is refused where it holds %s", async (_, car, says) => {
    await expect(read([car])).rejects.toMatchObject({ kind: "corrupt", message: expect.stringContaining(says) });
  });

  it("of any length is held a block at a time", async () => {
    const made = { most: 0, alive: 0 };
    const megabyte = blockOf(codecs.raw, new Uint8Array(1_048_576));
    const many = function* () {
      for (let i = 0; i < 200; i++) {
        made.most = Math.max(made.most, ++made.alive);
        yield megabyte;
      }
    };
    const car = await readCar(carOf([], many()));
    for await (const _ of car.blocks) made.alive--;
    expect(made.most).toBeLessThanOrEqual(2);
  });
});
